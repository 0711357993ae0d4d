/** Requests of every form, and the status each is answered with; and what may stand behind them on one connection. */
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
const inference = { inputs: [{ name: "logits", shape: [1, 4], datatype: "FP32", data: [1, 3, 2, 0.5] }] };

/** Every one leaves its connection open. */
export const REQUESTS: readonly Piece[] = [
  one(get("/healthz")),
  one(get("/openapi.json")),
  one(get("/v1/samplers")),
  one(encode(jsonMessage("/v1/sample", step))),
  one(encodeChunked(jsonMessage("/v1/sample", step), 7)),
  one(encode({ path: "/v1/sample?dtype=f32&temperature=0", body: ROW })),
  one(encode(tensorMessage("/v1/sample", { dtype: "f32", temperature: 0.5, seed: "1" }, ROW))),
  one(encode(jsonMessage("/v1/sample/batch", { rows: [step, step] }))),
  one(encode(jsonMessage("/v1/sample/batch", { rows: [{ ...step, n: 4000 }] }))),
  one(encode(jsonMessage("/v2/models/sampler/infer", inference))),
  one(encode(jsonMessage("/v1/probabilities", { logits: [1, 3, 2] }))),
  one(encode(jsonMessage("/v1/score", { logits: [1, 3, 2], target: 1 }))),
  one(encode(jsonMessage("/v1/sample", { ...step, temprature: 1 })), 422),
  one(encode(jsonMessage("/v1/sample", "{")), 400),
  one(encode({ path: "/v1/nowhere", body: "x".repeat(2000) }), 404),
  one(encode({ path: "/healthz", body: "x".repeat(2000) }), 405),
];

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
