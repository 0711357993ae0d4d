/**
 * A client of POST /v1/stream over a raw socket, with or without HTTP chunks around its frames. It sends the same row
 * again and again, each after the answer to the one before. It does as little work as possible, so that the service is
 * measured and not the client.
 */
import { connect, type Socket } from "node:net";

export interface StreamLoad {
  readonly dtype: string;
  readonly row: Uint8Array;
  /** options of the stream, as on the wire */
  readonly options: Readonly<Record<string, unknown>>;
  /** rows of one stream before the next is opened */
  readonly steps: number;
  /** changes the protocol, so that frames travel bare */
  readonly upgrade?: boolean;
}

export interface StreamResult {
  readonly requests: number;
  readonly elapsed_ms: number;
  /** milliseconds from a row's first byte to the last byte of its answer */
  readonly latencies_ms: readonly number[];
}

const TEXT_BIT = 0x8000_0000;

/** Runs one stream after another for this time. Throws when an answer is not a token. */
export async function rawStreams(url: string, load: StreamLoad, duration_ms: number): Promise<StreamResult> {
  const wrapped = load.upgrade === true ? (bytes: Buffer) => bytes : chunk;
  const options = Buffer.from(JSON.stringify({ dtype: load.dtype, ...load.options }));
  const head = load.upgrade === true ? UPGRADE : "transfer-encoding: chunked";
  const chunks = {
    head,
    opening: wrapped(frame(options, TEXT_BIT)),
    step: wrapped(frame(load.row, 0)),
    end: load.upgrade === true ? "" : "0\r\n\r\n",
    steps: Math.max(1, load.steps),
  };
  const begin_ms = performance.now();
  const latencies_ms: number[] = [];
  while (performance.now() - begin_ms < duration_ms) await oneStream(new URL(url), chunks, latencies_ms);
  return { requests: latencies_ms.length, elapsed_ms: performance.now() - begin_ms, latencies_ms };
}

const UPGRADE = "connection: upgrade\r\nupgrade: logit-stream";

interface Chunks {
  /** headers that define how the frames are sent */
  readonly head: string;
  readonly end: string;
  readonly opening: Buffer;
  readonly step: Buffer;
  readonly steps: number;
}

async function oneStream(
  { hostname, port, host }: URL,
  { head, opening, step, end, steps }: Chunks,
  latencies_ms: number[],
): Promise<void> {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const nextLine = lineReader(socket);
  socket.write(`POST /v1/stream HTTP/1.1\r\nhost: ${host}\r\n${head}\r\n\r\n`);
  socket.write(opening);
  for (let sent = 0; sent < steps; sent++) {
    const sent_ms = performance.now();
    socket.write(step);
    const line = await nextLine();
    latencies_ms.push(performance.now() - sent_ms);
    if (!line.includes('"token_id"')) throw new Error(`the service answered ${line}`);
  }
  socket.end(end);
}

function frame(bytes: Uint8Array, mark: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(bytes.length + mark);
  return Buffer.concat([prefix, bytes]);
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

/** The next line of JSON from the socket; headers and chunk sizes are skipped. */
function lineReader(socket: Socket): () => Promise<string> {
  let received = "";
  let waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  socket.setEncoding("utf8");
  socket.on("error", (error) => waiting?.reject(error));
  socket.on("close", () => waiting?.reject(new Error(`the service ended the stream: ${received}`)));
  socket.on("data", (text: string) => {
    received += text;
    const line = /^\{.*\}$/m.exec(received)?.[0];
    if (line === undefined) return;
    received = "";
    waiting?.resolve(line);
  });
  return () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
    });
}
