/** Several sources through every form of the service give one reply, to the byte. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RULES } from "../../../src/sampling/combine/index.ts";
import { sampleSources } from "../../sampling/combine/sample.ts";
import { randomRow } from "../../sampling/sample.ts";
import { openDuplex } from "../duplex.ts";
import { type Listening, listen, until } from "../listening.ts";

const LENGTH = 300;
const ROWS = [1, 2].map((seed) => randomRow(LENGTH, seed, true));
const OPTIONS = {
  combine: { rule: "contrastive", alpha: 0.05 },
  sources: [{}, { temperature: 2 }],
  temperature: 0.9,
  top_k: 20,
  seed: 7,
  step: 3,
  top_logprobs: 2,
};
const EXPECTED = JSON.stringify(
  sampleSources(
    ROWS.map((row) => Array.from(row)),
    OPTIONS,
  ),
);

const bytesOf = (row: ArrayLike<number>) => Buffer.from(Float32Array.from(row).buffer);
const TENSOR = Buffer.concat(ROWS.map(bytesOf));

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

async function post(path: string, body: Buffer | string, headers: Record<string, string>): Promise<Response> {
  return fetch(app.url + path, { method: "POST", headers, body: new Uint8Array(Buffer.from(body)) });
}

const JSON_BODY = { "content-type": "application/json" };
const asJson = (path: string, body: unknown) => post(path, JSON.stringify(body), JSON_BODY);

function behind(path: string, head: unknown, tensor: Buffer): Promise<Response> {
  const text = Buffer.from(JSON.stringify(head));
  return post(path, Buffer.concat([text, tensor]), {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(text.length),
  });
}

const { sources: _, ...PLAIN } = OPTIONS;
const numbers = ROWS.map((row, i) => ({ ...OPTIONS.sources[i], logits: Array.from(row) }));
const packed = ROWS.map((row, i) => ({
  ...OPTIONS.sources[i],
  logits: { dtype: "f32", data: bytesOf(row).toString("base64") },
}));

describe("one step of two sources", () => {
  test.each<[string, () => Promise<Response>]>([
    ["as numbers", () => asJson("/v1/sample", { sources: numbers, ...PLAIN })],
    ["as numbers behind the options", () => asJson("/v1/sample", { ...PLAIN, sources: numbers })],
    ["packed", () => asJson("/v1/sample", { ...PLAIN, sources: packed })],
    ["packed and as numbers", () => asJson("/v1/sample", { ...PLAIN, sources: [numbers[0], packed[1]] })],
    ["as a tensor", () => behind("/v1/sample", { ...OPTIONS, shape: [2, LENGTH] }, TENSOR)],
    [
      "as a tensor with a query",
      () => {
        const query = Object.entries({ ...OPTIONS, shape: `2,${LENGTH}`, dtype: "f32" }).map(
          ([name, value]) =>
            `${name}=${encodeURIComponent(typeof value === "object" ? JSON.stringify(value) : value)}`,
        );
        return post(`/v1/sample?${query.join("&")}`, TENSOR, {});
      },
    ],
  ])("%s", async (_name, send) => {
    const response = await send();
    expect(await response.text()).toBe(EXPECTED);
    expect(response.status).toBe(200);
  });

  test.each<[string, () => Promise<Response>]>([
    [
      "as numbers",
      () => asJson("/v1/sample/batch", { ...PLAIN, rows: [{ sources: numbers }, { sources: numbers }] }),
    ],
    [
      "with what the rows share of their sources",
      () => {
        const bare = { sources: numbers.map(({ logits }) => ({ logits })) };
        return asJson("/v1/sample/batch", { ...OPTIONS, rows: [bare, bare] });
      },
    ],
    [
      "as a tensor",
      () =>
        behind("/v1/sample/batch", { ...OPTIONS, shape: [2, 2, LENGTH] }, Buffer.concat([TENSOR, TENSOR])),
    ],
  ])("twice in a batch, %s", async (_name, send) => {
    expect(await (await send()).text()).toBe(`{"results":[${EXPECTED},${EXPECTED}]}`);
  });

  test.each<[string, Record<string, string>, Buffer | string]>([
    ["in a frame", {}, frame(TENSOR)],
    ["in a line", { "content-type": "application/x-ndjson" }, `${JSON.stringify({ sources: numbers })}\n`],
  ])("on a stream, %s", async (_name, headers, row) => {
    const stream = openDuplex(app.url, headers);
    const open = JSON.stringify({ ...OPTIONS, shape: [2, LENGTH] });
    stream.write(typeof row === "string" ? `${open}\n` : frame(Buffer.from(open), true));
    stream.write(row);
    expect(await stream.line()).toEqual(JSON.parse(EXPECTED));
    stream.outgoing.destroy();
  });

  test.each([1, 2])("of /v2, %i times", async (steps) => {
    const { top_logprobs: __, ...rest } = OPTIONS;
    const parameters = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        name,
        typeof value === "object" ? JSON.stringify(value) : value,
      ]),
    );
    const shape = [steps, 2, LENGTH];
    const input = { name: "logits", datatype: "FP32", shape };
    const outputs = [{ name: "token_id" }];
    const tensors = Buffer.concat(Array.from({ length: steps }, () => TENSOR));
    const data = Array.from({ length: steps }, () => ROWS.map((row) => Array.from(row))).flat(2);
    const path = "/v2/models/sampler/infer";
    const replies = [
      await asJson(path, {
        inputs: [{ ...input, data: data.map((x) => (x === -Infinity ? -1e30 : x)) }],
        outputs,
        parameters,
      }),
      await behind(
        path,
        { inputs: [{ ...input, parameters: { binary_data_size: tensors.length } }], outputs, parameters },
        tensors,
      ),
    ];
    const { token_id } = JSON.parse(EXPECTED) as { token_id: number };
    for (const reply of replies)
      expect(await reply.json()).toMatchObject({ outputs: [{ data: Array(steps).fill(token_id) }] });
  });
});

function frame(bytes: Buffer, is_text = false): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(bytes.length + (is_text ? 0x8000_0000 : 0));
  return Buffer.concat([prefix, bytes]);
}

describe("what is refused", () => {
  test.each<[unknown, string, string]>([
    [{ sources: [] }, "invalid_option", "/sources"],
    [{ sources: [1] }, "invalid_option", "/sources/0"],
    [{ sources: [{}] }, "invalid_logits", "/sources/0/logits"],
    [{ sources: [{ logits: [1] }], logits: [1] }, "option_conflict", "/sources"],
    [{ sources: [{ logits: [1] }, { logits: [1, null] }] }, "invalid_logits", "/sources/1/logits/1"],
    [
      { sources: [{ logits: [1] }, { logits: { dtype: "f32", data: "*" } }] },
      "invalid_logits",
      "/sources/1/logits/data",
    ],
    [{ sources: [{ logits: [1] }, { logits: [1] }] }, "option_conflict", "/combine"],
    [
      { sources: [{ logits: [1] }, { logits: [1], tempreture: 1 }], combine: { rule: "product" } },
      "unknown_option",
      "/sources/1/tempreture",
    ],
    [{ sources: Array(9).fill({ logits: [1] }), combine: { rule: "product" } }, "limit_exceeded", "/sources"],
    [
      { sources: [{ logits: [1] }, { logits: [1, 2] }], combine: { rule: "product" } },
      "length_mismatch",
      "/sources/1/logits",
    ],
    [{ sources: [{ logits: [1] }, { logits: [1], logit: 2 }] }, "unknown_option", "/sources/1/logit"],
  ])("%j", async (body, code, pointer) => {
    const response = await asJson("/v1/sample", body);
    expect(await response.json()).toMatchObject({ code, pointer, status: 422 });
    const batch = await asJson("/v1/sample/batch", { rows: [body] });
    const text = (await batch.json()) as { results?: readonly unknown[] };
    const problem = text.results === undefined ? text : text.results[0];
    expect(problem).toMatchObject({ code, pointer: `/rows/0${pointer}` });
  });

  test("a comparison of several", async () => {
    const compare = ["default", "vllm"];
    const several = await asJson("/v1/compare", { compare, sources: [{ logits: [1, 2] }] });
    expect(await several.json()).toMatchObject({ pointer: "/sources" });
  });
});

test("one source without combine is a step like any other", async () => {
  const alone = await asJson("/v1/sample", { logits: [1, 2], seed: 1 });
  const listed = await asJson("/v1/sample", { sources: [{ logits: [1, 2] }], seed: 1 });
  expect(await listed.text()).toBe(await alone.text());
});

test("GET /v1/combinations lists the rules, and no option is taken", async () => {
  const listed = (await (await fetch(`${app.url}/v1/combinations`)).json()) as { rules: { name: string }[] };
  expect(listed.rules.map(({ name }) => name)).toEqual(RULES.map(({ name }) => name));
  expect((await fetch(`${app.url}/v1/combinations?x=1`)).status).toBeGreaterThanOrEqual(400);
});

test("a step that finds no more rows is refused, and leaves none taken", async () => {
  const small = await listen({ rows_max: 3, queue_max: 0, sources_max: 3 });
  try {
    const sources = Array.from({ length: 3 }, () => ({ logits: [1, 2] }));
    const take = () =>
      fetch(`${small.url}/v1/sample`, {
        method: "POST",
        headers: JSON_BODY,
        body: JSON.stringify({ sources, combine: { rule: "product" } }),
      });
    const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await take()).status));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    expect(small.service.admission.rows_out).toBe(0);
  } finally {
    await small.close();
  }
});

test.each<[string, (url: string) => Promise<Response>]>([
  [
    "in the header",
    (url) => {
      const text = Buffer.from(JSON.stringify({ ...OPTIONS, shape: [2, LENGTH] }));
      const headers = { "inference-header-content-length": String(text.length) };
      return fetch(`${url}/v1/sample`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/octet-stream" },
        body: new Uint8Array(Buffer.concat([text, TENSOR])),
      });
    },
  ],
  [
    "in the query string",
    (url) =>
      fetch(`${url}/v1/sample?dtype=f32&shape=2,${LENGTH}&combine={"rule":"product"}`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: new Uint8Array(TENSOR),
      }),
  ],
])("rows that a shape tells of, %s, are waited for together", async (_, send) => {
  const small = await listen({ rows_max: 2, sources_max: 2, body_rate_min: 0 });
  const { admission } = small.service;
  try {
    const holding = request(`${small.url}/v1/sample?dtype=f32`, { method: "POST" });
    holding.on("error", () => undefined);
    holding.write(Buffer.alloc(4));
    await until(() => admission.rows_out === 1);
    const waiting = send(small.url);
    await until(() => admission.gate.queued === 1);
    holding.end();
    expect((await waiting).status).toBe(200);
  } finally {
    await small.close();
  }
});
