/** Long work in short turns: libuv takes one new connection a turn, so a long one would keep all others waiting. */
import type { FastifyReply } from "fastify";
import { ClientGone } from "../line/receive.ts";

export { TURN_MS } from "./gate.ts";

/** Those who wait for a turn of the event loop of their own, the first in front. */
const waiting: (() => void)[] = [];

/** Lets the event loop go around, and the others that wait have their turns; stops when nobody waits for the answer any more. */
export async function nextTurn({ raw }: FastifyReply): Promise<void> {
  await new Promise<void>((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(goOn);
  });
  if (raw.destroyed) throw new ClientGone("the client closed the connection");
}

function goOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(goOn);
}
