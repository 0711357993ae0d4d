/** For every limit of the configuration, a request that exceeds it, and the limit's name in the error. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { LIMITS } from "../../../src/config/settings.ts";
import { type Listening, listen, until } from "../listening.ts";

let app: Listening | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app?.close();
  app = undefined;
});

const ROW = Buffer.from(Float32Array.of(1, 3, 2, 0, 1).buffer);
const HEAD = "POST /v1/sample?dtype=f32 HTTP/1.1\r\nHost: x\r\n";

async function post(path: string, body: Buffer | string, type = "application/json"): Promise<string> {
  const headers = typeof body === "string" ? { "content-type": type } : {};
  const init = { method: "POST", headers, body: typeof body === "string" ? body : new Uint8Array(body) };
  return (await fetch(`${app?.url}${path}`, init)).text();
}

const step = (options: object) => post("/v1/sample", JSON.stringify({ logits: [1, 3, 2], ...options }));
const ids = (length: number) => Array.from({ length }, (_, id) => id % 3);
const long = "x".repeat(200);
const SMOOTH = [{ stage: "smoothing", smoothing_factor: 0.2 }];

function opened(): Socket {
  const socket = connect(Number(new URL(app?.url ?? "").port), "127.0.0.1").setEncoding("utf8");
  sockets.push(socket.on("error", () => undefined));
  return socket;
}

/** Sends a text and returns everything that arrives until the server ends the connection. */
async function stalled(text: string): Promise<string> {
  const socket = opened();
  let answer = "";
  socket.on("data", (chunk: string) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}

/** A body that begins and then stops. */
async function arriving(type: string, bytes: Buffer | string, begun: () => boolean): Promise<Socket> {
  const socket = opened();
  socket.write(`${HEAD}Content-Type: ${type}\r\nContent-Length: 900000\r\n\r\n`);
  socket.write(bytes);
  await until(begun);
  return socket;
}

async function streamed(...messages: readonly (string | Buffer)[]): Promise<string> {
  const socket = new WebSocket(`${app?.url.replace("http", "ws")}/v1/stream`);
  await once(socket, "open");
  for (const message of messages) socket.send(message);
  const [answer] = await once(socket, "message");
  socket.close();
  return String(answer);
}

interface Case {
  /** the limit itself, and other limits that the request needs */
  readonly limits: Readonly<Record<string, number>>;
  /** the part of the error that names the limit */
  readonly sentence: string;
  /** exceeds the limit; returns the answer */
  readonly exceed: () => Promise<string>;
}

const CASES: Readonly<Record<string, Case>> = {
  vocab_size_max: {
    limits: { vocab_size_max: 4 },
    sentence: "at most 4 elements",
    exceed: () => post("/v1/sample?dtype=f32", ROW),
  },
  rows_max: {
    limits: { rows_max: 1, body_rate_min: 0, queue_max: 0 },
    sentence: "all 1 rows",
    async exceed() {
      await arriving("application/octet-stream", ROW, () => app?.service.admission.rows_out === 1);
      return post("/v1/sample?dtype=f32", ROW);
    },
  },
  queue_max: {
    limits: { rows_max: 1, body_rate_min: 0, queue_max: 0 },
    sentence: "all 0 places in the queue",
    async exceed() {
      await arriving("application/octet-stream", ROW, () => app?.service.admission.rows_out === 1);
      return post("/v1/sample", ROW);
    },
  },
  queue_ms: {
    limits: { rows_max: 1, body_rate_min: 0, queue_ms: 30 },
    sentence: "for 30 ms",
    async exceed() {
      await arriving("application/octet-stream", ROW, () => app?.service.admission.rows_out === 1);
      return post("/v1/sample", ROW);
    },
  },
  reply_bytes_max: {
    limits: { reply_bytes_max: 65_536 },
    sentence: "at most 65536 bytes",
    exceed: () => post("/v1/sample/batch?shape=4,1&dtype=f32&n=1000&logprobs=true", Buffer.alloc(16)),
  },
  held_bytes_max: {
    limits: { held_bytes_max: 65_536, body_rate_min: 0 },
    sentence: "all 65536 bytes for what clients send",
    exceed: () => step({ logits: ids(1000), bad_words_ids: [], history: ids(35_000) }),
  },
  batch_rows_max: {
    limits: { batch_rows_max: 2 },
    sentence: "at most 2 rows",
    exceed: () => post("/v1/sample/batch?dtype=f32&shape=3,1", Buffer.alloc(12)),
  },
  sources_max: {
    limits: { sources_max: 2 },
    sentence: "at most 2 sources (sources_max)",
    exceed: () => step({ sources: Array(3).fill({ logits: [1] }), combine: { rule: "product" } }),
  },
  analysis_rows_max: {
    limits: { analysis_rows_max: 2 },
    sentence: "at most 2 rows",
    exceed: () => post("/v1/probabilities?dtype=f32&shape=3,1", Buffer.alloc(12)),
  },
  analysis_values_max: {
    limits: { analysis_values_max: 2 },
    sentence: "at most 2 probabilities",
    exceed: () => post("/v1/probabilities", JSON.stringify({ logits: [1, 2, 3] })),
  },
  body_bytes_max: {
    limits: { body_bytes_max: 19 },
    sentence: "at most 19 bytes",
    exceed: () => post("/v1/sample?dtype=f32", ROW),
  },
  json_text_bytes_max: {
    limits: { json_text_bytes_max: 100 },
    sentence: "at most 100 bytes",
    exceed: () => step({ seed: long }),
  },
  chain_length_max: {
    limits: { chain_length_max: 1 },
    sentence: "at most 1 stages",
    exceed: () =>
      step({
        chain: [
          { stage: "top_k", top_k: 2 },
          { stage: "top_k", top_k: 1 },
        ],
      }),
  },
  history_length_max: {
    limits: { history_length_max: 2 },
    sentence: "at most 2 token",
    exceed: () => step({ history: ids(3) }),
  },
  bias_entries_max: {
    limits: { bias_entries_max: 1 },
    sentence: "at most 1 entries",
    exceed: () => step({ logit_bias: { 0: 1, 1: 1 } }),
  },
  top_logprobs_max: {
    limits: { top_logprobs_max: 1 },
    sentence: "at most 1 tokens",
    exceed: () => step({ top_logprobs: 2 }),
  },
  draws_max: {
    limits: { draws_max: 1 },
    sentence: "at most 1 draws",
    exceed: () => step({ n: 2 }),
  },
  step_work_max: {
    limits: { vocab_size_max: 65_536, step_work_max: 65_536 },
    sentence: "at most 65536 looks at tokens",
    exceed: () => step({ logits: ids(32_769), chain: [...SMOOTH, ...SMOOTH] }),
  },
  compare_work_max: {
    limits: { vocab_size_max: 65_536, compare_work_max: 65_536 },
    sentence: "at most 65536 looks at tokens",
    exceed: () =>
      post("/v1/compare", JSON.stringify({ logits: ids(20_000), compare: [{ top_k: 3 }, { top_k: 2 }] })),
  },
  detect_work_max: {
    limits: { detect_work_max: 65_536 },
    sentence: "at most 65536 looks at tokens",
    exceed: () =>
      post("/v1/watermark/detect", JSON.stringify({ scheme: "gumbel", key: "main", token_ids: ids(4000) })),
  },
  grammar_length_max: {
    limits: { grammar_length_max: 40, vocab_size_max: 8192 },
    sentence: "a grammar may have at most 40 characters",
    exceed: () => step({ vocabulary: "demo", grammar: { regex: "a".repeat(60) } }),
  },
  grammar_work_max: {
    limits: { grammar_work_max: 65_536, vocab_size_max: 8192 },
    sentence: "at most 65536 units of work",
    exceed: () =>
      step({
        vocabulary: "demo",
        grammar: { choice: Array.from({ length: 3000 }, (_, i) => `choice ${i}`) },
      }),
  },
  headers_timeout_ms: {
    limits: { headers_timeout_ms: 50 },
    sentence: "within 50 ms",
    exceed: () => stalled("GET / HTTP/1.1\r\nHost: x\r\n"),
  },
  body_timeout_ms: {
    limits: { body_timeout_ms: 50 },
    sentence: "within 50 ms",
    exceed: () => stalled(`${HEAD}Content-Length: 20\r\n\r\n1234`),
  },
  body_rate_min: {
    limits: { rows_max: 1, body_rate_min: 123_456_789 },
    sentence: "123456789 bytes a second",
    async exceed() {
      const slow = await arriving("", ROW, () => app?.service.admission.rows_out === 1);
      const answer = once(slow, "data");
      let told = false;
      void answer.then(() => {
        told = true;
      });
      // Until its minimum time is over, it keeps its row, and other requests are refused.
      while (!told) await post("/v1/sample?dtype=f32", ROW);
      return String((await answer)[0]);
    },
  },
  streams_max: {
    limits: { streams_max: 0 },
    sentence: "all 0 streams",
    exceed: () => post("/v1/stream", "{}", "application/x-ndjson"),
  },
  stream_idle_ms: {
    limits: { stream_idle_ms: 50 },
    sentence: "for 50 ms",
    exceed: () => streamed("{}"),
  },
  rate_per_second: {
    limits: { rate_per_second: 3, rate_burst: 1 },
    sentence: "3 requests a second",
    exceed: () => post("/v1/sample?dtype=f32", ROW).then(() => post("/v1/sample?dtype=f32", ROW)),
  },
  rate_burst: {
    limits: { rate_per_second: 1, rate_burst: 2 },
    sentence: "2 at once",
    exceed: () =>
      post("/v1/sample?dtype=f32", ROW)
        .then(() => post("/v1/sample?dtype=f32", ROW))
        .then(() => post("/v1/sample?dtype=f32", ROW)),
  },
};

/** Limits that no error names, because a request cannot exceed them; and their tests. */
const SILENT = [
  "logprobs_rank_max", // logprobs-cap.test.ts
  "answer_timeout_ms", // answers.test.ts: the connection ends
  "connection_answers_max", // answers.test.ts: requests wait
  "connections_max", // connections-max.test.ts
  "defect_shutdown_ms", // e2e/faults.test.ts
  "worker_silence_ms", // e2e/faults.test.ts
  "discarded_bytes_max", // connections.test.ts: the connection ends
  "keep_alive_timeout_ms", // told by Node in Keep-Alive
  "drain_ms", // e2e/processes.test.ts
  "shutdown_ms", // e2e/processes.test.ts
  "rate_clients_max", // rate.test.ts
  "proxy_hops", // rate.test.ts
  "collect_bytes",
  "grammar_bytes_max", // sampling/stages/grammar.test.ts: older ones go
  "shared_memory_regions_max", // named in shared-memory-refusals.test.ts
  "shared_memory_bytes_max", // named in shared-memory-refusals.test.ts
];

test("no limit is left out", () => {
  expect([...Object.keys(CASES), ...SILENT].sort()).toEqual(Object.keys(LIMITS.shape).sort());
});

describe("a request beyond", () => {
  test.each(Object.entries(CASES))(
    "%s is told of it by number and by name",
    async (name, { limits, sentence, exceed }) => {
      app = await listen(limits);
      const answer = await exceed();
      expect(answer).toContain(sentence);
      expect(answer).toContain(name);
    },
  );
});
