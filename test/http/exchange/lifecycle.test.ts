/**
 * Checks that apply to every request: keys, rates, origins, ids and traces; for hot routes and for those that Fastify
 * serves.
 */
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import openapi from "../../../openapi/openapi.json" with { type: "json" };
import { type App, buildApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config/config.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { until } from "../listening.ts";

const KEY = "a-key-that-opens-this-server";
const ROW = Buffer.from(Float32Array.of(1, 3, 2).buffer);
const SAMPLE = "/v1/sample?dtype=f32&temperature=0";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

interface Started extends App {
  readonly url: string;
  /** lines of the log */
  readonly log: readonly Record<string, unknown>[];
}

let app: Started | undefined;
afterEach(async () => {
  app?.server.server.closeAllConnections();
  await app?.server.close();
  app = undefined;
});

async function started(environment: Record<string, string> = {}): Promise<Started> {
  const config = readConfig({ LOGIT_SAMPLER_VOCAB_SIZE_MAX: "4096", LOG_LEVEL: "debug", ...environment });
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: config.log_level }, { write: (line: string) => log.push(JSON.parse(line)) });
  const built = await buildApp({ config, sampler: createSampler(config.limits), logger });
  const url = await built.server.listen({ host: "127.0.0.1", port: 0 });
  log.length = 0;
  app = { ...built, url, log };
  return app;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Over a socket, because injected requests have no status line. */
async function asked(
  { url }: Started,
  path: string,
  headers: Record<string, string> = {},
  { method = "GET", body }: { method?: string; body?: Buffer } = {},
): Promise<Answer> {
  const outgoing = request(url + path, { method, headers });
  outgoing.end(body);
  const [response] = await once(outgoing, "response");
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const sampled = (running: Started, headers: Record<string, string> = {}, path = SAMPLE) =>
  asked(running, path, headers, { method: "POST", body: ROW });

describe("with keys", () => {
  /** All documented routes, and an unknown one. */
  const GUARDED = Object.entries(openapi.paths)
    .filter(([path]) => /^\/v[12](\/|$)/.test(path) && !path.startsWith("/v2/health/"))
    .flatMap(([path, item]) =>
      Object.keys(item).map((method) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, "x")] as const),
    )
    .concat([["GET", "/v1/nothing-here"]]);

  test.each(GUARDED)("%s %s needs one", async (method, path) => {
    const running = await started({ API_KEYS: KEY });
    const body = method === "POST" ? { method, body: ROW } : { method };
    const without = await asked(running, path, {}, body);
    expect([without.status, without.headers["www-authenticate"]]).toEqual([
      401,
      'Bearer realm="logit-sampler"',
    ]);
    const wrong = await asked(running, path, { "x-api-key": `${KEY}x` }, body);
    expect(wrong.status).toBe(401);
    expect(wrong.headers["www-authenticate"]).toContain('error="invalid_token"');
    const right = await asked(running, path, { authorization: `Bearer ${KEY}` }, body);
    expect(right.status).not.toBe(401);
  });

  test.each(["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs/", "/v2/health/live"])(
    "GET %s needs none",
    async (path) => {
      expect((await asked(await started({ API_KEYS: KEY }), path)).status).toBe(200);
    },
  );

  test("metrics need one where they are keyed, and are not there where they are off", async () => {
    const keyed = await started({ API_KEYS: KEY, METRICS: "keyed" });
    expect((await asked(keyed, "/metrics")).status).toBe(401);
    expect((await asked(keyed, "/metrics", { "x-api-key": KEY })).status).toBe(200);
    await keyed.server.close();
    expect((await asked(await started({ METRICS: "off" }), "/metrics")).status).toBe(404);
  });

  test("a refused request is answered when its body was read, and the connection lives on", async () => {
    const running = await started({ API_KEYS: KEY });
    for (const path of [SAMPLE, "/v1/compare"]) {
      const { headers, body } = await sampled(running, {}, path);
      expect(headers["connection"]).not.toBe("close");
      expect(JSON.parse(body)).toMatchObject({ code: "unauthorized", status: 401 });
    }
  });

  test("a WebSocket brings its key as a protocol", async () => {
    const running = await started({ API_KEYS: KEY });
    const url = `${running.url.replace("http", "ws")}/v1/stream`;
    const open = new WebSocket(url, ["logit-sampler", `bearer.${KEY}`]);
    await once(open, "open");
    expect(open.protocol).toBe("logit-sampler");
    open.close();
    const refused = new WebSocket(url);
    const [, response] = await once(refused, "unexpected-response");
    expect(response.statusCode).toBe(401);
    refused.on("error", () => undefined).terminate();
  });

  test("none is ever logged", async () => {
    const running = await started({ API_KEYS: KEY });
    await sampled(running, { authorization: `Bearer ${KEY}` });
    await sampled(running, { "x-api-key": `${KEY}-but-wrong` });
    await until(() => running.log.length >= 2);
    expect(JSON.stringify(running.log)).not.toContain(KEY);
    expect(running.log.map(({ status }) => status)).toEqual([200, 401]);
  });
});

