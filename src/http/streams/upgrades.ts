/**
 * Requests that offer an upgrade, or have an `Expect` header. A supported upgrade happens once earlier answers were
 * sent; all else is ignored, as RFC 9110 (10.1.1, 7.8) says. Node itself would answer 417 to an unknown expectation,
 * and stop reading at an upgrade; Java's own client offers HTTP/2 with its first request.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { currentAnswer, whenAnswered } from "../node/answers.ts";
import { takeUnparsed } from "../node/connections.ts";
import { DirectSocket } from "../node/direct-socket.ts";

/** Takes over a connection whose request offers a supported upgrade; returns whether it did. */
type Taker = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

export interface Offers {
  /** accepts another protocol that is supported here */
  readonly taken: Taker;
  /** A taker threw: a defect that ends only this connection. */
  failed(error: unknown): void;
}

/** Call when the listener that takes WebSockets is there. */
export function answerOffers(server: Server, { taken, failed }: Offers): void {
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  const listeners = server.listeners("upgrade");
  server.removeAllListeners("upgrade");
  const answer: Taker = (request, socket, head) => {
    if (isWebSocket(request))
      for (const listener of listeners) Reflect.apply(listener, server, [request, socket, head]);
    else if (!taken(request, socket, head)) startAgain(server, request, socket, head);
    return true;
  };
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    inItsTurn(socket, (rest) => {
      try {
        // A copy: the head lies in the memory that all connections read into.
        answer(request, socket, rest === undefined ? head : Buffer.concat([head, rest]));
      } catch (error) {
        failed(error);
        socket.destroy();
      }
    });
  });
}

/**
 * Calls `take` with the bytes that were read after the offer, once the earlier answers were sent; reads nothing until
 * then.
 */
function inItsTurn(socket: Duplex, take: (rest?: Uint8Array) => void): void {
  if (!(socket instanceof DirectSocket)) {
    take();
    return;
  }
  const rest = takeUnparsed(socket);
  if (currentAnswer(socket) === undefined) {
    take(rest);
    return;
  }
  socket.hold();
  whenAnswered(socket, () => {
    socket.release();
    // Resets the HTTP server's timer for the next request, and leaves the connection as the server passes it on: not
    // flowing, not paused.
    socket.setTimeout(0);
    socket.forgetFlow();
    take(rest);
  });
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/** Headers of the offer. The other words of `Connection` still apply. */
const OFFER = new Set(["upgrade", "http2-settings"]);

/** Returns the request to the server, as if the offer had not been made. */
function startAgain(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string; // both lie within the list
    const value = rawHeaders[index + 1] as string;
    if (OFFER.has(name.toLowerCase())) continue;
    const kept = name.toLowerCase() === "connection" ? withoutOffer(value) : value;
    if (kept !== "") lines.push(`${name}: ${kept}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}

/** The rest of a `Connection` header, without the names of the upgrade's headers. */
function withoutOffer(value: string): string {
  const names = value.split(",").map((name) => name.trim());
  return names.filter((name) => !OFFER.has(name.toLowerCase())).join(", ");
}
