/**
 * Requests of every kind, with the expected status; data that may follow them on one connection; and streams that last
 * as long as their rows.
 */
import { encode, encodeChunked, f32, frame, jsonMessage, tensorMessage } from "../message.ts";

export interface Piece {
  readonly bytes: Buffer;
  /** of its answers, in order */
  readonly statuses: readonly number[];
}

const ROW = f32([1, 3, 2, 0.5]);
const get = (path: string) => encode({ method: "GET", path });
const one = (bytes: Buffer, status = 200): Piece => ({ bytes, statuses: [status] });
const step = { logits: [1, 3, 2], temperature: 0.8, seed: 7 };
const inference = {
  inputs: [{ name: "logits", shape: [1, 4], datatype: "FP32", data: [1, 3, 2, 0.5] }],
  parameters: { seed: 7 },
};

const rows = [{ logits: [1, 3, 2] }, { logits: [0, 1, 3] }, { logits: [2, 0, 1] }];
const draft = { draft_token_ids: [1, 2], seed: 7, history: [] };
const tail = { draft_token_ids: [], seed: 8, history: [] };
const claim = { ...step, token_id: 1, step: 0, history: [] };
const mark = { scheme: "gumbel", key: "main", token_ids: [3, 1, 4, 1, 5, 9, 2, 6], prompt_length: 2 };
const sources = [{ logits: [1, 3, 2, 0.5] }, { logits: [2, 1, 0, 0.5], temperature: 0.5 }];
const combine = { rule: "contrastive", alpha: 0.1 };
const two_rows = f32([1, 3, 2, 0.5, 2, 1, 0, 0.5]);

/** A step over the built-in vocabulary, where 91 is the opening brace. */
const spelled = {
  logits: { token_ids: [1, 40, 91], values: [1, 3, 2], vocab_size: 8192 },
  vocabulary: "demo",
  history: [91],
  prompt_length: 1,
  seed: 7,
};
/** The schema of one property, with enough states that compiling twelve of them takes more than one turn. */
const propertyOf = (index: number) => ({
  anyOf: [
    { type: "integer", minimum: -1000 - index, maximum: 123_456 },
    { type: "string", pattern: `^[a-f${index % 10}]{3,${20 + index}}$` },
  ],
});
const schema = {
  type: "object",
  properties: Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index}`, propertyOf(index)])),
};

/** Each of these leaves its connection open. */
export const REQUESTS: readonly Piece[] = [
  one(get("/healthz")),
  one(get("/openapi.json")),
  one(get("/v1/samplers")),
  one(encode(jsonMessage("/v1/sample", step))),
  one(encodeChunked(jsonMessage("/v1/sample", step), 7)),
  one(encode({ path: "/v1/sample?dtype=f32&temperature=0&seed=1", body: ROW })),
  one(encode(tensorMessage("/v1/sample", { dtype: "f32", temperature: 0.5, seed: "1" }, ROW))),
  one(encode(jsonMessage("/v1/sample/batch", { rows: [step, step] }))),
  one(encode(jsonMessage("/v1/sample/batch", { rows: [{ ...step, n: 4000 }] }))),
  one(encode(jsonMessage("/v2/models/sampler/infer", inference))),
  one(encode(jsonMessage("/v1/probabilities", { logits: [1, 3, 2] }))),
  one(encode(jsonMessage("/v1/score", { logits: [1, 3, 2], target: 1 }))),
  one(get("/v1/combinations")),
  one(get("/v1/vocabularies")),
  one(encode(jsonMessage("/v1/verify", { rows, ...draft }))),
  one(
    encode(
      tensorMessage("/v1/verify", { dtype: "f32", shape: [2, 4], draft_token_ids: [1], seed: 7 }, two_rows),
    ),
  ),
  one(
    encode(jsonMessage("/v1/verify/batch", { rows, sequences: [{ ...draft, draft_token_ids: [1] }, tail] })),
  ),
  one(encode(jsonMessage("/v1/replay", { rows: [claim, claim] }))),
  one(encode(jsonMessage("/v1/watermark/detect", mark))),
  one(encode(jsonMessage("/v1/sample", { sources, combine, seed: 7 }))),
  one(encode(tensorMessage("/v1/sample", { dtype: "f32", shape: [2, 4], combine, seed: 7 }, two_rows))),
  one(encode(jsonMessage("/v1/sample", { ...spelled, grammar: { json_schema: schema } }))),
  one(
    encode(
      jsonMessage("/v1/sample", { ...spelled, banned_strings: ["the", "a b"], stop: { strings: ["\n\n"] } }),
    ),
  ),
  one(encode(jsonMessage("/v1/sample", { ...step, temprature: 1 })), 422),
  one(encode(jsonMessage("/v1/sample", "{")), 400),
  one(encode({ path: "/v1/nowhere", body: "x".repeat(2000) }), 404),
  one(encode({ path: "/healthz", body: "x".repeat(2000) }), 405),
];

/**
 * A stream on the bare connection: the request that opens it, and messages that may be repeated any number of times.
 */
export interface StreamForm {
  readonly name: string;
  readonly opening: Buffer;
  readonly messages: Buffer;
  /** the one answer to the messages */
  readonly lines: number;
}

const offer = (method: string, path: string, lines: readonly string[]) =>
  Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: proof\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`,
  );

const STREAM = ["Connection: Upgrade", "Upgrade: logit-stream", "Content-Length: 0"];
const SOCKET = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
];
const HTTP2 = ["Connection: close, Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAA"];
/** A close frame of a client, masked with zeros. */
const CLOSE = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);

/** What ends a connection. */
export const ENDS: readonly (Piece & { readonly name: string })[] = [
  {
    name: "a last request",
    ...one(encode({ method: "GET", path: "/healthz", headers: { connection: "close" } })),
  },
  {
    name: "logit-stream",
    bytes: Buffer.concat([offer("POST", "/v1/stream", STREAM), frame({ temperature: 0 }), frame(ROW)]),
    statuses: [101],
  },
  { name: "WebSocket", bytes: Buffer.concat([offer("GET", "/v1/stream", SOCKET), CLOSE]), statuses: [101] },
  { name: "WebSocket nowhere", bytes: offer("GET", "/v1/nowhere", SOCKET), statuses: [404] },
  { name: "HTTP/2", bytes: offer("GET", "/healthz", HTTP2), statuses: [200] },
  { name: "no HTTP", bytes: Buffer.from("NONSENSE\r\n\r\n"), statuses: [400] },
  {
    name: "a body that is no HTTP",
    bytes: Buffer.from("POST /v1/sample HTTP/1.1\r\nHost: proof\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    statuses: [400],
  },
];

const streamForm = (
  name: string,
  options: object,
  messages: readonly (Uint8Array | object)[],
  lines: number,
) => ({
  name,
  opening: Buffer.concat([offer("POST", "/v1/stream", STREAM), frame({ seed: 7, ...options })]),
  messages: Buffer.concat(messages.map(frame)),
  lines,
});
const verify = { type: "verify", draft_token_ids: [1, 1] };

export const STREAMS: readonly StreamForm[] = [
  streamForm("a stream of rows", {}, [ROW, ROW], 2),
  streamForm("a stream of two rows a step", { shape: [2, 4], combine }, [two_rows, two_rows], 2),
  streamForm("a stream of drafts", {}, [verify, ROW, ROW, ROW, ROW], 2),
  streamForm(
    "a stream of drafts whose rows are kept",
    {},
    [{ ...verify, method: "block" }, ROW, ROW, ROW],
    1,
  ),
];
