/** The log: its lines about requests, which contain nothing of a request's content. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type App, buildApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config/config.ts";
import { Problem, type ProblemCode } from "../../../src/errors.ts";
import { createLog, type Role } from "../../../src/http/observe/log.ts";
import { RequestLog } from "../../../src/http/observe/request-log.ts";
import { createSampler, type Sampler } from "../../../src/sampling/sampler.ts";
import { until } from "../listening.ts";

const KEY = "a-key-that-opens-this-server";
const ROW = Buffer.from(Float32Array.of(1, 3, 2).buffer);
/** A text that requests contain everywhere and that no log may contain. */
const SECRET = "tell-nobody";

type Line = Readonly<Record<string, unknown>>;

function logTo(lines: Line[], environment: Record<string, string> = {}, role: Role = "worker") {
  const config = readConfig(environment);
  return createLog(config, role, { write: (line: string) => void lines.push(JSON.parse(line)) });
}

let app: App | undefined;
afterEach(async () => {
  app?.server.server.closeAllConnections();
  await app?.server.close();
  app = undefined;
});

interface Started extends App {
  readonly url: string;
  readonly lines: readonly Line[];
}

async function started(environment: Record<string, string> = {}, sampler?: Sampler): Promise<Started> {
  const settings = { LOGIT_SAMPLER_VOCAB_SIZE_MAX: "4096", LOGIT_SAMPLER_ROWS_MAX: "2", ...environment };
  const config = readConfig(settings);
  const lines: Line[] = [];
  const logger = logTo(lines, settings);
  app = await buildApp({ config, sampler: sampler ?? createSampler(config.limits), logger });
  const url = await app.server.listen({ host: "127.0.0.1", port: 0 });
  lines.length = 0;
  return { ...app, url, lines };
}

interface Asked {
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: Buffer | string;
}

/** The status of a step, over a socket. */
function status({ url }: Started, { headers = {}, body = ROW, ...asked }: Asked): Promise<number> {
  const { path = typeof body === "string" ? "/v1/sample" : "/v1/sample?dtype=f32" } = asked;
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, { method: "POST", headers }, async (response) => {
      await text(response);
      resolve(response.statusCode ?? 0);
    });
    outgoing.on("error", reject).end(body);
  });
}

describe("what is secret is in no line", () => {
  const json = { "content-type": "application/json", authorization: `Bearer ${KEY}` };
  const CASES: readonly [string, number, Asked][] = [
    ["a right key", 200, { headers: { authorization: `Bearer ${KEY}` } }],
    ["a wrong key", 401, { headers: { authorization: `Bearer ${SECRET}` } }],
    ["another kind of authorization", 401, { headers: { authorization: `Basic ${SECRET}` } }],
    ["a key in a header of its own", 401, { headers: { "x-api-key": SECRET } }],
    ["a cookie", 401, { headers: { cookie: `session=${SECRET}` } }],
    ["a key in the query", 401, { path: `/v1/sample?api_key=${SECRET}` }],
    [
      "an option's value in the query",
      422,
      { path: `/v1/sample?dtype=f32&top_p=${SECRET}`, headers: { "x-api-key": KEY } },
    ],
    ["a broken query", 400, { path: `/v1/sample?dtype=${SECRET}%FF`, headers: { "x-api-key": KEY } }],
    ["a query where nothing is", 404, { path: `/nowhere?token=${SECRET}` }],
    ["an option's value", 422, { headers: json, body: `{"logits":[1,2],"top_p":"${SECRET}"}` }],
    ["a logit", 422, { headers: json, body: `{"logits":[1,"${SECRET}"]}` }],
    ["broken JSON", 400, { headers: json, body: `{"logits":[1,2],${SECRET}` }],
    ["a type", 415, { headers: { ...json, "content-type": SECRET } }],
    [
      "a body of a page",
      422,
      { path: "/v1/compare", headers: json, body: `{"logits":[1,2],"presets":["${SECRET}"]}` },
    ],
  ];

  test.each(CASES)("%s", async (_name, expected, asked) => {
    const running = await started({ API_KEYS: KEY });
    expect(await status(running, asked)).toBe(expected);
    await until(() => running.lines.length > 0 || expected === 200);
    const log = JSON.stringify(running.lines);
    expect(log).not.toContain(SECRET);
    expect(log).not.toContain(KEY);
  });

  test("a key that a WebSocket offers as a protocol", async () => {
    const running = await started({ API_KEYS: KEY });
    const socket = new WebSocket(`${running.url.replace("http", "ws")}/v1/stream`, [`bearer.${SECRET}`]);
    socket.on("error", () => undefined);
    await until(() => running.lines.length > 0);
    expect(JSON.stringify(running.lines)).not.toContain(SECRET);
  });

  test("the message of a stream that it ended", async () => {
    const running = await started();
    const headers = { "content-type": "application/x-ndjson" };
    await status(running, { path: "/v1/stream", headers, body: `{"temperature":0}\n{${SECRET}\n` });
    await until(() => running.lines.length > 0);
    expect(running.lines).toMatchObject([{ msg: "a stream was ended", code: "malformed_json" }]);
    expect(JSON.stringify(running.lines)).not.toContain(SECRET);
  });

  test("what an error carries, and words of any length", async () => {
    const running = await started({}, failing(`${"x".repeat(1000)}${SECRET}`));
    expect(await status(running, {})).toBe(500);
    await until(() => running.lines.length > 0);
    expect(running.lines).toMatchObject([
      { level: 50, msg: "the server failed", code: "internal_error", err: { type: "TypeError" } },
    ]);
    const { err } = running.lines[0] as { err: { message: string; stack: string[] } };
    expect(err.message.length).toBeLessThan(300);
    expect(err.stack[0]).toContain("log.test.ts");
    expect(JSON.stringify(running.lines)).not.toContain(SECRET);
  });

  test.each(["worker", "primary"] as const)("headers that somebody logs, in the %s", (role) => {
    const lines: Line[] = [];
    const headers = {
      host: "x",
      Authorization: SECRET,
      "x-api-key": SECRET,
      cookie: SECRET,
      "sec-websocket-protocol": SECRET,
      "x-forwarded-authorization": SECRET,
    };
    const log = logTo(lines, {}, role);
    log.info({ headers, req: { method: "GET", url: `/a?b=${SECRET}`, headers } }, "seen");
    expect(lines).toMatchObject([
      { headers: { host: "x", Authorization: "[redacted]" }, req: { method: "GET", path: "/a" } },
    ]);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });

  test("nor are they when Fastify logs a request", async () => {
    const running = await started();
    const req = { method: "GET", url: `/a?b=${SECRET}`, headers: { authorization: SECRET } };
    running.server.log.warn({ req, headers: req.headers }, "seen");
    expect(running.lines).toMatchObject([{ role: "worker", req: { path: "/a" } }]);
    expect(JSON.stringify(running.lines)).not.toContain(SECRET);
  });
});

