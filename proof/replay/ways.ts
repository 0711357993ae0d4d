/**
 * The ways in which the same steps reach the service. Each returns the texts of the replies, in the order of the steps.
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { WebSocket } from "ws";
import { seeded } from "../../evidence/seeded.ts";
import { DTYPE_NAMES, type Dtype } from "../../src/kernels/kernel.ts";
import { Connection } from "../connection.ts";
import { bf16, f16 } from "../fuzz/small-rows.ts";
import {
  BYTES_TYPE,
  encode,
  encodeChunked,
  f32,
  frame,
  jsonMessage,
  LINES_TYPE,
  type Message,
  tensorMessage,
} from "../message.ts";
import type { ReplayStep } from "./steps.ts";

export type Replay = (url: string, steps: readonly ReplayStep[]) => Promise<readonly string[]>;

const TENSORS: Readonly<Record<Dtype, (values: readonly number[]) => Buffer>> = { f32, f16, bf16 };

const asJson = ({ row, options }: ReplayStep) => jsonMessage("/v1/sample", { logits: row, ...options });

/** One step after the other on one connection. */
function oneByOne(
  messageOf: (step: ReplayStep) => Message,
  encoded = (message: Message) => [encode(message)],
): Replay {
  return async (url, steps) => {
    const connection = new Connection(url);
    const replies: string[] = [];
    for (const step of steps) replies.push((await connection.exchange(encoded(messageOf(step)))).body);
    connection.close();
    return replies;
  };
}

const reversed: Replay = async (url, steps) =>
  [...(await WAYS["JSON numbers"]!(url, [...steps].reverse()))].reverse();

const newConnections: Replay = async (url, steps) => {
  const replies: string[] = [];
  for (const step of steps) {
    const connection = new Connection(url);
    replies.push((await connection.exchange(encode(asJson(step)))).body);
    connection.close();
  }
  return replies;
};

/** All steps at once over 16 connections, three times, in an order without pattern; every repeat must agree. */
const concurrent: Replay = async (url, steps) => {
  const random = seeded(16);
  const jobs = [0, 1, 2].flatMap(() => [...steps.keys()]).sort(() => random.unit() - 0.5);
  const replies: string[] = [];
  const client = async () => {
    const connection = new Connection(url);
    for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
      const { body } = await connection.exchange(encode(asJson(steps[job]!)));
      replies[job] = replies[job] === undefined || replies[job] === body ? body : "two replies differ";
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: 16 }, client));
  return replies;
};

/** The same JSON with another spelling: options first or last, white space, exponents, escapes. */
function spelt({ row, options }: ReplayStep): Message {
  const numbers = row.map((logit, i) =>
    i % 3 === 0 ? `${logit * 100}e-2` : i % 3 === 1 ? logit.toFixed(6) : `${logit}`,
  );
  const rest = JSON.stringify(options, null, 3).slice(1, -1);
  const escaped = rest.replace('"seed"', '"\\u0073e\\u0065d"');
  return jsonMessage("/v1/sample", `\r\n{ ${escaped},\t"log\\u0069ts" :\n[ ${numbers.join(" ,\n ")} ] }\n`);
}

function packed(dtype: Dtype) {
  return ({ row, options }: ReplayStep) =>
    jsonMessage("/v1/sample", {
      ...options,
      logits: { dtype, data: TENSORS[dtype](row).toString("base64") },
    });
}

function behindHeader(dtype: Dtype) {
  return ({ row, options }: ReplayStep) =>
    tensorMessage("/v1/sample", { dtype, ...options }, TENSORS[dtype](row));
}

function byQuery(dtype: Dtype) {
  return ({ row, options }: ReplayStep): Message => {
    const fields = Object.entries(options).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    const query = new URLSearchParams([["dtype", dtype], ...fields] as [string, string][]);
    return { path: `/v1/sample?${query}`, headers: BYTES_TYPE, body: TENSORS[dtype](row) };
  };
}

/** Writes the body piece by piece; tiny pieces only for tiny bodies. */
function inPieces(size: number) {
  return (message: Message): Buffer[] => {
    const bytes = encode(message);
    const step = bytes.length > 4000 ? Math.max(size, 1000) : size;
    return Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) =>
      bytes.subarray(i * step, (i + 1) * step),
    );
  };
}

async function batch(url: string, message: Message): Promise<string[]> {
  const connection = new Connection(url);
  const { body } = await connection.exchange(encode(message));
  connection.close();
  // The reply is split as text, because its bytes are compared.
  return splitResults(body);
}

