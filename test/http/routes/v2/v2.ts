/**
 * A client of /v2 for tests, byte for byte: requests as tritonclient's HTTP library writes them (no Content-Type, JSON
 * without spaces, tensors after it), over a socket of their own, and answers taken apart.
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:net";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";

export interface RawReply {
  readonly status: number;
  /** by lower-case name */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends these bytes on a connection of their own and reads one answer. */
export async function exchange(url: string, request: Uint8Array): Promise<RawReply> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(request);
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    const reply = parsed(received);
    if (reply !== undefined) {
      socket.destroy();
      return reply;
    }
  }
  throw new Error(`the connection ended in the answer: ${received.toString()}`);
}

function parsed(received: Buffer): RawReply | undefined {
  const split = received.indexOf("\r\n\r\n");
  if (split < 0) return undefined;
  const [first = "", ...lines] = received.toString("latin1", 0, split).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  );
  const body = received.subarray(split + 4);
  return body.length < Number(headers["content-length"])
    ? undefined
    : { status: Number(first.split(" ")[1]), headers, body };
}

/** A request as geventhttpclient writes it; without a body it has no Content-Length either. */
export function request(
  line: string,
  body: Uint8Array | string | undefined,
  headers: Readonly<Record<string, string | number>> = {},
): Buffer {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const all = {
    "User-Agent": "python/gevent-http-client-2.3.3",
    ...headers,
    Host: "127.0.0.1:8000",
    ...(body !== undefined && { "Content-Length": bytes.length }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${lines.join("")}\r\n`), bytes]);
}

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  /** for the JSON */
  readonly data?: unknown;
  /** for after the JSON */
  readonly bytes?: Uint8Array;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface Inference {
  readonly id?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** names of the requested outputs, and whether each comes as bytes; absent: all as bytes */
  readonly outputs?: Readonly<Record<string, boolean>>;
  readonly compression?: "gzip" | "deflate";
  /** Accept-Encoding */
  readonly accept?: string;
  readonly path?: string;
}

const PATH = "/v2/models/sampler/infer";

/** The request that InferenceServerClient.infer writes for these inputs. */
export function inferRequest(inputs: readonly Tensor[], options: Inference = {}): Buffer {
  const { id, parameters, outputs, compression, accept, path = PATH } = options;
  const all = { ...(outputs === undefined && { binary_data_output: true }), ...parameters };
  const json = JSON.stringify({
    ...(id !== undefined && { id }),
    inputs: inputs.map(({ bytes, parameters: own, ...tensor }) => ({
      ...tensor,
      ...((own ?? bytes) && { parameters: own ?? { binary_data_size: bytes?.length } }),
    })),
    ...(outputs && {
      outputs: Object.entries(outputs).map(([name, binary_data]) => ({ name, parameters: { binary_data } })),
    }),
    ...(Object.keys(all).length > 0 && { parameters: all }),
  });
  const blobs = inputs.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes]));
  const plain = Buffer.concat([Buffer.from(json), ...blobs]);
  const compressed = { gzip: gzipSync, deflate: deflateSync };
  return request(`POST ${path}`, compression === undefined ? plain : compressed[compression](plain), {
    ...(compression && { "Content-Encoding": compression }),
    ...(accept && { "Accept-Encoding": accept }),
    ...(blobs.length > 0 && { "Inference-Header-Content-Length": Buffer.byteLength(json) }),
  });
}

export interface Output {
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly values: readonly unknown[];
}

/** The outputs by name, as tritonclient's InferResult reads them. */
export function outputsOf({ headers, body }: RawReply): Record<string, Output> {
  const inflate = { gzip: gunzipSync, deflate: inflateSync }[headers["content-encoding"] ?? ""];
  const plain = inflate?.(body) ?? body;
  const header_bytes = Number(headers["inference-header-content-length"] ?? plain.length);
  const { outputs } = JSON.parse(plain.toString("utf8", 0, header_bytes)) as {
    outputs: (Omit<Output, "values"> & {
      name: string;
      parameters?: { binary_data_size: number };
      data?: unknown[];
    })[];
  };
  let at = header_bytes;
  const entries = outputs.map(({ name, datatype, shape, parameters, data }) => {
    const size = parameters?.binary_data_size;
    const values = size === undefined ? (data ?? []) : elements(datatype, plain.subarray(at, at + size));
    at += size ?? 0;
    return [name, { datatype, shape, values }] as const;
  });
  if (at !== plain.length) throw new Error(`${plain.length - at} bytes are left behind the last output`);
  return Object.fromEntries(entries);
}

function elements(datatype: string, bytes: Buffer): unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < bytes.length; )
    if (datatype === "BYTES") {
      const end = at + 4 + bytes.readUInt32LE(at);
      values.push(bytes.toString("utf8", at + 4, end));
      at = end;
    } else if (datatype === "INT64") {
      values.push(Number(bytes.readBigInt64LE(at)));
      at += 8;
    } else {
      values.push(bytes.readFloatLE(at));
      at += 4;
    }
  return values;
}

export const f32 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
export const f64 = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer);
export const i32 = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer);
export const i64 = (...values: bigint[]) => Buffer.from(BigInt64Array.from(values).buffer);

/** The upper halves of float32 values, as tritonclient makes bfloat16. */
export function bf16(...values: number[]): Buffer {
  const bytes = f32(...values);
  return Buffer.concat(values.map((_, index) => bytes.subarray(4 * index + 2, 4 * index + 4)));
}

/** Texts, each preceded by its length. */
export function texts(...values: string[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
}

/** The text of a refusal, after a check of its form. */
export function errorOf({ headers, body }: RawReply): string {
  const value = JSON.parse(body.toString()) as Record<string, unknown>;
  const names = Object.keys(value).join();
  if (names !== "error" || headers["content-type"] !== "application/json")
    throw new Error(`no error of the protocol: ${body.toString()}`);
  return String(value["error"]);
}
