/**
 * Watermarks over HTTP: every transport writes the same mark, detection and replay work, and no secret appears in an
 * output.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { readConfig, shownConfig } from "../../../src/config/config.ts";
import { createTracing, type Tracing } from "../../../src/http/observe/telemetry.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { startCollector } from "../observe/collector.ts";
import { f32 } from "./v2/v2.ts";

const SECRET = 0x5ec2e7a1b2c3d4e5n;
const LAYERS = [0x1a2b3c4d5e6f7081n, 0x2a2b3c4d5e6f7082n, 0x3a2b3c4d5e6f7083n];
const LOGITS = [1, 3, 2, 0.5, 2.5, 1.5];
const SCHEMES = ["gumbel", "dual_key_gumbel", "green_list", "synthid"];

/** A caller's trace, all of whose spans are recorded. */
const TRACED = {
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  baggage: "tenant=a",
};

/** All outputs: logs, replies, headers, spans. */
const told: string[] = [];
let app: App;
let collector: Awaited<ReturnType<typeof startCollector>>;
let tracing: Tracing;
let url: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "marks-"));
  const path = join(folder, "keys");
  await writeFile(path, `# keys\nmain 0x${SECRET.toString(16)}\n\nlayers ${LAYERS.join(",")}\n`);
  collector = await startCollector();
  const config = readConfig({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    WATERMARK_KEYS_FILE: path,
    LOGIT_SAMPLER_VOCAB_SIZE_MAX: "4096",
    LOGIT_SAMPLER_ROWS_MAX: "4",
  });
  const logger = pino({ level: "trace" }, { write: (line: string) => void told.push(line) });
  logger.info(shownConfig(config), "starting");
  const sampler = createSampler(config.limits, undefined, { keys: config.watermark_keys });
  assert(config.tracing);
  tracing = createTracing(config.tracing, "1.2.3", logger);
  app = await buildApp({ config, sampler, logger, tracing });
  url = await app.server.listen({ host: "127.0.0.1", port: 0 });
}, 60_000);

afterAll(async () => {
  app.server.server.closeAllConnections();
  await app.server.close();
  collector.close();
  await rm(folder, { recursive: true });
});

async function post(path: string, body: object | string | Uint8Array, headers: Record<string, string> = {}) {
  const is_bytes = body instanceof Uint8Array;
  const reply = await fetch(url + path, {
    method: "POST",
    headers: { ...(!is_bytes && { "content-type": "application/json" }), ...TRACED, ...headers },
    body: is_bytes || typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await reply.text();
  told.push(text, JSON.stringify([...reply.headers]));
  return { status: reply.status, text, json: () => JSON.parse(text) };
}

describe.each(SCHEMES)("%s", (scheme) => {
  const watermark = { scheme, key: "main" };
  const history = [0, 3, 1, 4, 1, 5];
  const options = { watermark, history, prompt_length: 1, seed: 5, step: 2, temperature: 0.9 };

  test("is the same in JSON, in bytes, in a batch, on a stream and at /v2", async () => {
    const json = (await post("/v1/sample", { logits: LOGITS, ...options })).json();
    expect(json.watermark).toEqual({ scheme, marked: true });
    const query = new URLSearchParams({
      dtype: "f32",
      watermark: JSON.stringify(watermark),
      history: history.join(),
      ...{ prompt_length: "1", seed: "5", step: "2", temperature: "0.9" },
    });
    const bytes = (await post(`/v1/sample?${query}`, f32(...LOGITS))).json();
    const batch = (await post("/v1/sample/batch", { rows: [{ logits: LOGITS }], ...options })).json();
    const lines = `${JSON.stringify(options)}\n${JSON.stringify({ logits: LOGITS })}\n`;
    const stream = await post("/v1/stream", lines, { "content-type": "application/x-ndjson" });
    const drawn = stream.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([bytes, batch.results[0]]).toEqual([json, json]);
    expect(drawn.find(({ token_id }) => token_id !== undefined)).toMatchObject({
      token_id: json.token_id,
      watermark: json.watermark,
    });
    const infer = await post("/v2/models/sampler/infer", {
      inputs: [
        { name: "logits", shape: [1, 6], datatype: "FP32", data: LOGITS },
        { name: "history", shape: [6], datatype: "INT64", data: history },
      ],
      parameters: {
        watermark: JSON.stringify(watermark),
        prompt_length: 1,
        seed: 5,
        step: 2,
        temperature: 0.9,
      },
      outputs: [{ name: "token_id" }],
    });
    expect(infer.json().outputs[0].data).toEqual([json.token_id]);
  });

  test("a context that came before is drawn without it", async () => {
    const again = { ...options, history: [0, 1, 2, 3, 4, 5, 1, 2, 3, 4] };
    const { watermark: told_of } = (await post("/v1/sample", { logits: LOGITS, ...again })).json();
    expect(told_of).toEqual({ scheme, marked: false });
  });

  test("a stream's text is found, one text or many", async () => {
    const rows = Array.from({ length: 120 }, (_, i) =>
      JSON.stringify({ logits: Array.from({ length: 60 }, (_, id) => Math.sin(id * 7.1 + i * 1.7) * 2) }),
    );
    const lines = [JSON.stringify({ watermark, seed: 3 }), ...rows].join("\n");
    const { text } = await post("/v1/stream", `${lines}\n`, { "content-type": "application/x-ndjson" });
    const token_ids = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).token_id)
      .filter((id) => id !== undefined);
    expect(token_ids).toHaveLength(120);
    const one = (await post("/v1/watermark/detect", { ...watermark, token_ids })).json();
    expect(one.p_value).toBeLessThan(1e-3);
    const many = (
      await post("/v1/watermark/detect", {
        ...watermark,
        texts: [{ token_ids }, { token_ids, prompt_length: 120 }],
      })
    ).json();
    expect(many.results[0]).toEqual(one);
    expect(many.results[1]).toEqual({ score: 0, p_value: 1, tokens_counted: 0 });
    const { values } = (await post("/v1/watermark/detect", { ...watermark, token_ids, values: true })).json();
    expect(values.filter((value: number | null) => value !== null)).toHaveLength(one.tokens_counted);
  });
});

