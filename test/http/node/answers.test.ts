/**
 * Answers on one connection: in order, limited in number, cut when the client does not read them; and the requests
 * after them.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Listening, listen, until } from "../listening.ts";

let app: Listening | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app?.close();
  app = undefined;
});

function open(running: Listening): Socket {
  const socket = connect(Number(new URL(running.url).port), "127.0.0.1").setEncoding("latin1");
  sockets.push(socket.on("error", () => undefined));
  return socket;
}

/** Everything that arrives until the server ends the connection. */
async function all(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  await once(socket, "close");
  return text;
}

function statuses(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status as string);
}

const ROW = Buffer.from(Float32Array.of(1, 3, 2).buffer);
const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const SAMPLE = `POST /v1/sample?temperature=0&dtype=f32 HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n${ROW.toString("latin1")}`;
/** An answer that takes some turns of the event loop, so that other answers begin before it ends. */
const BATCH_BODY = '{"rows":[{"logits":[1,2],"n":16384,"seed":1}]}';
const BATCH = `POST /v1/sample/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BATCH_BODY.length}\r\n\r\n${BATCH_BODY}`;
const LAST = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const STREAM =
  "POST /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: logit-stream\r\nContent-Length: 0\r\n\r\n";
const WEB_SOCKET =
  "GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
const HTTP2 = `POST /v1/sample?temperature=0&dtype=f32 HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\nContent-Length: 12\r\n\r\n${ROW.toString("latin1")}`;

function frame(text: string | Buffer): string {
  const bytes = Buffer.from(text as string, "latin1");
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(bytes.length);
  return Buffer.concat([prefix, bytes]).toString("latin1");
}

describe("an offer of another protocol behind answers under way", () => {
  test.each(["", HEALTH, SAMPLE, BATCH, HEALTH + SAMPLE, SAMPLE.repeat(40), HEALTH.repeat(300)])(
    "of logit-stream is taken behind them (%#)",
    async (before) => {
      app = await listen();
      const socket = open(app);
      const told = all(socket);
      socket.write(before + STREAM + frame('{"temperature":0}') + frame(ROW) + frame(ROW), "latin1");
      socket.end();
      const text = await told;
      const answers = (before.match(/HTTP\/1\.1/g) ?? []).length;
      expect(statuses(text)).toEqual([...Array<string>(answers).fill("200"), "101"]);
      expect(text.slice(text.indexOf("HTTP/1.1 101")).match(/"token_id":1/g)).toHaveLength(2);
    },
  );

  test.each([HEALTH, BATCH, SAMPLE.repeat(40)])(
    "of a WebSocket is taken behind them (%#)",
    async (before) => {
      app = await listen();
      const socket = open(app);
      let text = "";
      socket.on("data", (chunk: string) => {
        text += chunk;
      });
      socket.write(before + WEB_SOCKET, "latin1");
      await until(() => text.includes("HTTP/1.1 101"));
      expect(new Set(statuses(text).slice(0, -1))).toEqual(new Set(["200"]));
      expect(app.service.streams.size).toBe(1);
      socket.destroy();
      await until(() => app?.service.streams.size === 0);
    },
  );

  test.each([HEALTH, BATCH, SAMPLE.repeat(40)])(
    "of HTTP/2 is ignored behind them, and what Connection said besides holds (%#)",
    async (before) => {
      app = await listen();
      const socket = open(app);
      const told = all(socket);
      socket.write(before + HTTP2, "latin1");
      expect(new Set(statuses(await told))).toEqual(new Set(["200"]));
    },
  );

  test("that is cut at any byte is one offer all the same", async () => {
    app = await listen();
    const bytes = Buffer.from(HEALTH + SAMPLE + STREAM + frame('{"temperature":0}') + frame(ROW), "latin1");
    for (let at = 1; at < bytes.length; at += 7) {
      const socket = open(app);
      const told = all(socket);
      socket
        .setNoDelay(true)
        .write(bytes.subarray(0, at), () => setImmediate(() => socket.end(bytes.subarray(at))));
      expect(statuses(await told), `cut at ${at}`).toEqual(["200", "200", "101"]);
    }
  });
});

