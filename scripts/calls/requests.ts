/** The requests whose calls are counted, over raw connections: the client runs in the service's own process, and is not counted. */
import { connect, type Socket } from "node:net";
import { f32Bytes, randomRow } from "../../evidence/rows.ts";

const LARGE = 128_256;
const SMALL = 32_000;
const OPTIONS = { temperature: 0.8, top_k: 40, top_p: 0.95, seed: "7" };
const QUERY = "temperature=0.8&top_k=40&top_p=0.95&seed=7";
const TEXT_BIT = 0x8000_0000;
/** Longer than the turn of the event loop in which sent bytes are read. */
const QUIET_MS = 30;

/** A connection, and the request that is repeated on it. */
export interface Counting {
  readonly name: string;
  readonly open: (port: number) => Promise<Conversation>;
}

export interface Conversation {
  /** uncounted work before each request */
  prepare?(): Promise<void>;
  /** what is */
  ask(): Promise<void>;
  /** what follows it */
  finish?(): Promise<void>;
  close(): void;
}

export const REQUESTS: readonly Counting[] = [
  posted(
    `POST /v1/sample, f32 ${LARGE}, options in the query string`,
    `/v1/sample?dtype=f32&${QUERY}`,
    binary(),
    row(LARGE),
  ),
  posted(`JSON, ${SMALL} numbers`, "/v1/sample", { "content-type": "application/json" }, json()),
  posted(`batch of 4 × ${SMALL}`, "/v1/sample/batch", ...batch()),
  posted(`/v2 infer, ${LARGE}`, "/v2/models/sampler/infer", ...inference()),
  { name: "one frame on `Upgrade: logit-stream`", open: openFrames },
  { name: "a further chunk of a body", open: openChunks },
];

function row(vocab_size: number): Buffer {
  return f32Bytes(randomRow(vocab_size, 1));
}

function binary(): Record<string, string> {
  return { "content-type": "application/octet-stream" };
}

function json(): Buffer {
  return Buffer.from(JSON.stringify({ ...OPTIONS, logits: Array.from(randomRow(SMALL, 1)) }));
}

function batch(): [Record<string, string>, Buffer] {
  return behind({ dtype: "f32", shape: [4, SMALL], ...OPTIONS }, row(4 * SMALL));
}

function inference(): [Record<string, string>, Buffer] {
  const tensor = row(LARGE);
  const parameters = { binary_data_size: tensor.length };
  const inputs = [{ name: "logits", shape: [1, LARGE], datatype: "FP32", parameters }];
  return behind({ inputs, parameters: { binary_data_output: true, ...OPTIONS } }, tensor);
}

function behind(header: object, tensor: Buffer): [Record<string, string>, Buffer] {
  const head = Buffer.from(JSON.stringify(header));
  const headers = { ...binary(), "inference-header-content-length": String(head.length) };
  return [headers, Buffer.concat([head, tensor])];
}

function posted(name: string, path: string, headers: Record<string, string>, body: Buffer): Counting {
  const open = async (port: number): Promise<Conversation> => {
    const socket = await connected(port);
    const head = headOf(path, headers, body.length);
    const ask = async () => {
      socket.write(Buffer.concat([head, body]));
      await answered(socket, /\r\n\r\n/);
    };
    return { ask, close: () => void socket.destroy() };
  };
  return { name, open };
}

function headOf(path: string, headers: Record<string, string>, bytes: number): Buffer {
  const all = { host: "127.0.0.1", ...headers, "content-length": String(bytes) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

async function openFrames(port: number): Promise<Conversation> {
  const socket = await connected(port);
  socket.write(
    "POST /v1/stream HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: logit-stream\r\n\r\n",
  );
  await answered(socket, /\r\n\r\n/);
  socket.write(frame(Buffer.from(JSON.stringify({ dtype: "f32", ...OPTIONS })), TEXT_BIT));
  const step = frame(row(LARGE), 0);
  const ask = async () => {
    socket.write(step);
    await answered(socket, /\n/);
  };
  return { ask, close: () => void socket.destroy() };
}

function frame(bytes: Uint8Array, bit: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(bytes.length + bit);
  return Buffer.concat([prefix, bytes]);
}

/** A body of which one piece is counted: a middle piece that is read at once. */
async function openChunks(port: number): Promise<Conversation> {
  const socket = await connected(port);
  const body = row(LARGE);
  const head = headOf(`/v1/sample?dtype=f32&${QUERY}`, binary(), body.length);
  const [first, second] = [65_536, 65_536 + 32_768];
  return {
    async prepare() {
      socket.write(Buffer.concat([head, body.subarray(0, first)]));
      await quiet();
    },
    async ask() {
      socket.write(body.subarray(first, second));
      await quiet();
    },
    async finish() {
      socket.write(body.subarray(second));
      await answered(socket, /\r\n\r\n/);
    },
    close: () => void socket.destroy(),
  };
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.on("error", reject);
  });
}

/** Resolves when the header or the line of the answer is complete. Answers here fit into one packet. */
function answered(socket: Socket, whole: RegExp): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    const take = (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (!whole.test(text)) return;
      socket.off("data", take);
      if (/"code":|"error":|^HTTP\/1\.1 [45]/.test(text)) reject(new Error(`refused: ${text}`));
      else resolve();
    };
    socket.on("data", take);
  });
}

function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}
