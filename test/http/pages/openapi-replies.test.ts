/** openapi.json describes the service's answers: every route, every status, every problem, with the headers. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { PROBLEMS } from "../../../src/errors.ts";
import { ASKED_WELL } from "../asked-well.ts";
import {
  type Answer,
  type Asked,
  ask,
  complaints,
  EACH,
  headComplaints,
  OPENAPI,
  upgraded,
} from "../documented.ts";
import { type Listening, listen } from "../listening.ts";
import { REGIONS, startShared } from "../routes/v2/regions.ts";
import { f32, inferRequest } from "../routes/v2/v2.ts";

const KEY = "a-key-that-opens-this-server";
const ROW = f32(1, 3, 2, 0);
const TENSOR = { "inference-header-content-length": "2" };
const PROTOCOLS = Object.entries({ GET: "websocket", POST: "logit-stream" });
const typeOf = (path: string) => ({
  "content-type": path === "/v1/stream" ? "application/x-ndjson" : "application/json",
});
const WITH_ROWS = EACH.filter(({ path, method }) => method === "POST" && /^\/v1|infer$/.test(path));

let app: Listening | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const responsesOf = (path: string, method: string) =>
  OPENAPI.paths[path]?.[method.toLowerCase()]?.responses ?? {};

/** `post /v1/sample 422 nan_logit` and so on. */
const seen = new Set<string>();

/**
 * Checks the answer against the document's description of the route; returns its status and the code of its problem.
 */
function documented(route: string, method: string, answer: Answer): string {
  expect(complaints(route, method, answer)).toEqual([]);
  const { status, headers, body } = answer;
  const is_problem = headers["content-type"]?.startsWith("application/problem+json") === true;
  const code: string = is_problem ? ` ${JSON.parse(body.toString()).code}` : "";
  seen.add(`${method.toLowerCase()} ${route} ${status}${code}`);
  return `${status}${code}`;
}

/** Sends a request, and compares the answer with the document. `route`: the path as the document has it. */
async function asked(asked: Asked, route = asked.path.split("?", 1)[0] ?? ""): Promise<string> {
  app ??= await listen();
  return documented(route, asked.method, await ask(app.url, asked));
}

const posted = (path: string, body: object | string | Uint8Array, headers: Record<string, string> = {}) =>
  asked({ method: "POST", path, body, headers });

describe("what is asked for well is answered as the document says", () => {
  test.each(ASKED_WELL)("POST %s %#", async (path, body) => {
    expect(await posted(path, body)).toBe("200");
  });

  test("tensors, with their options in front or in the query", async () => {
    const framed = Buffer.concat([Buffer.from("{}"), ROW]);
    for (const path of ["/v1/sample", "/v1/diagnose"]) expect(await posted(path, framed, TENSOR)).toBe("200");
    expect(await posted("/v1/sample?dtype=f32&top_k=2&seed=3", ROW)).toBe("200");
    expect(await posted("/v1/sample/batch?dtype=f32&shape=2,2&seed=3", ROW)).toBe("200");
    expect(await posted("/v1/score?dtype=f32&shape=2,2&targets=0,1", ROW)).toBe("200");
  });

  test("probabilities as a tensor", async () => {
    app = await listen();
    const headers = { accept: "application/octet-stream" };
    const query = { method: "POST", path: "/v1/probabilities?dtype=f32&shape=2,2", body: ROW, headers };
    const answer = await ask(app.url, query);
    expect(documented("/v1/probabilities", "POST", answer)).toBe("200");
    expect(headComplaints("/v1/probabilities", answer)).toEqual([]);
  });

  test("a trace that the caller named", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (const path of ["/v1/sample", "/v1/compare"])
      await posted(path, { logits: [1, 2], compare: undefined }, { traceparent });
    for (const path of ["/v1/samplers", "/healthz", "/v2/models/sampler"])
      await asked({ method: "GET", path, headers: { traceparent } });
  });

  test("what is there to be read", async () => {
    for (const [path, methods] of Object.entries(OPENAPI.paths))
      if ("get" in methods && !/stream|systemsharedmemory/.test(path))
        expect(await asked({ method: "GET", path: path.replace("logit", "logit?log_odds=0") })).toBe("200");
    expect(await asked({ method: "POST", path: "/v2/repository/index" })).toBe("200");
    for (const path of ["/v1/samplers", "/v1/presets", "/v1/vocabularies", "/v1/combinations", "/v1/logit"]) {
      expect(await asked({ method: "GET", path: `${path}?name` })).toBe("400 malformed_query");
      expect(await asked({ method: "GET", path: `${path}?name=vllm` })).toMatch(/^422 .*option/);
    }
  });

  test("streams", async () => {
    const lines = { "content-type": "application/x-ndjson" };
    const body = '{"seed": 1}\n{"logits": [1, 2]}\n{"logits": []}\n{"logits": [2, 1]}\n';
    expect(await posted("/v1/stream", body, lines)).toBe("200");
    for (const [method, protocol] of PROTOCOLS) {
      const answer = await upgraded(`${app?.url}/v1/stream`, method, protocol);
      // OpenAPI cannot describe a WebSocket.
      if (method === "GET") expect(answer.status).toBe(101);
      else expect(documented("/v1/stream", method, answer)).toBe("101");
    }
  });
});

