/** Streams on the bare connection: the same lines as over HTTP, and no extra byte. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Ticket } from "../../../src/http/admission/ticket.ts";
import { randomRow } from "../../sampling/sample.ts";
import { type Line, openDuplex, rowFrame, textFrame } from "../duplex.ts";
import { type Listening, listen, until } from "../listening.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen({ rows_max: 1 });
});
afterAll(() => app.close());

const OFFER = { connection: "Upgrade", upgrade: "logit-stream" };
const OPTIONS = { temperature: 0.9, top_p: 0.95, top_logprobs: 2, seed: "7" };
const ROWS = Array.from({ length: 6 }, (_, seed) => randomRow(3000, seed + 1, true));

async function open(url: string, headers: Readonly<Record<string, string>> = {}) {
  const outgoing = request(new URL("/v1/stream", url), {
    method: "POST",
    headers: { ...OFFER, "content-length": "0", ...headers },
  });
  outgoing.flushHeaders();
  outgoing.end();
  const [response, socket] = (await once(outgoing, "upgrade")) as [IncomingMessage, Socket, Buffer];
  socket.setNoDelay(true);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const text = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : (value as string);
  };
  const line = async () => JSON.parse((await text()) ?? "null") as Line | null;
  return { response, socket, text, line };
}

async function overHttp(): Promise<string[]> {
  const stream = openDuplex(app.url);
  stream.write(Buffer.concat([textFrame(OPTIONS), ...ROWS.map((row) => rowFrame(row))]));
  const texts: string[] = [];
  for (let i = 0; i < ROWS.length; i++) texts.push((await stream.text()) ?? "");
  await stream.rest();
  return texts;
}

describe("a stream on the bare connection", () => {
  test("answers as over HTTP, row by row", async () => {
    const { response, socket, text } = await open(app.url, { "x-request-id": "mine" });
    expect(response.statusCode).toBe(101);
    expect(response.headers).toMatchObject({ upgrade: "logit-stream", "x-request-id": "mine" });
    socket.write(textFrame(OPTIONS));
    const texts: (string | undefined)[] = [];
    for (const row of ROWS) {
      socket.write(rowFrame(row));
      texts.push(await text());
    }
    expect(texts).toEqual(await overHttp());
    socket.end();
    expect(await text()).toBeUndefined();
  });

  test("answers as over HTTP, all frames at once and in pieces that fit nothing", async () => {
    const bytes = Buffer.concat([textFrame(OPTIONS), ...ROWS.map((row) => rowFrame(row))]);
    const expected = await overHttp();
    for (const size of [bytes.length, 4099]) {
      const { socket, text } = await open(app.url);
      for (let from = 0; from < bytes.length; from += size) {
        socket.write(bytes.subarray(from, from + size));
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      const texts: (string | undefined)[] = [];
      for (let i = 0; i < ROWS.length; i++) texts.push(await text());
      expect(texts).toEqual(expected);
      socket.end();
      expect(await text()).toBeUndefined();
    }
  });

  test("rows whose bytes have to wait for a turn stay as they came", async () => {
    const passes = () => new Promise<void>((resolve) => setImmediate(resolve));
    const answers = async (in_turn: boolean) => {
      const { socket, text } = await open(app.url);
      socket.write(textFrame(OPTIONS));
      const texts: (string | undefined)[] = [];
      for (const row of ROWS) {
        const bytes = rowFrame(row);
        for (let from = 0; from < bytes.length; from += 1999) {
          socket.write(bytes.subarray(from, from + 1999));
          for (let i = 0; i < 8; i++) await passes();
        }
        if (in_turn) texts.push(await text());
      }
      while (texts.length < ROWS.length) texts.push(await text());
      socket.destroy();
      return texts;
    };
    const expected = await answers(true);
    const { compute } = Ticket.prototype;
    const waits = vi.spyOn(Ticket.prototype, "compute").mockImplementation(function (this: Ticket, job) {
      setImmediate(() => compute.call(this, job));
    });
    try {
      expect(await answers(true)).toEqual(expected);
      // The options wait for a turn, and so does the end of each row. stream-loop.test.ts holds that no other part waits.
      expect(waits.mock.calls.length).toBeGreaterThanOrEqual(1 + ROWS.length);
      // The next row arrives while the end of the one before waits.
      expect(await answers(false)).toEqual(expected);
    } finally {
      waits.mockRestore();
    }
  });

  test("takes half floats, and lines", async () => {
    const halves = await open(app.url);
    halves.socket.write(textFrame({ dtype: "bf16", temperature: 0 }));
    halves.socket.write(rowFrame(new Uint8Array(new Uint16Array([0x3f80, 0x4040, 0x4000]).buffer)));
    expect(await halves.line()).toMatchObject({ token_id: 1 });
    halves.socket.end();
    const lines = await open(app.url, { "content-type": "application/x-ndjson" });
    lines.socket.write('{"temperature": 0}\n{"logits": [1, 2, 4]}\n');
    expect(await lines.line()).toMatchObject({ token_id: 2 });
    lines.socket.end();
    expect(await lines.text()).toBeUndefined();
  });

  test("answers a row that is refused, and goes on", async () => {
    const { socket, line } = await open(app.url);
    socket.write(Buffer.concat([textFrame({ temperature: 0 }), rowFrame([1, Number.NaN]), rowFrame([1, 2])]));
    expect(await line()).toMatchObject({ code: "nan_logit" });
    expect(await line()).toMatchObject({ token_id: 1, step: 0 });
    socket.destroy();
  });

  test("ends with the problem of what cannot be, before and behind the options", async () => {
    for (const bytes of [textFrame({ top: 1 }), Buffer.concat([textFrame({}), textFrame({ type: "no" })])]) {
      const { socket, line, text } = await open(app.url);
      socket.write(bytes);
      expect(await line()).toMatchObject({ status: 422 });
      expect(await text()).toBeUndefined();
      socket.destroy();
    }
  });

  test("gives its row back when it is cut, and its place among the requests under way", async () => {
    const { socket } = await open(app.url);
    socket.write(Buffer.concat([textFrame({}), rowFrame(ROWS[0]!).subarray(0, 5000)]));
    await until(() => app.service.admission.rows_out === 1);
    socket.destroy();
    await until(() => app.service.admission.rows_out === 0 && app.service.counters.in_flight === 0);
    expect(app.service.streams.size).toBe(0);
  });

  test("writes into no row that is not its own any more", async () => {
    const slow = await listen({ rows_max: 1, body_timeout_ms: 50 });
    const late = await open(slow.url);
    const frame = rowFrame(ROWS[0]!);
    late.socket.write(Buffer.concat([textFrame({}), frame.subarray(0, 8000)]));
    expect(await late.line()).toMatchObject({ code: "body_timeout" });
    const row = slow.sampler.leaseRow();
    row?.begin("f32");
    row?.append(new Uint8Array(12_000));
    late.socket.write(frame.subarray(8000));
    const other = await open(slow.url);
    other.socket.write(textFrame({}));
    other.socket.end();
    expect(await other.text()).toBeUndefined();
    expect(row?.values.subarray(0, 3000).every((value) => value === 0)).toBe(true);
    late.socket.destroy();
    await slow.close();
  });

  test("ends when the server does", async () => {
    const ending = await listen();
    const { socket, line, text } = await open(ending.url);
    socket.write(Buffer.concat([textFrame({ temperature: 0 }), rowFrame([1, 2])]));
    expect(await line()).toMatchObject({ token_id: 1 });
    const closed = ending.close();
    expect(await line()).toMatchObject({ code: "shutting_down" });
    expect(await text()).toBeUndefined();
    socket.destroy();
    await closed;
  });
});

describe("what is no such stream", () => {
  const post = (url: string, headers: Readonly<Record<string, string>>, body = "") =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(url, { method: "POST", headers });
      outgoing
        .on("response", resolve)
        .on("upgrade", () => reject(new Error("upgraded")))
        .on("error", reject);
      outgoing.end(body);
    });

  test("a request with a body is answered as one", async () => {
    const headers = { ...OFFER, "content-type": "application/x-ndjson" };
    const response = await post(`${app.url}/v1/stream`, headers, '{"temperature": 0}\n{"logits": [1, 2]}\n');
    expect(response.statusCode).toBe(200);
    expect(Buffer.concat(await response.toArray()).toString()).toMatch(/^{"token_id":1,/);
  });

  test("what is refused by its head is refused over HTTP", async () => {
    const refused = await post(`${app.url}/v1/stream?seed=1`, { ...OFFER, "content-length": "0" });
    expect(refused.statusCode).toBe(422);
    const typed = await post(`${app.url}/v1/stream`, {
      ...OFFER,
      "content-type": "text/csv",
      "content-length": "0",
    });
    expect(typed.statusCode).toBe(415);
  });

  test("other routes do not change their protocol", async () => {
    const response = await post(`${app.url}/v1/sample`, { ...OFFER, "content-length": "0" });
    expect(response.statusCode).toBe(400);
  });
});
