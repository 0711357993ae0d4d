/** Long work in short turns: libuv takes one new connection a turn, so a long one would keep all others waiting. */
import type { FastifyReply } from "fastify";
import { ClientGone } from "./receive.ts";

/** How long one request may compute before others get their turn, in milliseconds. */
export const TURN_MS = 2;

/** Lets the event loop go around once, and stops when nobody waits for the answer any more. */
export async function nextTurn({ raw }: FastifyReply): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (raw.destroyed) throw new ClientGone("the client closed the connection");
}