/** The texts of the elements of `{"results":[…]}`. */
function splitResults(body: string): string[] {
  const texts: string[] = [];
  let depth = 0;
  let begin = 0;
  let in_string = false;
  const list = body.slice('{"results":['.length, -"]}".length);
  for (let at = 0; at < list.length; at++) {
    const letter = list[at];
    if (in_string && letter === "\\") at += 1;
    else if (letter === '"') in_string = !in_string;
    else if (!in_string && (letter === "{" || letter === "[")) depth += 1;
    else if (!in_string && (letter === "}" || letter === "]")) depth -= 1;
    else if (!in_string && depth === 0 && letter === ",") {
      texts.push(list.slice(begin, at));
      begin = at + 1;
    }
  }
  return [...texts, list.slice(begin)];
}

const jsonBatch: Replay = (url, steps) =>
  batch(
    url,
    jsonMessage("/v1/sample/batch", { rows: steps.map(({ row, options }) => ({ ...options, logits: row })) }),
  );

/** One tensor for the steps of each length. */
const tensorBatch: Replay = async (url, steps) => {
  const replies = new Map<ReplayStep, string | undefined>();
  for (const length of new Set(steps.map(({ row }) => row.length))) {
    const alike = steps.filter(({ row }) => row.length === length);
    const header = {
      dtype: "bf16",
      shape: [alike.length, length],
      rows: alike.map(({ options }) => options),
    };
    const tensor = Buffer.concat(alike.map(({ row }) => bf16(row)));
    const texts = await batch(url, tensorMessage("/v1/sample/batch", header, tensor));
    for (const [i, step] of alike.entries()) replies.set(step, texts[i]);
  }
  return steps.map((step) => replies.get(step) ?? "no reply");
};

/** Each step opens a stream of its own with its options, and sends its row. */
function streamed(headers: Message["headers"], bodyOf: (step: ReplayStep) => Uint8Array | string): Replay {
  return async (url, steps) => {
    const replies: string[] = [];
    for (const step of steps) {
      const connection = new Connection(url);
      const { body } = await connection.exchange(
        encode({ path: "/v1/stream", headers: headers ?? {}, body: bodyOf(step) }),
      );
      replies.push(body.trimEnd());
      connection.close();
    }
    return replies;
  };
}

const webSocket: Replay = async (url, steps) => {
  const replies: string[] = [];
  for (const { row, options } of steps) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`);
    await once(socket, "open");
    socket.send(JSON.stringify(options));
    socket.send(f32(row));
    const [text] = (await once(socket, "message")) as [Buffer];
    replies.push(text.toString());
    socket.close();
    await once(socket, "close");
  }
  return replies;
};

/** The ways by name. All others are compared with the first. */
export const WAYS: Readonly<Record<string, Replay>> = {
  "JSON numbers": oneByOne(asJson),
  "the same again": oneByOne(asJson),
  "in reversed order": reversed,
  "a connection each": newConnections,
  "16 connections at once, three times": concurrent,
  "JSON spelt otherwise": oneByOne(spelt),
  "in pieces of 1 byte, 1,000 for long bodies": oneByOne(asJson, inPieces(1)),
  "in pieces of 7 bytes, 1,000 for long bodies": oneByOne(byQuery("f32"), inPieces(7)),
  "in chunks of 13 bytes": oneByOne(behindHeader("f16"), (message) => [encodeChunked(message, 13)]),
  ...Object.fromEntries(DTYPE_NAMES.map((dtype) => [`base64 of ${dtype}`, oneByOne(packed(dtype))])),
  ...Object.fromEntries(
    DTYPE_NAMES.map((dtype) => [`${dtype} behind a header`, oneByOne(behindHeader(dtype))]),
  ),
  ...Object.fromEntries(
    DTYPE_NAMES.map((dtype) => [`${dtype}, options in the query`, oneByOne(byQuery(dtype))]),
  ),
  "a batch in JSON": jsonBatch,
  "batches of bf16": tensorBatch,
  "streams of frames": streamed(BYTES_TYPE, ({ row, options }) =>
    Buffer.concat([frame({ dtype: "f16", ...options }), frame(f16(row))]),
  ),
  "streams of lines": streamed(
    LINES_TYPE,
    ({ row, options }) => `${JSON.stringify(options)}\n${JSON.stringify({ logits: row })}\n`,
  ),
  WebSockets: webSocket,
};
