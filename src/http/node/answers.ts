/**
 * The answers under way on one connection. Node reads requests that stand behind each other as they come, and keeps
 * their answers until those before them were sent: what comes next on the connection, another protocol or the answer
 * to what is no HTTP, has to wait for them, for it would be taken for an answer to the first.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What Node's HTTP server keeps with a connection (lib/_http_server.js, lib/_http_outgoing.js in Node 20 to 24). */
interface ServerSocket {
  /** the answer that is being sent, or is to be sent next */
  readonly _httpMessage?: ServerResponse | null;
  readonly parser?: { readonly incoming?: IncomingMessage | null } | null;
}

/** The answer that a connection is to send next; undefined: none is under way. */
export function currentAnswer(socket: Socket): ServerResponse | undefined {
  return (socket as ServerSocket)._httpMessage ?? undefined;
}

/** The request whose body the connection is reading; undefined between two requests. */
export function arrivingRequest(socket: Socket): IncomingMessage | undefined {
  const incoming = (socket as ServerSocket).parser?.incoming ?? undefined;
  return incoming?.complete === false ? incoming : undefined;
}

/**
 * Calls `then` once all answers before it were sent, at once where there are none; not when the connection ends before.
 * `broken` is a request that will have no answer of its own. Nothing is read from the connection meanwhile.
 */
export function whenAnswered(socket: Socket, then: () => void, broken?: IncomingMessage): void {
  const answer = currentAnswer(socket);
  if (answer === undefined || answer.req === broken) {
    then();
    return;
  }
  // The server's own listeners are gone once a request was an offer. An answer that is piped waits for this one.
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
