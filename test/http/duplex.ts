/** A client of POST /v1/stream over node:http: sends bytes on request, and returns the lines that arrive. */
import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import type { Listening } from "./listening.ts";

export interface Line {
  readonly token_id: number;
  readonly seed: string;
  readonly step: number;
  readonly state: unknown;
  readonly status?: number;
  readonly code?: string;
  readonly detail?: string;
  readonly pointer?: string;
}

export interface Duplex {
  readonly outgoing: ClientRequest;
  write(bytes: Uint8Array | string): void;
  /** the head of the response, once it has arrived */
  head(): Promise<IncomingMessage>;
  /** the next line as text; undefined after the last */
  text(): Promise<string | undefined>;
  line(): Promise<Line | undefined>;
  /** ends the request and returns the remaining lines; the connection ends after them */
  rest(): Promise<Line[]>;
}

export function openDuplex(url: string, headers: Readonly<Record<string, string>> = {}): Duplex {
  const agent = new Agent({ keepAlive: true });
  const outgoing = request(new URL("/v1/stream", url), { method: "POST", headers, agent });
  outgoing.flushHeaders();
  const response = once(outgoing, "response").then(([incoming]) => incoming as IncomingMessage);
  // The iterator is created at once, because readline drops lines that arrive before it.
  const lines = response.then((incoming) => createInterface({ input: incoming })[Symbol.asyncIterator]());
  lines.catch(() => undefined);
  const text = async () => {
    const { value, done } = await (await lines).next();
    return done ? undefined : (value as string);
  };
  const line = async () => {
    const next = await text();
    return next === undefined ? undefined : (JSON.parse(next) as Line);
  };
  return {
    outgoing,
    write: (bytes) => void outgoing.write(bytes),
    head: () => response,
    text,
    line,
    async rest() {
      outgoing.end();
      const all: Line[] = [];
      for (let next = await line(); next !== undefined; next = await line()) all.push(next);
      agent.destroy();
      return all;
    },
  };
}

/** A WebSocket, and its next messages as text. Messages that arrive early are kept. */
export async function openSocket(own: Listening, path = "/v1/stream") {
  const waiting: ((text: string) => void)[] = [];
  const early: string[] = [];
  const take = (data: Buffer, is_binary: boolean) => {
    if (is_binary) throw new Error("a reply must be text, got bytes");
    const wanted = waiting.shift();
    if (wanted === undefined) early.push(data.toString());
    else wanted(data.toString());
  };
  const next = () => {
    const text = early.shift();
    return text === undefined ? new Promise<string>((resolve) => waiting.push(resolve)) : text;
  };
  const socket = await own.server.injectWS(path, {}, { onInit: (made) => made.on("message", take) });
  return { socket, next };
}

const TEXT_BIT = 0x8000_0000;

/** A frame of JSON text. `marked`: bit 31 is set. */
export function textFrame(message: unknown, marked = true): Buffer {
  const text = Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
  return Buffer.concat([prefix(text.length + (marked ? TEXT_BIT : 0)), text]);
}

/** A frame of a row, float32 unless bytes are given. */
export function rowFrame(row: ArrayLike<number> | Uint8Array): Buffer {
  const bytes = row instanceof Uint8Array ? row : new Uint8Array(Float32Array.from(row).buffer);
  return Buffer.concat([prefix(bytes.length), bytes]);
}

function prefix(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
