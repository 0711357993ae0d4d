/** POST /v1/sample and /v1/sample/batch through the service: replies, and every refusal in which HTTP plays a part. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROBLEMS, type ProblemCode } from "../../../src/errors.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { VERIFY_METHODS } from "../../../src/sampling/verify/index.ts";
import { post, type Server, startApp } from "./analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp({
    LOGIT_SAMPLER_BODY_BYTES_MAX: "2000",
    LOGIT_SAMPLER_DISCARDED_BYTES_MAX: "1000",
  });
});
afterAll(() => server.close());

const ROW = Buffer.from(Float32Array.of(1, 2.5, -0.3, 2.4).buffer);
const JSON_HEADERS = { "content-type": "application/json" };
const STEP = {
  logits: [1, 2.5, Math.fround(-0.3), Math.fround(2.4)],
  temperature: 0.8,
  top_k: 3,
  seed: "7",
  step: 3,
};

async function sent(url: string, headers: Record<string, string>, payload: Buffer | string) {
  const reply = await server.inject({ method: "POST", url, headers, payload });
  return { status: reply.statusCode, text: reply.body, headers: reply.headers };
}

/** Status, code and pointer of a refusal, after a check of its other fields. */
async function refused(url: string, headers: Record<string, string>, payload: Buffer | string) {
  const { status, text, headers: got } = await sent(url, headers, payload);
  const problem = JSON.parse(text) as Record<string, unknown>;
  const code = problem["code"] as ProblemCode;
  expect(got["content-type"]).toBe("application/problem+json; charset=utf-8");
  expect(Object.keys(problem)).toEqual([
    "type",
    "title",
    "status",
    "detail",
    "code",
    "pointer",
    "request_id",
  ]);
  expect(problem).toMatchObject({ status, title: PROBLEMS[code][1], request_id: got["x-request-id"] });
  return [status, code, problem["pointer"]];
}

describe("a step", () => {
  test("has the same bytes of reply in every form and in a batch", async () => {
    const { text, status, headers } = await sent("/v1/sample", JSON_HEADERS, JSON.stringify(STEP));
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(headers["server-timing"]).toMatch(/^sample;dur=\d+\.\d{3}$/);
    const query = "dtype=f32&temperature=0.8&top_k=3&seed=7&step=3";
    const binary = { "content-type": "application/octet-stream" };
    const head = Buffer.from('{"temperature":0.8,"top_k":3,"seed":7,"step":3,"dtype":"f32","shape":[4]}');
    const packed = { ...STEP, logits: { dtype: "f32", data: ROW.toString("base64") } };
    const forms = [
      sent(`/v1/sample?${query}`, binary, ROW),
      sent(`/v1/sample?${query}`, {}, ROW),
      sent(
        "/v1/sample",
        { ...binary, "inference-header-content-length": `${head.length}` },
        Buffer.concat([head, ROW]),
      ),
      sent("/v1/sample", { "content-type": "application/JSON; charset=UTF-8" }, JSON.stringify(packed)),
    ];
    for (const form of await Promise.all(forms)) expect(form.text).toBe(text);
    // The default Content-Type of curl --data-binary.
    const curl = { "content-type": "application/x-www-form-urlencoded" };
    expect((await sent(`/v1/sample?${query}`, curl, ROW)).text).toBe(text);
    const headed = { ...curl, "inference-header-content-length": `${head.length}` };
    expect((await sent("/v1/sample", headed, Buffer.concat([head, ROW]))).text).toBe(text);
    const batches = [
      sent("/v1/sample/batch", JSON_HEADERS, JSON.stringify({ rows: [STEP, packed] })),
      sent(`/v1/sample/batch?shape=2,4&${query}`, binary, Buffer.concat([ROW, ROW])),
    ];
    for (const batch of await Promise.all(batches)) expect(batch.text).toBe(`{"results":[${text},${text}]}`);
  });

  test("without a seed can be drawn again with the seed of its reply", async () => {
    const { seed: _, ...unseeded } = STEP;
    const first = await sent("/v1/sample", JSON_HEADERS, JSON.stringify(unseeded));
    const { seed } = JSON.parse(first.text) as { seed: string };
    const again = await sent("/v1/sample", JSON_HEADERS, JSON.stringify({ ...unseeded, seed }));
    expect(again.text).toBe(first.text);
  });

  test("keeps the client's request id when it can be logged, and gets one when not", async () => {
    const with_id = (id: string) =>
      sent("/v1/sample", { ...JSON_HEADERS, "x-request-id": id }, JSON.stringify(STEP));
    expect((await with_id("my-id/7")).headers["x-request-id"]).toBe("my-id/7");
    for (const id of ["two words", "x".repeat(129), "ümlaut"])
      expect((await with_id(id)).headers["x-request-id"]).toMatch(/^[0-9a-f]{8}-[0-9a-z]+$/);
  });
});

