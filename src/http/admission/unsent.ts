/** Answers that clients are slow to read. Their bytes are charged to the connection, which may be closed for them. */
import { ServerResponse } from "node:http";
import type { Admission } from "./admission.ts";

/** The class of a server's answers. Each one counts the bytes that are still unsent when it has ended. */
export function countedAnswers(admission: Admission): typeof ServerResponse {
  class Answer extends ServerResponse {
    // Every signature of Node's `end` reduces to this one.
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
  // The client may have gone while the answer was computed: nothing is sent then.
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