describe("with a rate", () => {
  test("a client that comes too soon is told how long to wait, whichever way", async () => {
    const rate = { LOGIT_SAMPLER_RATE_PER_SECOND: "1", LOGIT_SAMPLER_RATE_BURST: "2" };
    const running = await started(rate);
    expect((await sampled(running)).status).toBe(200);
    expect((await asked(running, "/v1/samplers")).status).toBe(200);
    for (const answer of [await sampled(running), await asked(running, "/v1/samplers")]) {
      expect([answer.status, answer.headers["retry-after"]]).toEqual([429, "1"]);
      expect(JSON.parse(answer.body)).toMatchObject({
        code: "rate_limited",
        detail: expect.stringMatching(
          /a client may send 1 requests a second .* and 2 at once .*; try again in 0/,
        ),
      });
    }
    expect((await asked(running, "/healthz")).status).toBe(200);
  });

  test("each key has its own", async () => {
    const other = "another-key-that-opens-it";
    const rate = { LOGIT_SAMPLER_RATE_PER_SECOND: "1", LOGIT_SAMPLER_RATE_BURST: "1" };
    const running = await started({ ...rate, API_KEYS: `${KEY},${other}` });
    const keys = [KEY, other, KEY];
    const statuses = [];
    for (const key of keys) statuses.push((await sampled(running, { "x-api-key": key })).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe("pages of other origins", () => {
  const origin = "https://pages.example";
  const preflight = { origin, "access-control-request-method": "POST" };

  test("are told nothing of CORS where none is named", async () => {
    const running = await started();
    const { headers } = await sampled(running, { origin });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect((await asked(running, SAMPLE, preflight, { method: "OPTIONS" })).status).toBe(405);
  });

  test("may call where they are named, ask first without a key, and others may not", async () => {
    const running = await started({ CORS_ORIGINS: origin, API_KEYS: KEY });
    const first = await asked(running, SAMPLE, preflight, { method: "OPTIONS" });
    expect(first).toMatchObject({
      status: 204,
      headers: {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": expect.stringContaining("authorization"),
        vary: "origin",
      },
    });
    for (const path of [SAMPLE, "/v1/compare"]) {
      const { headers } = await sampled(running, { origin, "x-api-key": KEY }, path);
      expect(headers["access-control-allow-origin"]).toBe(origin);
      expect(headers["access-control-expose-headers"]).toContain("x-request-id");
    }
    const lines = { origin, "x-api-key": KEY, "content-type": "application/x-ndjson" };
    const stream = await asked(running, "/v1/stream", lines, { method: "POST", body: Buffer.from("{}\n") });
    expect([stream.status, stream.headers["access-control-allow-origin"]]).toEqual([200, origin]);
    const other = await sampled(running, { origin: "https://evil.example", "x-api-key": KEY });
    expect(other.headers["access-control-allow-origin"]).toBeUndefined();
    expect(other.headers["vary"]).toBe("origin");
  });

  test("open no WebSocket, which no browser asks first for; pages of this server do", async () => {
    const running = await started();
    const url = `${running.url.replace("http", "ws")}/v1/stream`;
    const foreign = new WebSocket(url, { origin });
    const [, response] = await once(foreign, "unexpected-response");
    expect(response.statusCode).toBe(403);
    foreign.on("error", () => undefined).terminate();
    const own = new WebSocket(url, { origin: running.url });
    await once(own, "open");
    own.close();
  });
});

describe("every answer", () => {
  test.each([
    ["POST", SAMPLE],
    ["POST", "/v1/compare"],
    ["GET", "/healthz"],
    ["GET", "/nowhere"],
    ["GET", "/docs/"],
  ])("of %s %s has an id and may not be sniffed", async (method, path) => {
    const running = await started();
    const body = method === "POST" ? { method, body: ROW } : { method };
    const { headers } = await asked(running, path, { "x-request-id": "mine-1" }, body);
    expect([headers["x-request-id"], headers["x-content-type-options"]]).toEqual(["mine-1", "nosniff"]);
  });

  test("tells the trace that the request named, and the log does too", async () => {
    const running = await started();
    for (const path of [SAMPLE, "/v1/compare"]) {
      const { headers } = await sampled(running, { traceparent: TRACEPARENT }, path);
      expect(headers["traceresponse"]).toBe(TRACEPARENT);
    }
    expect((await sampled(running)).headers["traceresponse"]).toBeUndefined();
    await until(() => running.log.length >= 3);
    expect(running.log.map(({ trace_id }) => trace_id)).toEqual([TRACE, TRACE, undefined]);
  });

  test("has one line in the log, of what went wrong if it did", async () => {
    const running = await started();
    await sampled(running, { "x-request-id": "good" });
    await sampled(running, { "x-request-id": "bad" }, "/v1/sample?dtype=f32&top_p=7");
    await asked(running, "/nowhere", { "x-request-id": "lost" });
    await until(() => running.log.length >= 3);
    expect(running.log).toMatchObject([
      { msg: "answered", request_id: "good", method: "POST", status: 200 },
      { msg: "refused", request_id: "bad", status: 422, code: "invalid_option", pointer: "/top_p" },
      { msg: "refused", request_id: "lost", status: 404, code: "not_found" },
    ]);
  });

  test("asks for a new connection while the process is about to end", async () => {
    const running = await started();
    running.service.admission.draining = true;
    for (const answer of [await sampled(running), await asked(running, "/healthz")])
      expect(answer.headers["connection"]).toBe("close");
  });
});

test("a stream is one request, whose steps are counted, however it comes", async () => {
  const running = await started();
  const { counters } = running.service;
  const opening = JSON.stringify({ temperature: 0 });
  const socket = new WebSocket(`${running.url.replace("http", "ws")}/v1/stream`);
  await once(socket, "open");
  socket.send(opening);
  socket.send(ROW);
  await once(socket, "message");
  socket.send('{"logits":[1,null]}');
  await once(socket, "message");
  expect([counters.in_flight, counters.tokens.get("stream"), counters.bytes.get("f32")]).toEqual([1, 1, 12]);
  expect([counters.rejections.get("invalid_logits"), counters.bytes.get("json")]).toEqual([1, 19]);
  socket.close();
  await until(() => counters.in_flight === 0);
  const lines = Buffer.from(`${opening}\n{"logits":[1,3,2]}\n`);
  const ndjson = { "content-type": "application/x-ndjson" };
  const posted = await asked(running, "/v1/stream", ndjson, { method: "POST", body: lines });
  expect(posted.body).toContain('"token_id":1');
  await until(() => counters.in_flight === 0);
  expect(counters.tokens.get("stream")).toBe(2);
  const statuses = counters.routes.filter((each) => each.route === "/v1/stream" && each.method !== "HEAD");
  expect(statuses.map(({ method, by_status }) => [method, ...by_status])).toEqual([
    ["POST", [200, 1]],
    ["GET", [101, 1]],
  ]);
});
