/**
 * Reads a request body as it arrives, counts it, and hands every chunk on at once. A body that is refused is read to
 * its end and dropped, within a limit, so that its sender gets to read the answer and the connection lives on.
 */
import type { IncomingMessage } from "node:http";
import type { Limits } from "../../config/config.ts";
import { Problem } from "../../errors.ts";
import type { Ticket } from "../admission/ticket.ts";
import type { Collector } from "../node/collect.ts";
import { takeInPlace } from "../node/connections.ts";
import { ClientGone } from "./client-gone.ts";
import type { Service } from "./service.ts";
import type { Flow } from "./turns.ts";

/** Who wants a body. Nothing is called after `end`, unless it throws, nor after `fail`. */
export interface Receiver {
  /** whether nothing of a chunk is looked at again once it was written */
  readonly in_place?: boolean;
  /** whether nothing is done with the body: it waits for no row */
  readonly drops?: boolean;
  /** The next bytes. What it throws refuses the body. */
  write(chunk: Uint8Array): void;
  /** All bytes were written. What it throws goes to `fail`. */
  end(): void;
  /** There is no body to be had: the first Problem, or ClientGone. */
  fail(error: unknown): void;
}

type BodyLimits = Pick<Limits, "body_bytes_max" | "discarded_bytes_max">;

/** Reads the body of a ticket, from now until it is whole, refused, too slow, or its client is gone. */
export function receive(
  { config: { limits }, collector }: Pick<Service, "config" | "collector">,
  raw: IncomingMessage,
  ticket: Ticket,
  receiver: Receiver,
): void {
  new Reading(raw, ticket, receiver, limits).begin(collector);
}

/** The body of one request on its way from the connection to its receiver. */
class Reading {
  readonly #raw: IncomingMessage;
  readonly #ticket: Ticket;
  readonly #receiver: Receiver;
  readonly #limits: BodyLimits;
  /** why the rest is read and dropped */
  #refusal: unknown;
  #settled = false;
  #ended = false;
  /** whether the receiver may have what comes: there is a row for it */
  #admitted: boolean;
  /** what came before there was one */
  #early: Uint8Array | undefined;

  constructor(raw: IncomingMessage, ticket: Ticket, receiver: Receiver, limits: BodyLimits) {
    this.#raw = raw;
    this.#ticket = ticket;
    this.#receiver = receiver;
    this.#limits = limits;
    this.#admitted = receiver.drops === true;
    this.#refusal = refusalOfLength(raw, limits);
  }

  begin(collector: Collector): void {
    const raw = this.#raw;
    this.#ticket.expect(raw, (problem) => this.#settle(this.#refusal ?? problem));
    if (this.#receiver.in_place) takeInPlace(raw, collector, (chunk) => this.#take(chunk));
    else
      raw.on("data", (chunk: Uint8Array) => {
        this.#take(chunk);
        collector.count(chunk.length);
      });
    raw.on("end", () => this.#end());
    // Every request closes in the end; the error is made only for one that was not complete by then.
    raw.on("close", () => {
      if (!this.#settled && !this.#ended) this.#settle(new ClientGone("the client closed the connection"));
    });
    if (this.#refusal !== undefined && declaredLength(raw) > readMax(this.#limits))
      this.#settle(this.#refusal);
  }

  #take(chunk: Uint8Array): void {
    if (this.#settled) return;
    const ticket = this.#ticket;
    ticket.received_bytes += chunk.length;
    if (!this.#admitted) this.#ask(chunk);
    else if (this.#refusal === undefined) this.#hand(chunk);
    else if (ticket.received_bytes > readMax(this.#limits)) this.#settle(this.#refusal);
  }

  /** Hands a chunk on, or asks for the row that it needs and keeps it until then: the connection is read no further. */
  #ask(chunk: Uint8Array): void {
    if (this.#early !== undefined) {
      this.#early = Buffer.concat([this.#early, chunk]); // was under way when the connection was stopped
      return;
    }
    try {
      this.#admitted = this.#refusal !== undefined || this.#ticket.reserve((refusal) => this.#admit(refusal));
    } catch (error) {
      this.#admitted = true;
      this.#refusal = error;
    }
    if (this.#admitted) {
      if (this.#refusal === undefined) this.#hand(chunk);
      return;
    }
    this.#early = Uint8Array.from(chunk);
    this.#raw.pause();
  }

  /** There is a row for the body, or none is to be had. */
  #admit(refusal: unknown): void {
    const early = this.#early;
    this.#early = undefined;
    this.#admitted = true;
    this.#refusal = refusal;
    // Before its receiver may want to stop it again.
    this.#raw.resume();
    if (early !== undefined && refusal === undefined) this.#hand(early);
    if (this.#ended) this.#end();
  }

  /** All has come. */
  #end(): void {
    this.#ended = true;
    // A stream that was stopped while it began to flow tells its end all the same.
    if (this.#early !== undefined) return;
    this.#settle(this.#refusal ?? (this.#ticket.received_bytes === 0 ? missing() : undefined));
  }

  #hand(chunk: Uint8Array): void {
    this.#refusal = attempt(chunk, this.#ticket.received_bytes, this.#limits, this.#receiver);
  }

  #settle(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#ticket.arrived();
    conclude(this.#receiver, error);
  }
}

/** Lets the bytes of a body wait. */
export function flowOf(raw: IncomingMessage): Flow {
  return { pause: () => raw.pause(), resume: () => raw.resume() };
}

/** Reads a body that nobody wants, so that its sender gets to read the answer. */
export function discard(
  service: Pick<Service, "config" | "collector" | "admission">,
  raw: IncomingMessage,
): Promise<void> {
  const ticket = service.admission.enter();
  return new Promise((resolve) => {
    const done = () => {
      ticket.leave();
      resolve();
    };
    receive(service, raw, ticket, { drops: true, write: () => undefined, end: done, fail: done });
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
