/**
 * Tests that need a real connection: bodies that stall or break off, too many connections, and data that is not HTTP.
 */
import { once } from "node:events";
import { METHODS } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Listening, listen, until } from "../listening.ts";

let app: Listening | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function started(limits: Readonly<Record<string, number>> = {}): Promise<Listening> {
  app = await listen(limits);
  return app;
}

async function open({ url }: Listening): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  return socket.setEncoding("utf8");
}

/** Everything that comes until the connection ends. */
async function all(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  await once(socket, "close");
  return text;
}

/** Everything up to the end of the first reply. */
async function oneReply(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    const length = /content-length: (\d+)/i.exec(text)?.[1];
    const body = text.split("\r\n\r\n")[1];
    if (length !== undefined && body !== undefined && body.length >= Number(length)) break;
  }
  return text;
}

const HEAD = "POST /v1/sample?dtype=f32&temperature=0 HTTP/1.1\r\nHost: x\r\n";
const ROW = Buffer.from(Float32Array.of(1, 3, 2).buffer);

describe("rows", () => {
  test("a client that breaks off in its body gives its row back", async () => {
    const running = await started({ rows_max: 1 });
    const socket = await open(running);
    socket.write(`${HEAD}Content-Length: 12\r\n\r\n`);
    socket.write(ROW.subarray(0, 5));
    await until(() => running.service.admission.rows_out === 1);
    socket.resetAndDestroy();
    await until(() => running.service.admission.rows_out === 0);
    const reply = await fetch(`${running.url}/v1/sample?dtype=f32&temperature=0`, {
      method: "POST",
      body: ROW,
    });
    expect(await reply.json()).toMatchObject({ token_id: 1 });
  });

  test("a request beyond the last row and the queue is turned away at once, and may come again", async () => {
    const running = await started({ rows_max: 1, queue_max: 0, body_rate_min: 0 });
    const socket = await open(running);
    socket.write(`${HEAD}Content-Length: 12\r\n\r\n`);
    socket.write(ROW.subarray(0, 4));
    await until(() => running.service.admission.rows_out === 1);
    const refused = await fetch(`${running.url}/v1/sample?dtype=f32`, { method: "POST", body: ROW });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await refused.json()).toMatchObject({ code: "overloaded" });
    const ready = await fetch(`${running.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: "saturated" }]);
    socket.write(ROW.subarray(4));
    expect(await oneReply(socket)).toContain('"token_id":1');
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
  });

  test("bodies that drip make room for those that come, and are told why", async () => {
    const running = await started({ rows_max: 2 });
    const sockets = await Promise.all(Array.from({ length: 6 }, () => open(running)));
    for (const socket of sockets) {
      socket.write(`${HEAD}Content-Length: 12\r\n\r\n`);
      socket.write(ROW.subarray(0, 4));
    }
    await until(() => running.service.admission.rows_out === 2);
    const first = Promise.race(sockets.map(oneReply));
    const send = () =>
      fetch(`${running.url}/v1/sample?dtype=f32&temperature=0`, { method: "POST", body: ROW });
    let reply = await send();
    while (reply.status === 503) reply = await send();
    expect(await reply.json()).toMatchObject({ token_id: 1 });
    expect(await first).toMatch(/^HTTP\/1.1 408 /);
    expect(await first).toContain("a body must bring 1048576 bytes a second");
    for (const socket of sockets) socket.destroy();
    await until(() => running.service.admission.rows_out === 0);
  });

  test("a head without a body holds no row", async () => {
    const running = await started({ rows_max: 1 });
    const socket = await open(running);
    socket.write(`${HEAD}Content-Length: 12\r\n\r\n`);
    const reply = await fetch(`${running.url}/v1/sample?dtype=f32&temperature=0`, {
      method: "POST",
      body: ROW,
    });
    expect(reply.status).toBe(200);
    socket.destroy();
  });
});

describe("bodies", () => {
  test("one that stalls is ended with 408 and its row comes back", async () => {
    const running = await started({ body_timeout_ms: 60 });
    const socket = await open(running);
    socket.write(`${HEAD}Content-Length: 12\r\n\r\n`);
    socket.write(ROW.subarray(0, 4));
    const text = await all(socket);
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    expect(text).toContain("must arrive within 60 ms (body_timeout_ms), got 4 bytes");
    expect(running.service.admission.rows_out).toBe(0);
  });

  test("one that is refused early is read to its end, and the connection lives on", async () => {
    const socket = await open(await started());
    const bad = '{"logits":[null,';
    socket.write(
      `POST /v1/sample HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n${bad}`,
    );
    socket.write("1,".repeat(4492));
    const first = await new Promise<string>((resolve) => socket.once("data", resolve));
    expect(first).toMatch(/^HTTP\/1.1 422 /);
    expect(first).not.toMatch(/connection: close/i);
    socket.write(`${HEAD}Content-Length: 12\r\n\r\n`);
    socket.write(ROW);
    expect(await oneReply(socket)).toContain('"token_id":1');
  });

  test("one far beyond the limit is refused by its Content-Length alone", async () => {
    const socket = await open(await started({ body_bytes_max: 100, discarded_bytes_max: 100 }));
    socket.write(`${HEAD}Content-Length: 99999999\r\n\r\n`);
    const text = await all(socket);
    expect(text).toMatch(/^HTTP\/1.1 413 /);
    expect(text).toMatch(/connection: close/i);
  });

  test("one in chunks without a length is counted", async () => {
    const socket = await open(await started({ body_bytes_max: 100, discarded_bytes_max: 100 }));
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 5; i++) socket.write(`40\r\n${"A".repeat(64)}\r\n`);
    expect(await all(socket)).toMatch(/^HTTP\/1.1 413 /);
  });

  test("a row that comes byte by byte gives the reply of one that comes whole", async () => {
    const socket = await open(await started());
    socket.setNoDelay(true).write(`${HEAD}Content-Length: 12\r\n\r\n`);
    for (const byte of ROW) socket.write(Buffer.of(byte));
    expect(await oneReply(socket)).toContain('"token_id":1');
  });
});

describe("what is not HTTP", () => {
  test.each([
    ["words", "hello there\r\n\r\n", 400, "malformed_request"],
    ["a broken header", "GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "malformed_request"],
    ["two lengths", `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400, "malformed_request"],
    [
      "a length and chunks",
      `${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
      "malformed_request",
    ],
    ["a broken path", "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, "malformed_request"],
    [
      "a huge head",
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
  ])("%s is answered with a problem", async (_name, text, status, code) => {
    const socket = await open(await started());
    const answer = all(socket);
    socket.write(text);
    const [head = "", body = ""] = (await answer).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/content-type: application\/problem\+json/i);
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });
});

/**
 * Fastify requires a Content-Type for QUERY, also where nothing can be queried. Older versions of Node do not know the
 * method.
 */
const QUERIES: [string, number][] = METHODS.includes("QUERY")
  ? [
      ["QUERY /healthz", 405],
      ["QUERY /v1/sample", 405],
      ["QUERY /nowhere", 404],
    ]
  : [];

describe("a refusal of a request without a body", () => {
  test.each([["GET /v1/sample", 405], ["GET /nowhere", 404], ["GET /v1/stream", 426], ...QUERIES])(
    "%s is %i, and the connection lives on",
    async (line, status) => {
      const socket = await open(await started());
      socket.write(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`);
      const reply = await oneReply(socket);
      expect(reply).toContain(`HTTP/1.1 ${status}`);
      expect(reply).toContain("Connection: keep-alive");
      socket.destroy();
    },
  );
});