test("the keys of layers are those of the file, as many as there are", async () => {
  const asked = { scheme: "synthid", key: "layers", token_ids: [1, 2, 3, 4, 5, 6], values: true };
  const { values } = (await post("/v1/watermark/detect", asked)).json();
  // Weights of three layers: 10, 5.5 and 1, divided by their sum.
  for (const value of values.slice(4))
    expect([0, 1, 5.5, 6.5, 10, 11, 15.5, 16.5].map((sum) => sum / 16.5)).toContainEqual(
      expect.closeTo(value, 12),
    );
});

test.each([
  [{ scheme: "gumbel", key: "other", token_ids: [1] }, "unknown_key", "/key"],
  [{ scheme: "gumbell", key: "main", token_ids: [1] }, "invalid_option", "/scheme"],
  [{ key: "main", token_ids: [1] }, "invalid_option", "/scheme"],
  [{ scheme: "gumbel", key: "main" }, "option_conflict", ""],
  [{ scheme: "gumbel", key: "main", token_ids: [1], texts: [] }, "option_conflict", ""],
  [{ scheme: "gumbel", key: "main", texts: [] }, "invalid_option", "/texts"],
  [
    { scheme: "gumbel", key: "main", texts: [{ token_ids: [1, -1] }] },
    "invalid_option",
    "/texts/0/token_ids/1",
  ],
  [
    { scheme: "gumbel", key: "main", token_ids: [1, 5], vocab_size: 5 },
    "token_id_out_of_range",
    "/token_ids/1",
  ],
  [{ scheme: "gumbel", key: "main", token_ids: [1], prompt_length: 2 }, "invalid_option", "/prompt_length"],
  [{ scheme: "gumbel", key: "main", token_ids: [1], delta: 1 }, "unknown_option", "/delta"],
  [
    { scheme: "green_list", seeding: "lefthash", key: "main", token_ids: [1] },
    "option_conflict",
    "/vocab_size",
  ],
])("%j is refused", async (body, code, pointer) => {
  const { status, text } = await post("/v1/watermark/detect", body);
  expect([status, JSON.parse(text).code, JSON.parse(text).pointer]).toEqual([422, code, pointer]);
});

test("a search that would take too long is refused", async () => {
  const token_ids = Array.from({ length: 100_000 }, (_, i) => i % 4000);
  const asked = { scheme: "green_list", seeding: "lefthash", key: "main", vocab_size: 200_000, token_ids };
  expect((await post("/v1/watermark/detect", asked)).json()).toMatchObject({ code: "limit_exceeded" });
});