describe("a refusal", () => {
  test.each<[string, string, Record<string, string>, Buffer | string, number, ProblemCode, string]>([
    ["no body", "", JSON_HEADERS, "", 400, "body_missing", ""],
    ["no body and no type", "", {}, "", 400, "body_missing", ""],
    ["broken JSON", "", JSON_HEADERS, '{"logits":[1', 400, "malformed_json", ""],
    ["a broken row", "", JSON_HEADERS, '{"logits":[1,,2]}', 400, "malformed_json", "/logits/1"],
    [
      "a form, which names no dtype",
      "?top_k=1",
      { "content-type": "application/x-www-form-urlencoded" },
      ROW,
      415,
      "unsupported_media_type",
      "",
    ],
    ["text", "", { "content-type": "text/plain" }, "{}", 415, "unsupported_media_type", ""],
    ["another JSON", "", { "content-type": "application/ld+json" }, "{}", 415, "unsupported_media_type", ""],
    ["no media type at all", "", { "content-type": "nonsense" }, "{}", 415, "unsupported_media_type", ""],
    [
      "JSON in Latin-1",
      "",
      { "content-type": "application/json; charset=latin1" },
      "{}",
      415,
      "unsupported_media_type",
      "",
    ],
    ["JSON without a type", "", {}, '{"logits":[1,2.5]}..', 415, "unsupported_media_type", ""],
    [
      "JSON without a type, indented",
      "?seed=1",
      {},
      '{\n  "logits": [1, 2]}',
      415,
      "unsupported_media_type",
      "",
    ],
    [
      "JSON that is said to stand before a tensor",
      "",
      { ...JSON_HEADERS, "inference-header-content-length": "2" },
      "{}AAAA",
      415,
      "unsupported_media_type",
      "",
    ],
    ["gzip", "", { ...JSON_HEADERS, "content-encoding": "gzip" }, "{}", 415, "unsupported_media_type", ""],
    ["gzip of a tensor", "", { "content-encoding": "gzip" }, ROW, 415, "unsupported_media_type", ""],
    ["options of JSON in the query", "?top_k=1", JSON_HEADERS, "{}", 422, "option_conflict", "/top_k"],
    ["an option twice", "?top_k=1&top_k=2", {}, ROW, 400, "malformed_query", "/top_k"],
    ["a broken escape in the query", "?preset=%ff", {}, ROW, 400, "malformed_query", ""],
    ["an unknown option in the query", "?dtype=f32&topk=1", {}, ROW, 422, "unknown_option", "/topk"],
    [
      "a header length in words",
      "",
      { "inference-header-content-length": "ten" },
      ROW,
      400,
      "malformed_header",
      "",
    ],
    [
      "a header length of zero",
      "",
      { "inference-header-content-length": "0" },
      ROW,
      400,
      "malformed_header",
      "",
    ],
    [
      "a negative header length",
      "",
      { "inference-header-content-length": "-2" },
      ROW,
      400,
      "malformed_header",
      "",
    ],
    [
      "a header longer than the body",
      "",
      { "inference-header-content-length": "17" },
      ROW,
      400,
      "malformed_header",
      "",
    ],
    [
      "header and query",
      "?seed=1",
      { "inference-header-content-length": "2" },
      "{}AAAA",
      422,
      "option_conflict",
      "",
    ],
    ["NaN", "?dtype=f32", {}, Buffer.from(Float32Array.of(1, NaN).buffer), 422, "nan_logit", "/logits/1"],
    ["a broken tensor", "?dtype=f32", {}, Buffer.alloc(6), 422, "length_mismatch", ""],
    ["halves that do not say so", "?top_k=3", {}, ROW, 422, "invalid_option", "/dtype"],
    [
      "all masked",
      "?dtype=f32",
      {},
      Buffer.from(Float32Array.of(-Infinity).buffer),
      422,
      "all_tokens_masked",
      "/logits",
    ],
    ["a body too large", "", JSON_HEADERS, " ".repeat(2001), 413, "body_too_large", ""],
    ["a body much too large", "", JSON_HEADERS, " ".repeat(9000), 413, "body_too_large", ""],
  ])("%s", async (_name, query, headers, payload, ...expected) => {
    expect(await refused(`/v1/sample${query}`, headers, payload)).toEqual(expected);
  });

  test("of a batch as a whole", async () => {
    expect(await refused("/v1/sample/batch", {}, ROW)).toEqual([422, "invalid_option", "/shape"]);
    expect(await refused("/v1/sample/batch?dtype=f32&shape=3,2", {}, ROW)).toEqual([
      422,
      "length_mismatch",
      "/shape",
    ]);
    expect(await refused("/v1/sample/batch", JSON_HEADERS, '{"rows":[}')).toEqual([
      400,
      "malformed_json",
      "",
    ]);
  });

  test("of one row of a batch is told in its place, by the wire and by the sampler alike", async () => {
    const rows = [STEP, { logits: [1, null] }, { logits: { dtype: "f32", data: "AADAfw==" } }, STEP];
    const { status, body } = await post(server, "/v1/sample/batch", { rows });
    const results = (body as { results: Record<string, unknown>[] }).results;
    expect(status).toBe(200);
    expect(results[0]).toEqual(results[3]);
    expect(results[1]).toMatchObject({ status: 422, code: "invalid_logits", pointer: "/rows/1/logits/1" });
    expect(results[2]).toMatchObject({ status: 422, code: "nan_logit", pointer: "/rows/2/logits/0" });
  });

  test("names the limit and the value", async () => {
    const { text } = await sent("/v1/sample", JSON_HEADERS, " ".repeat(2001));
    expect(JSON.parse(text)).toMatchObject({
      detail: "a body may have at most 2000 bytes (body_bytes_max), got 2001",
    });
  });
});

