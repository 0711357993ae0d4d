/**
 * What Node leaves open of HTTP/1.1's offers: expectations other than 100-continue are ignored, and offers to change
 * to another protocol than WebSocket are too, as RFC 9110 (10.1.1, 7.8) has it. Node itself answers 417 to the
 * one, and stops reading the body at the other; Java's own client offers HTTP/2 with its first request.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/** Takes a connection when its request offers what is taken here; answers whether it did. */
type Taker = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

/** Call when the listener that takes WebSockets is there. `taken` takes the other protocol that is spoken here. */
export function ignoreOffers(server: Server, taken: Taker): void {
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  const listeners = server.listeners("upgrade");
  server.removeAllListeners("upgrade");
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isWebSocket(request)) {
      if (!taken(request, socket, head)) startAgain(server, request, socket, head);
    } else for (const listener of listeners) Reflect.apply(listener, server, [request, socket, head]);
  });
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/** Headers of the offer, and `Connection`, which names them. */
const OFFER = new Set(["upgrade", "connection", "http2-settings"]);

/** Gives the request back to the server, as if the offer had not been made. */
function startAgain(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string; // both lie within the list
    if (!OFFER.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}
