/** Long work in short turns: libuv takes one new connection a turn, so a long one would keep all others waiting. */
import type { FastifyReply } from "fastify";
import { ClientGone } from "../line/receive.ts";
import { TURN_MS } from "./gate.ts";

export { TURN_MS };

/** Those who wait for a turn of the event loop of their own, the first in front. */
const waiting: (() => void)[] = [];

/** Lets the event loop go around, and the others that wait have their turns; stops when nobody waits for the answer any more. */
export async function nextTurn({ raw }: FastifyReply): Promise<void> {
  await new Promise<void>((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(goOn);
  });
  if (raw.destroyed) throw new ClientGone("the client closed the connection");
}

/** Goes through work that pauses now and then, a turn at a time; what came of it, and how long it took without the waiting. */
export async function inTurns<Result>(
  work: Generator<undefined, Result>,
  reply: FastifyReply,
): Promise<{ readonly result: Result; readonly spent_ms: number }> {
  for (let spent_ms = 0; ; await nextTurn(reply)) {
    const began_ms = performance.now();
    let turn_ms = 0;
    while (turn_ms < TURN_MS) {
      const step = work.next();
      turn_ms = performance.now() - began_ms;
      if (step.done === true) return { result: step.value, spent_ms: spent_ms + turn_ms };
    }
    spent_ms += turn_ms;
  }
}

function goOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(goOn);
}
