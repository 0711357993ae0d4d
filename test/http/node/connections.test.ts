/** Bodies that are read in place: for every division into pieces, and with any data before and after them. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Listening, listen, until } from "../listening.ts";

let app: Listening;
beforeEach(async () => {
  app = await listen({ vocab_size_max: 131_072, rows_max: 4 });
});
afterEach(() => app.close());

async function open(): Promise<Socket> {
  const socket = connect({ port: Number(new URL(app.url).port), host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket.setEncoding("utf8");
}

/** The ids of this number of tokens, as they arrive on a connection. */
async function tokens(socket: Socket, count: number): Promise<number[]> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    const ids = [...text.matchAll(/"token_id":(\d+)[^}]*}/g)].map(([, id]) => Number(id));
    if (ids.length === count) return ids;
  }
  throw new Error(`the connection ended after ${text}`);
}

/** A row whose largest logit is that of one token, little-endian f32. */
function row(length: number, token_id: number): Buffer {
  const values = new Float32Array(length).map((_, id) => -1 - (id % 7));
  values[token_id] = 1;
  return Buffer.from(values.buffer);
}

function head(body: Uint8Array, lines = ""): Buffer {
  return Buffer.from(
    `POST /v1/sample?dtype=f32&temperature=0 HTTP/1.1\r\nHost: x\r\n${lines}Content-Length: ${body.length}\r\n\r\n`,
  );
}

function request(length: number, token_id: number): Buffer {
  const body = row(length, token_id);
  return Buffer.concat([head(body), body]);
}

/** Writes bytes and lets the server read them before anything else is sent. */
async function writeAlone(socket: Socket, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => socket.write(bytes, () => setImmediate(resolve)));
}

test.each([1, 3, 127, 8000, 8192, 131_072])("a body in pieces of %i bytes", async (size) => {
  const socket = await open();
  const length = Math.min(131_072, size * 10);
  const bytes = request(length, length - 1);
  for (let at = 0; at < bytes.length; at += size) await writeAlone(socket, bytes.subarray(at, at + size));
  expect(await tokens(socket, 1)).toEqual([length - 1]);
  socket.destroy();
});

test("requests one behind the other in one write", async () => {
  const socket = await open();
  const healthz = Buffer.from("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  const sizes = [5, 131_072, 2000, 40_000, 1, 70_001];
  socket.write(Buffer.concat(sizes.flatMap((size) => [request(size, size >> 1), healthz])));
  expect(await tokens(socket, sizes.length)).toEqual(sizes.map((size) => size >> 1));
  socket.destroy();
});

test("a client that sends a thousand requests before it reads the first answer", async () => {
  const socket = await open();
  const body = row(2000, 1);
  const line = "POST /v1/sample?dtype=f32&kept_token_ids=true&seed=1 HTTP/1.1\r\nHost: x\r\n";
  const one = (more: string) =>
    Buffer.concat([Buffer.from(`${line}${more}Content-Length: ${body.length}\r\n\r\n`), body]);
  const requests = Array.from({ length: 999 }, () => one(""));
  // Answers of up to 9 kB that the client does not read: after some of them the server stops reading.
  socket.write(Buffer.concat([...requests, one("Connection: close\r\n")]));
  await until(() => app.service.admission.gate.held_bytes > 0);
  let text = "";
  for await (const chunk of socket) text += chunk;
  expect(text.match(/HTTP\/1.1 \d+/g)?.length).toBe(1000);
});

test("bodies of many connections, piece by piece in turn", async () => {
  const sockets = await Promise.all([0, 1, 2, 3].map(open));
  const bytes = sockets.map((_, index) => request(100_000, 1000 * index));
  for (let at = 0; at < 401_000; at += 50_000)
    for (const [index, socket] of sockets.entries())
      await writeAlone(socket, (bytes[index] as Buffer).subarray(at, at + 50_000));
  for (const [index, socket] of sockets.entries()) expect(await tokens(socket, 1)).toEqual([1000 * index]);
  for (const socket of sockets) socket.destroy();
});

test("a body in chunks of HTTP, and others before and after it", async () => {
  const socket = await open();
  const body = row(60_000, 59_999);
  const line =
    "POST /v1/sample?dtype=f32&temperature=0 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const chunks = [body.subarray(0, 100_000), body.subarray(100_000)].flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from("\r\n"),
  ]);
  const chunked = Buffer.concat([Buffer.from(line), ...chunks, Buffer.from("0\r\n\r\n")]);
  socket.write(Buffer.concat([request(50_000, 3), chunked, request(50_000, 4)]));
  expect(await tokens(socket, 3)).toEqual([3, 59_999, 4]);
  socket.destroy();
});

test("a body that is refused is read to its end, and the next one is taken", async () => {
  const socket = await open();
  const bad = row(100_000, 0);
  const lines = "Content-Encoding: gzip\r\n";
  socket.write(Buffer.concat([head(bad, lines), bad, request(100_000, 7)]));
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes("token_id")) break;
  }
  expect(text.match(/HTTP\/1.1 \d+|"token_id":\d+/g)).toEqual([
    "HTTP/1.1 415",
    "HTTP/1.1 200",
    '"token_id":7',
  ]);
});

test("a change of protocol on a connection that was sampled on", async () => {
  const socket = await open();
  socket.write(request(50_000, 9));
  expect(await tokens(socket, 1)).toEqual([9]);
  const stream = "Host: x\r\nConnection: Upgrade\r\nUpgrade: logit-stream\r\nContent-Length: 0\r\n\r\n";
  const options = Buffer.from('{"temperature":0}');
  const bytes = row(50_000, 8);
  const prefix = (length: number) => {
    const frame = Buffer.alloc(4);
    frame.writeUInt32LE(length);
    return frame;
  };
  socket.write(`POST /v1/stream HTTP/1.1\r\n${stream}`);
  socket.write(Buffer.concat([prefix(options.length), options, prefix(bytes.length), bytes]));
  expect(await tokens(socket, 1)).toEqual([8]);
  socket.destroy();
});

test("a WebSocket whose first message comes with its head", async () => {
  const socket = await open();
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  const upgrade = `GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`;
  // Masked with zeros, which change no byte (RFC 6455, 5.3).
  const text = (message: string) =>
    Buffer.concat([Buffer.from([0x81, 0x80 | message.length, 0, 0, 0, 0]), Buffer.from(message)]);
  socket.write(Buffer.concat([Buffer.from(upgrade), text('{"temperature":0}'), text('{"logits":[1,3,2]}')]));
  expect(await tokens(socket, 1)).toEqual([1]);
  await writeAlone(socket, text('{"logits":[1,2,3]}'));
  expect(await tokens(socket, 1)).toEqual([2]);
  socket.destroy();
});