const INFER = "/v2/models/sampler/infer";
const bodyOf = (bytes: Buffer) => bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);

test("inferences, in JSON and in bytes, compressed and not", async () => {
  const logits = { name: "logits", shape: [1, 4], datatype: "FP32" };
  const json = { inputs: [{ ...logits, data: [1, 3, 2, 0] }], parameters: { seed: 1, logprobs: true } };
  expect(await posted(INFER, json)).toBe("200");
  for (const accept of ["identity", "gzip", "deflate"]) {
    const body = bodyOf(
      inferRequest([{ ...logits, bytes: ROW }], { outputs: { token_id: true, reply: false } }),
    );
    const head = String(body.length - ROW.length);
    const headers = { "inference-header-content-length": head, "accept-encoding": accept };
    expect(await posted(INFER, body, headers)).toBe("200");
  }
  expect(await posted(INFER, json, { "content-encoding": "br" })).toBe("415");
  expect(await posted(`${INFER}?temperature=0.5`, json)).toBe("400");
  for (const body of [{}, { inputs: [{ ...logits, data: [1] }] }, "{"])
    expect(await posted(INFER, body)).toBe("400");
});

test("regions of shared memory, where they are on and where they are off", async () => {
  const shared = await startShared();
  await writeFile(join(shared.directory, "row"), ROW);
  app = await listen();
  const region = { key: "/row", byte_size: 8 };
  const steps: readonly (readonly [method: string, path: string, status: number, body?: object])[] = [
    ["POST", "/region/{name}/register", 200, region],
    ["GET", "/status", 200],
    ["GET", "/region/{name}/status", 200],
    ["POST", "/region/{name}/register", 400, region],
    ["POST", "/region/{name}/unregister", 400, region],
    ["POST", "/region/{name}/unregister", 200],
    ["GET", "/region/{name}/status", 404],
    ["POST", "/unregister", 400, region],
    ["POST", "/unregister", 200],
  ];
  for (const [method, path, status, body] of steps) {
    const route = REGIONS + path;
    const query = { method, path: route.replace("{name}", "a"), ...(body && { body }) };
    expect([route, documented(route, method, await ask(shared.url, query))]).toEqual([route, `${status}`]);
    if (status === 200) expect([route, await asked(query, route)]).toEqual([route, "404"]);
  }
  await shared.close();
});

describe("what is wrong is answered as the document says", () => {
  const SAMPLE = "/v1/sample";
  const logits = [1, 3, 2];

  test.each([
    ["malformed_json", SAMPLE, '{"logits": [1,'],
    ["malformed_header", SAMPLE, ROW, { "inference-header-content-length": "x" }],
    ["malformed_query", `${SAMPLE}?top_k`, ROW],
    ["body_missing", SAMPLE, Buffer.alloc(0)],
    ["body_too_large", SAMPLE, Buffer.alloc(32_768)],
    ["unsupported_media_type", SAMPLE, "x", { "content-type": "text/plain" }],
    ["invalid_option", SAMPLE, { logits, top_p: 7 }],
    ["unknown_option", SAMPLE, { logits, topp: 0.5 }],
    ["unknown_stage", SAMPLE, { logits, chain: [{ stage: "topp" }] }],
    ["unknown_preset", SAMPLE, { logits, preset: "lama.cpp" }],
    ["unknown_key", SAMPLE, { logits, watermark: { scheme: "gumbel", key: "other" } }],
    ["option_conflict", SAMPLE, { logits, preset: "vllm", chain: [] }],
    ["invalid_logits", SAMPLE, { logits: [1, "2"] }],
    ["nan_logit", SAMPLE, '{"logits": [1, NaN]}'],
    ["length_mismatch", `${SAMPLE}?dtype=f32`, Buffer.alloc(5)],
    ["token_id_out_of_range", SAMPLE, { logits, allowed_token_ids: [9] }],
    ["all_tokens_masked", SAMPLE, '{"logits": [-Infinity]}'],
    ["need_more_tokens", SAMPLE, { logits: { token_ids: [1], values: [1] }, require_exact: true }],
    ["limit_exceeded", SAMPLE, { logits, n: 99_999 }],
    ["cannot_calibrate", "/v1/calibrate", { rows: [{ logits: [2, 0], target: 0 }] }],
  ])("%s", async (code, path, body: object | string | Buffer, headers: Record<string, string> = {}) => {
    app = await listen({ body_bytes_max: 16_384 });
    expect(await posted(path, body, headers)).toBe(`${PROBLEMS[code as keyof typeof PROBLEMS][0]} ${code}`);
    // Other routes that can have this fault document it too.
    for (const { path: other } of WITH_ROWS) await posted(other, body, headers);
  });
});

