/** Answers that their clients do not take: what waits for that is held by the client's connection, and may cost it. */
import { ServerResponse } from "node:http";
import type { Admission } from "./admission.ts";

/** The class of a server's answers, each of which counts what is left of it when it has ended. */
export function countedAnswers(admission: Admission): typeof ServerResponse {
  class Answer extends ServerResponse {
    // All of Node's signatures come down to this one.
    override end(...given: unknown[]): this {
      Reflect.apply(super.end, this, given);
      if (this.writableLength > 0) countUnsent(admission, this);
      return this;
    }
  }
  return Answer as unknown as typeof ServerResponse; // it is one for requests of any class
}

function countUnsent(admission: Admission, answer: ServerResponse): void {
  const { socket } = answer.req;
  // Its client may have gone while it was computed: it is told nothing more then.
  if (answer.destroyed || socket.destroyed) return;
  const ticket = admission.enter();
  const bytes = answer.writableLength;
  ticket.count(bytes);
  ticket.answers(
    () => bytes - Math.min(bytes, answer.writableLength),
    () => socket.destroy(),
  );
  answer.once("close", () => ticket.leave());
}
