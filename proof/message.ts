/** Requests as bytes. */
import { Buffer } from "node:buffer";

export type Headers = Readonly<Record<string, string>>;

export interface Message {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Headers;
  readonly body?: Uint8Array | string;
}

export const JSON_TYPE = { "content-type": "application/json" };
export const BYTES_TYPE = { "content-type": "application/octet-stream" };
export const LINES_TYPE = { "content-type": "application/x-ndjson" };

/** A well-formed request. */
export function encode({ method = "POST", path, headers = {}, body = "" }: Message): Buffer {
  const bytes = Buffer.from(body as Uint8Array); // a string is taken as UTF-8
  return Buffer.concat([head(method, path, { ...headers, "content-length": String(bytes.length) }), bytes]);
}

/** The same request with its body in chunks of this size. */
export function encodeChunked(
  { method = "POST", path, headers = {}, body = "" }: Message,
  size: number,
): Buffer {
  const bytes = Buffer.from(body as Uint8Array);
  const parts: Uint8Array[] = [head(method, path, { ...headers, "transfer-encoding": "chunked" })];
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

function head(method: string, path: string, headers: Headers): Buffer {
  const lines = Object.entries({ host: "proof", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
}

/** A step or a batch as JSON; a text is sent unchanged. */
export function jsonMessage(path: string, body: unknown): Message {
  return { path, headers: JSON_TYPE, body: typeof body === "string" ? body : JSON.stringify(body) };
}

/** A tensor after its JSON header. */
export function tensorMessage(path: string, fields: unknown, tensor: Uint8Array): Message {
  const header = Buffer.from(typeof fields === "string" ? fields : JSON.stringify(fields));
  const headers = { ...BYTES_TYPE, "inference-header-content-length": String(header.length) };
  return { path, headers, body: Buffer.concat([header, tensor]) };
}

export function f32(values: ArrayLike<number>): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

const TEXT_BIT = 0x8000_0000;

/** A frame of a stream: JSON text, or the bytes of a row. */
export function frame(message: Uint8Array | object): Buffer {
  const is_row = message instanceof Uint8Array;
  const bytes = is_row ? message : Buffer.from(JSON.stringify(message));
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(bytes.length + (is_row ? 0 : TEXT_BIT));
  return Buffer.concat([prefix, bytes]);
}
