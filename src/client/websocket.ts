/** A stream over a WebSocket, for browsers: text messages are JSON, binary messages are rows. */

import type { Connection, ConnectionEvents } from "./connection.ts";
import type { Transport } from "./http.ts";

/** The members of the platform's WebSocket, or of a compatible one, that the client uses. */
export interface WebSocketLike {
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code?: number): void;
  addEventListener(type: "open" | "close" | "error" | "message", listener: (event: unknown) => void): void;
}

export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** Resolves when the socket is open; wrong options are reported in the answer to the first row. */
export function openWebSocket(
  { url, headers, timeout_ms }: Transport,
  opening: string,
  events: ConnectionEvents,
  Socket: WebSocketClass | undefined = platformWebSocket(),
): Promise<Connection> {
  const socket = new Socket(`${url.replace(/^http/, "ws")}/v1/stream`, protocolsOf(headers));
  const ended = new Promise<void>((resolve) => {
    socket.addEventListener("close", () => resolve());
  });
  socket.addEventListener("message", (event) =>
    events.line(String((event as { readonly data: unknown }).data)),
  ); // a MessageEvent
  socket.addEventListener("close", () => events.closed());
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.close(), timeout_ms);
    const fail = () => {
      clearTimeout(timer);
      reject(new Error(`no WebSocket at ${url}/v1/stream`));
    };
    socket.addEventListener("error", fail);
    socket.addEventListener("close", fail);
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      socket.send(opening);
      resolve({
        sendText: (text) => socket.send(text),
        sendRow: (bytes) => socket.send(bytes),
        async close() {
          socket.close();
          await ended;
        },
        abort: () => socket.close(),
      });
    });
  });
}

/** A WebSocket brings no headers: its key is offered as a protocol. Throws for any other header. */
function protocolsOf(headers: Transport["headers"]): string[] {
  let key: string | undefined;
  for (const [name, value] of Object.entries(headers)) {
    const found = { authorization: /^bearer +(\S+) *$/i, "x-api-key": /^\s*(\S+)\s*$/ }[
      name.toLowerCase()
    ]?.exec(value)?.[1];
    if (found === undefined) throw new TypeError(`a WebSocket brings a key and no other header, got ${name}`);
    key = found;
  }
  return key === undefined ? [] : ["logit-sampler", `bearer.${key}`];
}

function platformWebSocket(): WebSocketClass {
  const { WebSocket } = globalThis as { readonly WebSocket?: unknown };
  if (WebSocket === undefined)
    throw new TypeError("this platform has no WebSocket: pass one, or stream over http");
  return WebSocket as WebSocketClass; // the platform's has these members
}
