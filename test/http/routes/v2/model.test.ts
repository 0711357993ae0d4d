/** The metadata of /v2, as the methods of tritonclient request it. */
import { readFile } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { OUTPUT_METADATA } from "../../../../src/wire/v2/outputs.ts";
import { type Listening, listen } from "../../listening.ts";
import { exchange, f32, inferRequest, request } from "./v2.ts";

let app: Listening | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function get({ url }: Listening, path: string): Promise<unknown> {
  const { status, headers, body } = await exchange(url, request(`GET ${path}`, undefined));
  // Compared exactly, as KServe's client does.
  expect([status, headers["content-type"]]).toEqual([200, "application/json"]);
  return JSON.parse(body.toString());
}

const MODEL = "/v2/models/sampler";

test("the server, the model, its configuration and the index of models, with and without a version", async () => {
  app = await listen();
  expect(await get(app, "/v2")).toEqual({
    name: "logit-sampler",
    version: expect.stringMatching(/^\d/),
    extensions: ["binary_tensor_data", "parameters", "model_configuration", "statistics"],
  });
  const model = await get(app, MODEL);
  expect(model).toMatchObject({
    name: "sampler",
    versions: ["1"],
    inputs: [{ name: "logits", datatype: "FP32", shape: [-1, -1] }],
    outputs: expect.arrayContaining([{ name: "token_id", datatype: "INT64", shape: [-1] }]),
  });
  expect(await get(app, `${MODEL}/versions/1`)).toEqual(model);
  const config = await get(app, `${MODEL}/config`);
  expect(config).toMatchObject({
    name: "sampler",
    max_batch_size: 0,
    input: [{ name: "logits", data_type: "TYPE_FP32", dims: [-1, -1] }],
    output: expect.arrayContaining([{ name: "seed", data_type: "TYPE_STRING", dims: [-1] }]),
  });
  expect(await get(app, `${MODEL}/versions/1/config`)).toEqual(config);
  const index = await exchange(app.url, request("POST /v2/repository/index", undefined));
  expect(index.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(index.body.toString())).toEqual([
    { name: "sampler", version: "1", state: "READY", reason: "" },
  ]);
});

test("readiness ends with the process, liveness does not", async () => {
  app = await listen();
  expect(await get(app, "/v2/health/live")).toEqual({ live: true });
  expect(await get(app, "/v2/health/ready")).toEqual({ ready: true });
  expect(await get(app, `${MODEL}/ready`)).toEqual({ name: "sampler", ready: true });
  app.service.admission.draining = true;
  expect(await get(app, "/v2/health/live")).toEqual({ live: true });
  for (const path of ["/v2/health/ready", `${MODEL}/ready`, `${MODEL}/versions/1/ready`]) {
    const { status, headers, body } = await exchange(app.url, request(`GET ${path}`, undefined));
    expect([status, JSON.parse(body.toString())]).toEqual([503, expect.objectContaining({ ready: false })]);
    expect(headers["content-type"]).toBe("application/json");
  }
});

test("shared memory is among the extensions where it is on", async () => {
  app = await listen({}, { SHARED_MEMORY: "on" });
  expect(await get(app, "/v2")).toMatchObject({
    extensions: expect.arrayContaining(["system_shared_memory"]),
  });
});

test("the page on the protocol knows every output", async () => {
  const page = await readFile("docs/open-inference-protocol.md", "utf8");
  const [, table] = page.split("## Outputs");
  for (const { name, datatype } of OUTPUT_METADATA) {
    expect(table).toContain(`\`${name}\``);
    expect(table).toContain(datatype);
  }
});

test("statistics count rows, requests and failures", async () => {
  app = await listen();
  const logits = { name: "logits", shape: [2, 2], datatype: "FP32", bytes: f32(1, 2, 3, 4) };
  await exchange(app.url, inferRequest([logits]));
  await exchange(app.url, inferRequest([{ ...logits, shape: [4] }]));
  await exchange(app.url, inferRequest([{ ...logits, shape: [5] }]));
  const times = { count: 2, ns: expect.any(Number) };
  const statistics = await get(app, `${MODEL}/stats`);
  expect(statistics).toEqual({
    model_stats: [
      {
        name: "sampler",
        version: "1",
        last_inference: expect.any(Number),
        inference_count: 3,
        execution_count: 2,
        inference_stats: {
          success: times,
          fail: { count: 1, ns: expect.any(Number) },
          queue: { count: 0, ns: 0 },
          compute_input: times,
          compute_infer: times,
          compute_output: times,
          cache_hit: { count: 0, ns: 0 },
          cache_miss: { count: 0, ns: 0 },
        },
        batch_stats: [1, 2].map((batch_size) =>
          expect.objectContaining({ batch_size, compute_infer: { count: 1, ns: expect.any(Number) } }),
        ),
      },
    ],
  });
  expect(await get(app, "/v2/models/stats")).toEqual(statistics);
  expect(await get(app, `${MODEL}/versions/1/stats`)).toEqual(statistics);
});
