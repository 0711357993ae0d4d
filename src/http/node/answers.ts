/**
 * The answers in progress on one connection. Node reads pipelined requests as they come, and keeps their answers until
 * the answers before them were sent. Anything else that is written to the connection, such as another protocol or the
 * answer to bytes that are not HTTP, must wait for them: the client would take it for the answer to its first request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The fields that Node's HTTP server stores in a connection (lib/_http_server.js, lib/_http_outgoing.js in Node 20 to
 * 24).
 */
interface ServerSocket {
  /** the answer that is being sent, or is to be sent next */
  readonly _httpMessage?: ServerResponse | null;
  readonly parser?: { readonly incoming?: IncomingMessage | null } | null;
}

/** The answer that a connection sends next; undefined when none is in progress. */
export function currentAnswer(socket: Socket): ServerResponse | undefined {
  return (socket as ServerSocket)._httpMessage ?? undefined;
}

/** The request whose body is being read; undefined between two requests. */
export function arrivingRequest(socket: Socket): IncomingMessage | undefined {
  const incoming = (socket as ServerSocket).parser?.incoming ?? undefined;
  return incoming?.complete === false ? incoming : undefined;
}

/**
 * Calls `then` once all earlier answers were sent, at once if there are none, and not at all if the connection ends first.
 * `broken` is a request that will get no answer of its own. Nothing is read from the connection meanwhile.
 */
export function whenAnswered(socket: Socket, then: () => void, broken?: IncomingMessage): void {
  const answer = currentAnswer(socket);
  if (answer === undefined || answer.req === broken) {
    then();
    return;
  }
  // Node removes its own listeners from a connection that offers an upgrade. A piped answer waits for this one.
  const drained = () => currentAnswer(socket)?.emit("drain");
  const ignore = () => undefined;
  socket.on("drain", drained).on("error", ignore);
  // Node's own listener comes first: it has put the next answer in place.
  const next = () => {
    const following = currentAnswer(socket);
    if (following !== undefined && following.req !== broken) {
      following.once("finish", next);
      return;
    }
    socket.off("drain", drained).off("error", ignore);
    // The last answer may have closed the connection.
    if (socket.writable) then();
  };
  answer.once("finish", next);
}