describe("requests one behind the other", () => {
  test("are answered in order however many there are, a few at a time", async () => {
    app = await listen({ connection_answers_max: 3, rows_max: 2 });
    const socket = open(app);
    const told = all(socket);
    const count = 500;
    let most = 0;
    const { counters } = app.service;
    const watch = setInterval(() => {
      most = Math.max(most, counters.in_flight);
    }, 1);
    socket.write((SAMPLE + HEALTH).repeat(count) + LAST, "latin1");
    const text = await told;
    clearInterval(watch);
    expect(statuses(text)).toEqual(Array<string>(2 * count + 1).fill("200"));
    expect(text.match(/"token_id":1/g)).toHaveLength(count);
    expect(most).toBeLessThanOrEqual(3);
    expect([counters.in_flight, app.service.admission.gate.visitors]).toEqual([0, 0]);
  });

  test.each([2, 3, 4])("with %i of them and a bound of 3, those beyond it are not begun", async (count) => {
    app = await listen({ connection_answers_max: 3 });
    const socket = open(app);
    const { counters } = app.service;
    // The first request waits for its body; the others cannot be answered before it.
    const begun = "POST /v1/sample?dtype=f32 HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n";
    socket.write(`${SAMPLE.repeat(0)}${begun}${ROW.toString("latin1")}${HEALTH.repeat(count - 1)}`, "latin1");
    const text = await new Promise<string>((resolve) => {
      let got = "";
      socket.on("data", (chunk: string) => {
        got += chunk;
        if (statuses(got).length === count) resolve(got);
      });
    });
    expect(statuses(text)).toHaveLength(count);
    expect(counters.in_flight).toBe(0);
  });

  test("whose client goes away leave nothing behind", async () => {
    app = await listen({ connection_answers_max: 4 });
    const socket = open(app);
    socket.write(BATCH.repeat(30) + HEALTH.repeat(500), "latin1");
    await until(() => (app?.service.counters.in_flight ?? 0) > 0);
    socket.resetAndDestroy();
    await until(() => app?.service.counters.in_flight === 0 && app.service.admission.gate.visitors === 0);
    expect([app.service.admission.rows_out, app.service.admission.gate.held_bytes]).toEqual([0, 0]);
  });
});

describe("what is no HTTP", () => {
  test.each([HEALTH, SAMPLE, BATCH, SAMPLE.repeat(30)])(
    "is told so behind the answers before it (%#)",
    async (before) => {
      app = await listen();
      const socket = open(app);
      const told = all(socket);
      socket.write(`${before}NONSENSE\r\n\r\n`, "latin1");
      const answers = (before.match(/HTTP\/1\.1/g) ?? []).length;
      expect(statuses(await told)).toEqual([...Array<string>(answers).fill("200"), "400"]);
    },
  );

  test("in a body is told to the request of that body, behind the answers before it", async () => {
    app = await listen();
    const socket = open(app);
    const told = all(socket);
    const broken =
      'POST /v1/sample HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"log\r\nzz\r\n';
    socket.write(HEALTH + SAMPLE + broken, "latin1");
    expect(statuses(await told)).toEqual(["200", "200", "400"]);
  });
});

describe("a body without a request for it", () => {
  test.each(["/nowhere", "/v1/samples", "/healthz", "/v1/samplers"])(
    "at %s is read before it is refused",
    async (path) => {
      app = await listen();
      const socket = open(app);
      const told = all(socket);
      const body = "x".repeat(4_000_000);
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
      socket.write(LAST);
      const [first, second] = statuses(await told);
      expect(["404", "405"]).toContain(first);
      expect(second).toBe("200");
    },
  );
});

describe("an answer that the client does not read", () => {
  const LONG = Buffer.concat([
    Buffer.from(
      "POST /v1/sample/batch?shape=256,1024&dtype=f32&top_logprobs=1024&seed=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n",
    ),
    Buffer.alloc(1_048_576),
  ]);

  test("is held and counted until its connection is cut", async () => {
    app = await listen({ answer_timeout_ms: 300 });
    const { gate } = app.service.admission;
    const socket = open(app);
    socket.pause().write(LONG);
    await until(() => gate.held_bytes > 10_000_000);
    expect(app.service.admission.rows_out).toBeLessThanOrEqual(1);
    await until(() => gate.held_bytes === 0 && gate.visitors === 0);
    socket.resume();
    await once(socket, "close");
  });

  test("gives way when others want the room, and one that is read goes on", async () => {
    app = await listen({ held_bytes_max: 60_000_000 });
    const { gate } = app.service.admission;
    const idle = open(app);
    idle.pause().write(LONG);
    await until(() => gate.held_bytes > 10_000_000 && app?.service.admission.rows_out === 0);
    const others = Array.from({ length: 2 }, () => open(app as Listening));
    const texts = await Promise.all(
      others.map(async (socket) => {
        const told = all(socket);
        socket.write(LONG);
        socket.write(LAST);
        return statuses(await told);
      }),
    );
    for (const codes of texts) expect(["200", "503"]).toContain(codes[0]);
    expect(texts.some(([first]) => first === "200")).toBe(true);
  }, 30_000);
});