describe("routes", () => {
  test.each([
    ["GET", "/v1/sample", "POST"],
    ["PUT", "/v1/sample/batch", "POST"],
    ["POST", "/healthz", "GET, HEAD"],
    ["DELETE", "/v1/samplers?x=1", "GET, HEAD"],
  ] as const)("%s %s is not allowed, and the answer says what is", async (method, url, allow) => {
    const reply = await server.inject({ method, url });
    expect([reply.statusCode, reply.headers.allow]).toEqual([405, allow]);
    expect(reply.json()).toMatchObject({ code: "method_not_allowed", status: 405 });
  });

  test("what does not exist is not found", async () => {
    const reply = await server.inject({ url: "/v1/nothing" });
    expect(reply.json()).toMatchObject({ code: "not_found", detail: "there is nothing at /v1/nothing" });
  });

  test("the catalogue lists every stage with options, defaults, formula and source", async () => {
    const { stages } = (await server.inject({ url: "/v1/samplers" })).json();
    const top_k = stages.find(({ name }: { name: string }) => name === "top_k");
    expect(top_k).toMatchObject({ keeps_argmax: true, carries_state: false, defaults: expect.any(Object) });
    expect(Object.keys(top_k.options.properties)).toContain("top_k");
    for (const stage of stages)
      expect(stage).toMatchObject({
        summary: expect.stringMatching(/./),
        formula: expect.stringMatching(/./),
        source: { url: expect.stringMatching(/^https?:/) },
      });
  });

  test("the catalogue's examples of an option are taken", async () => {
    const { stages } = (await server.inject({ url: "/v1/samplers" })).json();
    const { examples } = stages.find(({ name }: { name: string }) => name === "grammar").options.properties
      .grammar;
    expect(examples.map((example: object) => Object.keys(example)[0])).toEqual([
      "regex",
      "json_schema",
      "choice",
      "gbnf",
      "lark",
    ]);
    for (const grammar of examples) expect(() => parseStepOptions({ grammar })).not.toThrow();
  });

  test("the catalogue lists every method of verifying drafts, and what it keeps as it was", async () => {
    const { verify_methods } = (await server.inject({ url: "/v1/samplers" })).json();
    expect(verify_methods).toMatchObject(
      VERIFY_METHODS.map(({ name, preserves, readsDraft }) => ({ name, preserves, reads_draft: readsDraft })),
    );
    expect(verify_methods).toHaveLength(VERIFY_METHODS.length);
    const typical = verify_methods.find(({ name }: { name: string }) => name === "typical");
    expect(Object.keys(typical.options.properties)).toEqual(["method", "epsilon", "delta"]);
  });

  test("health, readiness and the pages answer", async () => {
    expect((await server.inject({ url: "/healthz" })).json()).toEqual({ status: "ok" });
    expect((await server.inject({ url: "/readyz" })).json()).toEqual({ status: "ready" });
    expect((await server.inject({ url: "/docs/" })).statusCode).toBe(200);
    expect((await server.inject({ url: "/openapi.json" })).json().openapi).toBe("3.1.0");
  });
});
