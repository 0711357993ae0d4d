/**
 * Fast paths of the service: each is used where it applies, and bytes that are read in place are never visible
 * elsewhere.
 */

import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createCollector } from "../../src/http/node/collect.ts";
import { openDuplex, rowFrame, textFrame } from "./duplex.ts";
import { type Listening, listen, until } from "./listening.ts";
import { f32, inferRequest } from "./routes/v2/v2.ts";

const VOCAB_SIZE = 100_000;

let app: Listening;
/** the chunks that Node's parser handed out */
let pushed: Uint8Array[];

beforeEach(async () => {
  app = await listen({ vocab_size_max: VOCAB_SIZE });
  pushed = [];
  const { push } = IncomingMessage.prototype;
  vi.spyOn(IncomingMessage.prototype, "push").mockImplementation(function (this: IncomingMessage, chunk) {
    if (chunk !== null) pushed.push(chunk as Uint8Array);
    return push.call(this, chunk);
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

async function open(): Promise<Socket> {
  const socket = connect({ port: Number(new URL(app.url).port), host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** The received text, once it contains these words. */
async function textWith(socket: Socket, words: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (words.test(text)) return text;
  }
  throw new Error(`the connection ended after ${text}`);
}

function row(token_id: number, length = VOCAB_SIZE): Buffer {
  const values = new Float32Array(length).fill(-1);
  values[token_id] = 1;
  return Buffer.from(values.buffer);
}

const LINE = "POST /v1/sample?dtype=f32&temperature=0 HTTP/1.1\r\nHost: x\r\n";

async function sent(...bytes: (string | Uint8Array)[]): Promise<void> {
  const socket = await open();
  socket.write(Buffer.concat(bytes.map((each) => Buffer.from(each))));
  expect(await textWith(socket, /"token_id":\d+.*\}/)).toContain('"token_id":7');
  socket.destroy();
}

/**
 * Sends a request until the parser copies none of its body. A first request may take so long that the service gives
 * other clients a turn before it takes the body; the parser copies what arrives meanwhile.
 */
async function inPlaceOnce(send: () => Promise<void>): Promise<void> {
  const copied: number[] = [];
  for (let i = 0; i < 20 && copied.at(-1) !== 0; i++) {
    pushed = [];
    await send();
    copied.push(pushed.length);
  }
  expect(copied.at(-1), `copied pieces of ${copied.length} requests: ${copied}`).toBe(0);
}

/** One body in an HTTP chunk, which the parser must unwrap. */
function inChunk(body: Uint8Array): (string | Uint8Array)[] {
  return [
    LINE,
    "Transfer-Encoding: chunked\r\n\r\n",
    `${body.length.toString(16)}\r\n`,
    body,
    "\r\n0\r\n\r\n",
  ];
}

describe("a body", () => {
  test("of a known length is read in place: the parser copies none of it", async () => {
    const body = row(7);
    await sent(LINE, `Content-Length: ${body.length}\r\n\r\n`, body);
    expect(pushed).toEqual([]);
  });

  const RULE = { rule: "transformers", num_beams: 1, max_tokens: 8 };
  test.each([
    ["verify", "/v1/verify", { shape: [1, VOCAB_SIZE], draft_token_ids: [], temperature: 0 }],
    ["beam", "/v1/beam", { shape: [1, VOCAB_SIZE], beam: RULE, seed: 1 }],
  ])(
    "of POST /v1/%s that comes with its head is read in place from its first byte",
    async (_, path, said) => {
      const head = JSON.stringify({ dtype: "f32", ...said });
      const bytes = Buffer.concat([Buffer.from(head), row(7)]);
      const fields = `Host: x\r\nInference-Header-Content-Length: ${head.length}\r\nContent-Length: ${bytes.length}`;
      const type = "Content-Type: application/octet-stream";
      await inPlaceOnce(() => sent(`POST ${path} HTTP/1.1\r\n${type}\r\n${fields}\r\n\r\n`, bytes));
    },
  );

  test("of POST /v2 that comes with its head is read in place from its first byte", async () => {
    const tensor = { name: "logits", shape: [1, VOCAB_SIZE], datatype: "FP32", bytes: row(7) };
    const options = { parameters: { temperature: 0 }, outputs: { token_id: false } } as const;
    await inPlaceOnce(async () => {
      const socket = await open();
      socket.write(inferRequest([tensor], options));
      expect(await textWith(socket, /"data":\[\d+\]/)).toContain('"data":[7]');
      socket.destroy();
    });
  });

  test("of a batch is read in place, too, and what was not taken at once is copied", async () => {
    const url = "/v1/sample/batch?dtype=f32&shape=3,100000&temperature=0";
    const body = Buffer.concat([row(7), row(8), row(9)]);
    const headers = { "content-type": "application/octet-stream" };
    const reply = await fetch(`${app.url}${url}`, { method: "POST", body, headers });
    expect((await reply.text()).match(/"token_id":\d/g)).toEqual([7, 8, 9].map((id) => `"token_id":${id}`));
    expect(pushed.length).toBeLessThan(3);
  });

  test("in chunks of HTTP is copied by the parser, and every copy is freed when it was taken", async () => {
    await sent(...inChunk(row(7)));
    const whole = pushed.filter(({ length }) => length === 0);
    expect(whole.length).toBeGreaterThanOrEqual(4);
    // The remaining chunk is short, or part of a larger buffer.
    for (const { length, buffer } of pushed)
      if (length > 0) expect(length < 8192 || buffer.byteLength > length).toBe(true);
  });
});

describe("the scratch that all connections read into", () => {
  /** The parser offers its buffer without a copy; the reader must copy, because the next read overwrites it. */
  test("reaches no other route but as a copy", async () => {
    const body = Buffer.from(
      JSON.stringify({ logits: Array.from({ length: 9000 }, (_, id) => id % 7), temperature: 0 }),
    );
    const socket = await open();
    socket.write(`POST /v1/compare HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    const half = body.length >> 1;
    await new Promise<void>((resolve) => socket.write(body.subarray(0, half), () => setTimeout(resolve, 20)));
    const before = pushed.map((chunk) => Buffer.from(chunk).toString("latin1"));
    const kept = [...pushed];
    await sent(LINE, `Content-Length: ${4 * VOCAB_SIZE}\r\n\r\n`, row(7));
    expect(before.join("").length).toBeGreaterThan(0);
    for (const [index, chunk] of kept.entries())
      if (chunk.length > 0) expect(Buffer.from(chunk).toString("latin1")).toBe(before[index]);
    socket.destroy();
  });

  test("interleaved gzip bodies of /v2 on two connections stay apart", async () => {
    const requests = [3, 90_000].map((token_id) => {
      // Noise that gzip hardly compresses.
      const values = Float32Array.from(
        { length: VOCAB_SIZE },
        (_, id) => -1 - ((id * 7919) % 10_007) / 10_007,
      );
      values[token_id] = 1;
      const tensor = { name: "logits", shape: [1, VOCAB_SIZE], datatype: "FP32", bytes: f32(...values) };
      const options = {
        parameters: { temperature: 0 },
        outputs: { token_id: false },
        compression: "gzip",
      } as const;
      return inferRequest([tensor], options);
    });
    const sockets = await Promise.all([open(), open()]);
    const size = 5000;
    const longest = Math.max(...requests.map(({ length }) => length));
    expect(longest).toBeGreaterThan(4 * size);
    for (let at = 0; at < longest; at += size)
      for (const [index, socket] of sockets.entries()) {
        const piece = (requests[index] as Buffer).subarray(at, at + size);
        await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
      }
    const texts = await Promise.all(sockets.map((socket) => textWith(socket, /"data":\[\d+\]/)));
    expect(texts.map((text) => /"data":\[(\d+)\]/.exec(text)?.[1])).toEqual(["3", "90000"]);
    for (const socket of sockets) socket.destroy();
  });
});

describe("memory of chunks", () => {
  test("a stream frees each chunk that it took, and counts none of it", async () => {
    const free = vi.spyOn(app.service.collector, "free");
    const count = vi.spyOn(app.service.collector, "count");
    const stream = openDuplex(app.url);
    const rows = Array.from({ length: 5 }, () => rowFrame(new Float32Array(VOCAB_SIZE)));
    stream.write(Buffer.concat([textFrame({ seed: "7", temperature: 0 }), ...rows]));
    expect((await stream.rest()).length).toBe(5);
    expect(free).toHaveBeenCalled();
    // A freed chunk has length 0.
    expect(count.mock.calls.filter(([bytes]) => bytes === 0).length).toBeGreaterThan(0);
  });

  test("a message over WebSocket is freed when its row was taken", async () => {
    const free = vi.spyOn(app.service.collector, "free");
    const socket = await app.server.injectWS("/v1/stream");
    let answers = 0;
    socket.on("message", () => (answers += 1));
    socket.send('{"seed": 1, "temperature": 0}');
    // A row that must wait for its turn is read again later, so its chunk is left to the garbage collector.
    for (let sent = 1; sent <= 20; sent++) {
      socket.send(row(7));
      await until(() => answers === sent);
    }
    socket.terminate();
    expect(free).toHaveBeenCalled();
  });

  test.each([
    ["below the least", 8191, 8191, 8191],
    ["at the least", 8192, 8192, 0],
    ["above it", 65_536, 65_536, 0],
    ["a part of something larger", 8192, 8193, 8192],
  ])("%s: of a chunk of %i bytes in %i are left %i", (_name, length, around, left) => {
    const chunk = new Uint8Array(new ArrayBuffer(around), 0, length);
    createCollector(1).free(chunk);
    expect(chunk.length).toBe(left);
  });

  test("young garbage is collected after so many bytes, and counted anew", async () => {
    let forced = 0;
    const watch = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries() as unknown as { detail: unknown }[]) {
        const { kind, flags } = detail as { kind: number; flags: number }; // what Node documents of gc entries
        if (
          kind === constants.NODE_PERFORMANCE_GC_MINOR &&
          flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED
        )
          forced += 1;
      }
    });
    watch.observe({ entryTypes: ["gc"] });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
    /**
     * Node reports collections a moment later: the test waits for the expected ones, and equally long for unexpected
     * ones.
     */
    const collections = async (expected: number, ...bytes: number[]) => {
      forced = 0;
      const { count } = createCollector(1000);
      for (const each of bytes) count(each);
      for (let pauses = 0; pauses < 200 && forced < expected; pauses++) await pause();
      await pause();
      return forced;
    };
    expect(await collections(0, 999)).toBe(0);
    expect(await collections(1, 1000)).toBe(1);
    expect(await collections(1, 500, 500, 999)).toBe(1);
    expect(await collections(2, 500, 500, 1000)).toBe(2);
    watch.disconnect();
  });
});

/** Counts how often a plan is computed; a plan may be cached only at its second use. */
describe("what was said of steps before", () => {
  interface Remembering {
    of(text: string, make: (text: string) => unknown): unknown;
  }
  function madeBy(texts: Remembering): () => number {
    const { of } = texts;
    let made = 0;
    vi.spyOn(texts, "of").mockImplementation((text, make) =>
      of.call(texts, text, (each) => {
        made += 1;
        return make(each);
      }),
    );
    return () => made;
  }

  const ROW = f32(1, 3, 2);
  const url = (path: string) => `${app.url}${path}`;
  const post = (path: string, body: string | Uint8Array, headers: Record<string, string>) =>
    fetch(url(path), { method: "POST", body, headers });
  const behind = (head: string) => ({
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(head.length),
  });
  const FORMS = {
    query: (seed: number) =>
      post(`/v1/sample?dtype=f32&top_k=2&seed=${seed}`, ROW, { "content-type": "application/octet-stream" }),
    body: (seed: number) =>
      post("/v1/sample", `{"logits":[1,3,2],"top_k":2,"seed":${seed}}`, {
        "content-type": "application/json",
      }),
    header: (seed: number) => {
      const head = `{"dtype":"f32","top_k":2,"seed":${seed}}`;
      return post("/v1/sample", Buffer.concat([Buffer.from(head), ROW]), behind(head));
    },
    inference: (seed: number) => {
      const input = `{"name":"logits","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}`;
      const head = `{"inputs":[${input}],"parameters":{"top_k":2,"seed":${seed}}}`;
      return post("/v2/models/sampler/infer", Buffer.concat([Buffer.from(head), ROW]), behind(head));
    },
  };

  test.each(["query", "body", "header", "inference"] as const)(
    "by %s is read no more from the third step on",
    async (form) => {
      const texts = app.service.remembered[form] as Remembering; // each has an `of` like it
      const made = madeBy(texts);
      const answers = async (seeds: readonly number[]) => {
        for (const seed of seeds) expect((await FORMS[form](seed)).status).toBe(200);
      };
      await answers([1, 2]);
      const learnt = made();
      expect(learnt).toBeGreaterThan(0);
      await answers([3, 4, 5]);
      expect(made()).toBe(learnt);
    },
  );
});