/** A sampler with a defect. */
function failing(message: string): Sampler {
  const sampler = createSampler({ vocab_size_max: 4096, rows_max: 2 });
  return Object.assign(Object.create(sampler) as Sampler, {
    leaseRow: () => sampler.leaseRow(),
    returnRow: (row: Parameters<Sampler["returnRow"]>[0]) => sampler.returnRow(row),
    begin: () => {
      throw Object.assign(new TypeError(message), { logits: [SECRET] });
    },
  });
}

describe("a request's id", () => {
  test.each([
    ["one of the longest", "i".repeat(128), true],
    ["one that is longer", "i".repeat(129), false],
    ["one of several words", "two words", false],
    ["one in another script", "é", false],
    ["an empty one", "", false],
  ])("%s is taken or replaced", async (_name, id, taken) => {
    const running = await started();
    await status(running, { path: "/v1/sample?dtype=f32&top_p=7", headers: { "x-request-id": id } });
    await until(() => running.lines.length > 0);
    const { request_id } = running.lines[0] as { request_id: string };
    if (taken) expect(request_id).toBe(id);
    else expect(request_id).toMatch(/^[0-9a-f]{8}-[0-9a-z]+$/);
  });
});

test("a path is told up to a length", async () => {
  const running = await started();
  expect(await status(running, { path: `/${"p".repeat(5000)}` })).toBe(404);
  await until(() => running.lines.length > 0);
  expect((running.lines[0] as { path: string }).path.length).toBeLessThan(300);
});

test("who debugs reads the sentence of a refusal, too", async () => {
  const running = await started({ LOG_LEVEL: "debug" });
  await status(running, { path: "/v1/sample?dtype=f32&top_p=7" });
  await until(() => running.lines.length > 0);
  expect(running.lines).toMatchObject([{ msg: "refused", detail: expect.stringContaining("got 7") }]);
});

describe("refusals by the thousand", () => {
  /** The log lines of this number of refusals, one every millisecond. */
  function linesOf(code: ProblemCode, count: number, LOG_LEVEL = "info"): Line[] {
    const lines: Line[] = [];
    const requests = new RequestLog(logTo(lines, { LOG_LEVEL }));
    const problem = new Problem(code, "a sentence");
    const record = { id: "x", method: "POST", url: "/v1/sample", problem } as Parameters<
      RequestLog["write"]
    >[0];
    for (let now_ms = 0; now_ms < count; now_ms++) requests.write({ ...record, began_ms: now_ms }, 503, 0);
    return lines;
  }

  test.each(["overloaded", "rate_limited", "shutting_down"] as const)(
    "of %s have a line a second",
    (code) => {
      const lines = linesOf(code, 2500);
      expect(lines.map(({ more }) => more)).toEqual([undefined, 999, 999]);
      expect(lines[1]).toMatchObject({ msg: "refused", code, request_id: "x", status: 503 });
    },
  );

  test("have a line each where each is another, and for who debugs", () => {
    expect(linesOf("invalid_option", 50).length).toBe(50);
    expect(linesOf("overloaded", 50, "debug").length).toBe(50);
  });
});

test("nothing in production makes the log pretty", () => {
  const { dependencies, devDependencies, scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(Object.keys(dependencies)).not.toContain("pino-pretty");
  expect(Object.keys(devDependencies)).toContain("pino-pretty");
  const pretty = Object.entries<string>(scripts).filter(([, command]) => command.includes("pino-pretty"));
  expect(pretty.map(([name]) => name)).toEqual(["dev"]);
});
