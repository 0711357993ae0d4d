/**
 * Keeps connections below a number that the descriptors of the process suffice for. Without any left it could not even
 * take a connection to refuse it. When the last is taken, those that wait for a next request are closed for the next.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { App } from "../../app.ts";
import { Problem } from "../../errors.ts";
import { writeProblem } from "../../wire/reply.ts";
import { RETRY_AFTER_S } from "../admission/admission.ts";

/** Connections that are read to their end after their refusal, so that their clients get to read it, and how long. */
const REFUSED_MAX = 32;
const REFUSED_MS = 500;
/** Looking for those that wait costs a look at all. */
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
    // One that comes again, because what it offered was not taken, has been counted.
    if (socket.bytesRead > 0) return go_on();
    const is_full = open.size >= connections_max;
    if (open.size + 1 >= connections_max) makeRoom();
    if (is_full) return refuse(socket);
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    go_on();
  });
}

/** Asks `decide` of each new connection, which goes on to those that listen now. */
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