describe("what is refused before it is looked at", () => {
  const closed = EACH.filter(({ path }) => /^\/v[12]|metrics/.test(path) && !path.startsWith("/v2/health"));

  const all = async (requests: readonly { path: string; method: string }[], status: number, headers = {}) => {
    for (const { path, method } of requests) {
      const body = method === "POST" ? { body: ROW } : {};
      const query = { method, path: path.replace("{name}", "a"), headers, ...body };
      expect([method, path, (await asked(query, path)).slice(0, 3)]).toEqual([method, path, String(status)]);
    }
  };

  test("without a key, and with a wrong one", async () => {
    app = await listen({}, { API_KEYS: KEY, METRICS: "keyed" });
    await all(closed, 401);
    await all(closed, 401, { "x-api-key": `${KEY}x` });
  });

  test("too soon", async () => {
    app = await listen({ rate_per_second: 1, rate_burst: 1 }, { API_KEYS: KEY, METRICS: "keyed" });
    await asked({ method: "GET", path: "/v1/samplers", headers: { "x-api-key": KEY } });
    await all(closed, 429, { "x-api-key": KEY });
  });

  test("when all rows are in use, and when the process is about to end", async () => {
    app = await listen({ rows_max: 1, queue_max: 0, body_rate_min: 0, streams_max: 0 });
    const { admission } = app.service;
    const ticket = admission.enter();
    ticket.lease();
    const ready = EACH.filter(({ path }) => path.includes("ready"));
    await all(ready, 503);
    const step = { logits: [1, 2], compare: ["vllm", "default"] };
    const inputs = [{ name: "logits", shape: [2], datatype: "FP32", data: [1, 2] }];
    const bodies: Record<string, object> = {
      "/v1/sample/batch": { rows: [{ logits: [1] }] },
      [INFER]: { inputs },
    };
    for (const { path } of WITH_ROWS)
      expect([path, await posted(path, bodies[path] ?? step, typeOf(path))]).toEqual([
        path,
        expect.stringMatching(/^503/),
      ]);
    ticket.leave();
    admission.draining = true;
    await all(ready, 503);
  });

  test("when the body does not come", async () => {
    app = await listen({ body_timeout_ms: 40, stream_idle_ms: 40 });
    for (const { path } of WITH_ROWS) {
      const headers = { "content-length": "40", ...typeOf(path) };
      const outgoing = request(app.url + path, { method: "POST", headers });
      outgoing.on("error", () => undefined).write("{");
      const [response] = await once(outgoing, "response");
      const answer = { status: response.statusCode, headers: response.headers, body: await buffer(response) };
      outgoing.destroy();
      expect(documented(path, "POST", answer)).toMatch(/^408/);
    }
  });

  test("by an upgrade that comes from another page", async () => {
    const headers = { connection: "Upgrade", upgrade: "logit-stream", origin: "https://elsewhere.example" };
    expect(await asked({ method: "POST", path: "/v1/stream", headers })).toBe("403 forbidden");
    const socket = { method: "GET", path: "/v1/stream", headers: { ...headers, upgrade: "websocket" } };
    expect((await ask(app?.url ?? "", socket)).status).toBe(403);
  });

  test("by a head that is too large", async () => {
    const headers = { "x-large": "x".repeat(20_000) };
    for (const each of EACH.filter(({ path, method }) => "431" in responsesOf(path, method)))
      expect(await asked({ ...each, headers })).toBe("431 headers_too_large");
  });
});

test("all that the document tells of was seen", () => {
  const told = EACH.flatMap(({ path, method }) =>
    Object.keys(responsesOf(path, method))
      .filter((status) => status !== "500")
      .map((status) => `${method.toLowerCase()} ${path} ${status}`),
  );
  const statuses = new Set([...seen].map((each) => each.split(" ", 3).join(" ")));
  expect(told.filter((each) => !statuses.has(each))).toEqual([]);
});
