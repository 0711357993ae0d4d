/**
 * Reads a request body as it arrives, counts it, times it, and hands every chunk on at once. A body that is
 * refused is read to its end and dropped, within a limit, so that its sender gets to read the answer and the
 * connection lives on.
 */
import type { IncomingMessage } from "node:http";
import type { Limits } from "../config.ts";
import { Problem } from "../errors.ts";
import type { Deadlines } from "./deadlines.ts";

/** The client went away before its body was complete: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

export interface ReceiveOptions {
  readonly limits: Pick<Limits, "body_bytes_max" | "discarded_bytes_max" | "body_timeout_ms">;
  readonly deadlines: Deadlines;
  /** told the size of every chunk, after it was taken */
  received(bytes: number): void;
}

/** Resolves when `take` has had every chunk. Rejects with the first Problem, or ClientGone. */
export function receive(
  raw: IncomingMessage,
  { limits, deadlines, received }: ReceiveOptions,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let settled = false;
    let refusal: unknown = refusalOfLength(raw, limits);
    const settle = (error?: unknown) => {
      if (settled) return;
      settled = true;
      deadlines.delete(onDeadline);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onDeadline = () => settle(refusal ?? tooSlow(limits.body_timeout_ms, bytes));
    // Every request closes in the end; the error is made only for one that was not complete by then.
    const onClose = () => {
      if (!settled) settle(new ClientGone("the client closed the connection"));
    };
    deadlines.add(onDeadline, limits.body_timeout_ms);
    raw.on("data", (chunk: Uint8Array) => {
      if (settled) return;
      bytes += chunk.length;
      if (refusal === undefined) refusal = attempt(chunk, bytes, limits, take);
      else if (bytes > limits.body_bytes_max + limits.discarded_bytes_max) settle(refusal);
      received(chunk.length);
    });
    raw.on("end", () =>
      settle(refusal ?? (bytes === 0 ? new Problem("body_missing", "the request has no body") : undefined)),
    );
    raw.on("close", onClose);
    raw.on("error", onClose);
    if (refusal !== undefined && declaredLength(raw) > limits.body_bytes_max + limits.discarded_bytes_max)
      settle(refusal);
  });
}

/** Hands a chunk on; answers why the body must be refused, if it must. */
function attempt(
  chunk: Uint8Array,
  bytes: number,
  { body_bytes_max }: ReceiveOptions["limits"],
  take: (chunk: Uint8Array) => void,
): unknown {
  if (bytes > body_bytes_max) return tooLarge(body_bytes_max, `more than ${body_bytes_max}`);
  try {
    take(chunk);
    return undefined;
  } catch (error) {
    return error;
  }
}

function declaredLength(raw: IncomingMessage): number {
  return Number(raw.headers["content-length"] ?? 0);
}

function refusalOfLength(raw: IncomingMessage, { body_bytes_max }: ReceiveOptions["limits"]): unknown {
  const length = declaredLength(raw);
  return length > body_bytes_max ? tooLarge(body_bytes_max, String(length)) : undefined;
}

function tooLarge(body_bytes_max: number, got: string): Problem {
  return new Problem("body_too_large", `a body may have at most ${body_bytes_max} bytes, got ${got}`);
}

function tooSlow(body_timeout_ms: number, bytes: number): Problem {
  return new Problem(
    "body_timeout",
    `the body must arrive within ${body_timeout_ms} ms, got ${bytes} bytes of it`,
  );
}
