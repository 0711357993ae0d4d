/**
 * Reads a request body as it arrives, counts it, and hands every chunk on at once. A body that is refused is read to
 * its end and dropped, within a limit, so that its sender gets to read the answer and the connection lives on.
 */
import type { IncomingMessage } from "node:http";
import type { Limits } from "../../config.ts";
import { Problem } from "../../errors.ts";
import type { Visit } from "../admission/admission.ts";
import type { Flow } from "../admission/turns.ts";
import type { Service } from "../service.ts";
import { pauseInPlace, resumeInPlace, takeInPlace } from "./connections.ts";

/** The client went away before its body was complete: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

/** Who wants a body. Nothing is called after `end`, unless it throws, nor after `fail`. */
export interface Receiver {
  /** whether nothing of a chunk is looked at again once it was written */
  readonly in_place?: boolean;
  /** The next bytes. What it throws refuses the body. */
  write(chunk: Uint8Array): void;
  /** All bytes were written. What it throws goes to `fail`. */
  end(): void;
  /** There is no body to be had: the first Problem, or ClientGone. */
  fail(error: unknown): void;
}

type BodyLimits = Pick<Limits, "body_bytes_max" | "discarded_bytes_max">;

/** Reads the body of a visit, from now until it is whole, refused, too slow, or its client is gone. */
export function receive(
  { config: { limits }, collector }: Pick<Service, "config" | "collector">,
  raw: IncomingMessage,
  visit: Visit,
  receiver: Receiver,
): void {
  let refusal: unknown = refusalOfLength(raw, limits);
  let settled = false;
  const settle = (error: unknown) => {
    if (settled) return;
    settled = true;
    visit.arriving = false;
    conclude(receiver, error);
  };
  visit.expect((problem) => settle(refusal ?? problem));
  const take = (chunk: Uint8Array) => {
    if (settled) return;
    visit.received_bytes += chunk.length;
    if (refusal === undefined) refusal = attempt(chunk, visit.received_bytes, limits, receiver);
    else if (visit.received_bytes > readMax(limits)) settle(refusal);
  };
  if (receiver.in_place) takeInPlace(raw, collector, take);
  else
    raw.on("data", (chunk: Uint8Array) => {
      take(chunk);
      collector.count(chunk.length);
    });
  raw.on("end", () => settle(refusal ?? (visit.received_bytes === 0 ? missing() : undefined)));
  // Every request closes in the end; the error is made only for one that was not complete by then.
  raw.on("close", () => {
    if (!settled) settle(new ClientGone("the client closed the connection"));
  });
  if (refusal !== undefined && declaredLength(raw) > readMax(limits)) settle(refusal);
}

/** Lets the bytes of a body wait, however they are read. */
export function flowOf(raw: IncomingMessage): Flow {
  return {
    pause() {
      raw.pause();
      pauseInPlace(raw);
    },
    resume() {
      resumeInPlace(raw);
      raw.resume();
    },
  };
}

/** Reads a body that nobody wants, so that its sender gets to read the answer. */
export function discard(
  service: Pick<Service, "config" | "collector" | "admission">,
  raw: IncomingMessage,
): Promise<void> {
  const visit = service.admission.enter();
  return new Promise((resolve) => {
    const done = () => {
      visit.leave();
      resolve();
    };
    receive(service, raw, visit, { write: () => undefined, end: done, fail: done });
  });
}

function conclude(receiver: Receiver, error: unknown): void {
  if (error !== undefined) {
    receiver.fail(error);
    return;
  }
  try {
    receiver.end();
  } catch (failure) {
    receiver.fail(failure);
  }
}

/** Hands a chunk on; answers why the body must be refused, if it must. */
function attempt(
  chunk: Uint8Array,
  bytes: number,
  { body_bytes_max }: BodyLimits,
  receiver: Receiver,
): unknown {
  if (bytes > body_bytes_max) return tooLarge(body_bytes_max, `more than ${body_bytes_max}`);
  try {
    receiver.write(chunk);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** How much of a refused body is read. */
function readMax({ body_bytes_max, discarded_bytes_max }: BodyLimits): number {
  return body_bytes_max + discarded_bytes_max;
}

function declaredLength(raw: IncomingMessage): number {
  return Number(raw.headers["content-length"] ?? 0);
}

function refusalOfLength(raw: IncomingMessage, { body_bytes_max }: BodyLimits): unknown {
  const length = declaredLength(raw);
  return length > body_bytes_max ? tooLarge(body_bytes_max, String(length)) : undefined;
}

function tooLarge(body_bytes_max: number, got: string): Problem {
  return new Problem(
    "body_too_large",
    `a body may have at most ${body_bytes_max} bytes (body_bytes_max), got ${got}`,
  );
}

function missing(): Problem {
  return new Problem("body_missing", "the request has no body");
}
