/** A stream over one full-duplex fetch: frames to the service, lines back. */

import type { Connection, ConnectionEvents } from "./connection.ts";
import { reached, type Transport } from "./http.ts";
import { problemOf } from "./problem.ts";
import { joined } from "./row.ts";

const TEXT_BIT = 0x8000_0000;
/** Frames up to this size are sent in one piece; for larger ones a copy costs more. */
const JOINED_BYTES_MAX = 65_536;

/** Resolves when the service has accepted the options. Throws its problem when it has not. */
export async function openDuplex(
  { url, headers, fetch, timeout_ms }: Transport,
  opening: string,
  events: ConnectionEvents,
): Promise<Connection> {
  const abort = new AbortController();
  const timer = setTimeout(
    () => abort.abort(new DOMException("the stream did not open in time", "TimeoutError")),
    timeout_ms,
  );
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  const frames = new ReadableStream<Uint8Array>({
    start(controller) {
      body = controller;
    },
  });
  const send = (mark: number, bytes: Uint8Array) => {
    for (const part of frame(mark, bytes)) body?.enqueue(part);
  };
  const sendText = (text: string) => send(TEXT_BIT, new TextEncoder().encode(text));
  sendText(opening);
  const request = {
    method: "POST",
    headers: { ...headers, "content-type": "application/octet-stream" },
    body: frames,
    duplex: "half" as const,
    signal: abort.signal,
  };
  const response = await reached(url, () => fetch(`${url}/v1/stream`, request)).finally(() =>
    clearTimeout(timer),
  );
  if (!response.ok || response.body === null) {
    const problem = await problemOf(response);
    abort.abort();
    throw problem;
  }
  const ended = readLines(response.body, events);
  return {
    sendText,
    sendRow: (bytes) => send(0, bytes),
    async close() {
      body?.close();
      await ended;
    },
    abort: () => abort.abort(),
  };
}

function frame(mark: number, bytes: Uint8Array): Uint8Array[] {
  const prefix = new Uint8Array(4);
  new DataView(prefix.buffer).setUint32(0, bytes.length + mark, true);
  return bytes.length <= JOINED_BYTES_MAX ? [joined([prefix, bytes])] : [prefix, bytes];
}

async function readLines(body: ReadableStream<Uint8Array>, events: ConnectionEvents): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const bytes of body) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) events.line(line);
    }
    events.closed();
  } catch (error) {
    events.closed(error);
  }
}