test("replays come in JSON and in bytes, with what cannot be in its place", async () => {
  const drawn = (await post("/v1/sample", { logits: LOGITS, seed: 5, receipt: true })).json();
  const claim = {
    token_id: drawn.token_id,
    claimed: { ...drawn.receipt, system_fingerprint: drawn.system_fingerprint },
  };
  const json = (
    await post("/v1/replay", {
      seed: 5,
      rows: [{ logits: LOGITS, ...claim }, { logits: LOGITS }, { logits: [Number.NaN] }],
    })
  ).json();
  expect(json.results[0]).toMatchObject({ match: true, receipt_differs: [] });
  expect(json.results.slice(1).map((each: { pointer: string }) => each.pointer)).toEqual([
    "/rows/1/token_id",
    "/rows/2/logits/0",
  ]);
  expect(json.totals).toEqual({ rows: 1, matches: 1, agreeing: 1, mean_divergence: 0 });
  const header = JSON.stringify({ shape: [2, 6], dtype: "f32", seed: 5, rows: [claim, { token_id: 3 }] });
  const body = Buffer.concat([Buffer.from(header), f32(...LOGITS), f32(...LOGITS)]);
  const bytes = (
    await post("/v1/replay", body, { "inference-header-content-length": String(Buffer.byteLength(header)) })
  ).json();
  expect(bytes.results[0]).toEqual(json.results[0]);
  expect(bytes.totals.rows).toBe(2);
});

test("kept sets come behind the JSON of a batch, and as outputs of /v2", async () => {
  const rows = [{ logits: [1, 3, 2] }, { logits: [] }, { logits: [1, 2], top_k: 1 }];
  const reply = await fetch(`${url}/v1/sample/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/octet-stream" },
    body: JSON.stringify({ rows, kept_token_ids: true, seed: 1, logprobs: true }),
  });
  const bytes = Buffer.from(await reply.arrayBuffer());
  const length = Number(reply.headers.get("inference-header-content-length"));
  const { results } = JSON.parse(bytes.subarray(0, length).toString());
  expect(results[0]).toMatchObject({ kept: 3, kept_mass: expect.closeTo(1, 12) });
  expect(results[0].kept_token_ids).toBeUndefined();
  const offsets = Array.from({ length: 4 }, (_, i) => Number(bytes.readBigInt64LE(length + 8 * i)));
  expect(offsets).toEqual([0, 3, 3, 4]);
  expect(Array.from({ length: 4 }, (_, i) => bytes.readInt32LE(length + 32 + 4 * i))).toEqual([0, 1, 2, 1]);
  expect(bytes.length).toBe(length + 32 + 16);
  const infer = await post("/v2/models/sampler/infer", {
    inputs: [{ name: "logits", shape: [2, 3], datatype: "FP32", data: [1, 3, 2, 5, 1, 1] }],
    parameters: { top_p: 0.9, seed: 1 },
    outputs: [{ name: "kept_offsets" }, { name: "kept_ids" }],
  });
  expect(infer.json().outputs).toMatchObject([
    { name: "kept_offsets", datatype: "INT64", shape: [3], data: [0, 2, 3] },
    { name: "kept_ids", datatype: "INT32", shape: [3], data: [1, 2, 0] },
  ]);
});

test("no secret is in a log, a reply, a header, an error, a metric, a span, the document, the configuration or a receipt", async () => {
  const watermark = { scheme: "gumbel", key: "main" };
  await post("/v1/sample", {
    logits: LOGITS,
    watermark,
    history: [1],
    trace: true,
    logprobs: true,
    receipt: true,
  });
  await post("/v1/sample", { logits: LOGITS, watermark: { ...watermark, key: 7 } });
  await post("/v1/compare", { logits: LOGITS, watermark, compare: ["vllm", "default"] });
  for (const path of ["/metrics", "/openapi.json", "/v1/samplers", "/healthz"]) {
    const reply = await fetch(url + path);
    told.push(await reply.text());
  }
  await tracing.close();
  const spans = collector.got.flatMap((message) => message.spans);
  for (const path of ["/v1/sample", "/v1/stream", "/v1/compare", "/v1/watermark/detect", "/v1/replay"])
    expect(spans.map(({ name }) => name)).toContain(`POST ${path}`);
  told.push(...collector.got.flatMap(({ body, headers }) => [body, JSON.stringify(headers)]));
  const everything = told.join("\n").toLowerCase();
  expect(everything.length).toBeGreaterThan(100_000);
  expect(everything).toContain('"watermark_keys":2');
  for (const secret of [SECRET, ...LAYERS]) {
    const words = [secret & 0xffffffffn, secret >> 32n];
    for (const word of [secret, ...words]) {
      expect(everything).not.toContain(word.toString(16));
      expect(everything).not.toContain(word.toString());
    }
  }
});
