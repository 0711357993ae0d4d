/**
 * Bounds the connections by the file descriptors of the process. Without a free descriptor, the process could not even
 * accept a connection to refuse it. When the last one is taken, idle keep-alive connections are closed.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { App } from "../../app.ts";
import { Problem } from "../../errors.ts";
import { writeProblem } from "../../wire/reply.ts";
import { RETRY_AFTER_S } from "../admission/admission.ts";

/** Refused connections that are read to their end, so that their clients can read the refusal; and for how many milliseconds. */
const REFUSED_MAX = 32;
const REFUSED_MS = 500;
/** Milliseconds between searches for idle connections: a search visits all of them. */
const ROOM_MS = 100;

/** Call once, before the server listens. */
export function capConnections({ server: { server }, service }: App): void {
  const { connections_max } = service.config.limits;
  const answer = fullAnswer(connections_max);
  const open = new Set<Socket>();
  const refused = new Set<Socket>();
  const refuse = (socket: Socket) => {
    service.counters.rejected("overloaded");
    if (refused.size >= REFUSED_MAX) {
      socket.destroy();
      return;
    }
    refused.add(socket);
    socket.setTimeout(REFUSED_MS, () => socket.destroy());
    socket.on("error", () => undefined).on("close", () => refused.delete(socket));
    socket.resume().end(answer);
  };
  let made_room_ms = Number.NEGATIVE_INFINITY;
  const makeRoom = () => {
    if (performance.now() - made_room_ms < ROOM_MS) return;
    made_room_ms = performance.now();
    server.closeIdleConnections();
  };
  insteadOf(server, (socket, go_on) => {
    // A connection comes again when its offer of an upgrade was not taken; it is already counted.
    if (socket.bytesRead > 0) return go_on();
    const is_full = open.size >= connections_max;
    if (open.size + 1 >= connections_max) makeRoom();
    if (is_full) return refuse(socket);
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    go_on();
  });
}

/** Calls `decide` for each new connection before the listeners that are present now. */
function insteadOf(server: Server, decide: (socket: Socket, go_on: () => void) => void): void {
  const listeners = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    decide(socket, () => {
      for (const listener of listeners) Reflect.apply(listener, server, [socket]);
    });
  });
}

/** There is no request yet, so the reply is written by hand and the connection ends. */
function fullAnswer(connections_max: number): string {
  const problem = new Problem(
    "overloaded",
    `all ${connections_max} connections (connections_max) of this worker are in use; try again`,
  );
  const body = writeProblem(problem, "");
  return [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    "Content-Type: application/problem+json; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Retry-After: ${RETRY_AFTER_S}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
