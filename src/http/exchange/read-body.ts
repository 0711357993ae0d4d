/**
 * Reads the body of a request as it arrives: counts it, gets the row that it needs, opens its reader by its first bytes,
 * and puts every chunk where it belongs, into the reader or straight into a row. A body that is refused is read to its
 * end and dropped, within a limit, so that its sender gets to read the answer and the connection lives on.
 */
import type { IncomingMessage } from "node:http";
import type { Limits } from "../../config/config.ts";
import { Problem } from "../../errors.ts";
import type { Row } from "../../kernels/kernel.ts";
import type { BodyForm } from "../../wire/row-source.ts";
import { rowTooLong } from "../../wire/rows.ts";
import type { Ticket } from "../admission/ticket.ts";
import { type BodySink, takeInPlace } from "../node/connections.ts";
import { ClientGone } from "./client-gone.ts";
import type { Service } from "./service.ts";
import type { Flow } from "./turns.ts";

/** What bytes of a body are written to. */
export interface ChunkReader {
  /** the form of the logits, once known; absent: there are none */
  readonly form?: BodyForm | undefined;
  /** whether the bytes that come next have to wait in memory for those that follow */
  readonly parks?: boolean;
  /** a row that takes the rest of the body as it is, in place of `write` */
  readonly into?: Row | undefined;
  write(chunk: Uint8Array): void;
  end(): void;
}

/**
 * What is done with a body. Nothing is called after `whole`, unless it throws, nor after `fail`. One that is put together by
 * spreading has a shape of its own in each request, and what V8 knows of the others does not hold for it.
 */
export interface BodyUse<Reader extends ChunkReader> {
  /** whether nothing of a chunk is looked at again once it was taken */
  readonly in_place?: boolean;
  /** How many rows it surely needs at once, as far as its first bytes tell; 1 when absent. */
  rows?(first: Uint8Array): number;
  /** Makes what reads the body; asked when its first bytes are there. What it throws refuses the body, as does what is thrown below. */
  open(first: Uint8Array): Reader;
  /** A chunk was written. */
  wrote?(reader: Reader, chunk: Uint8Array): void;
  /** All bytes were written, and the reader is content. What it throws goes to `fail`. */
  whole(reader: Reader): void;
}

/** There is no body to be had: the first Problem, or ClientGone. */
export type Fail = (error: unknown) => void;

type Host = Pick<Service, "config" | "collector" | "counters">;

/**
 * What becomes of the next bytes: a row is asked for; they are kept until there is one; they are put where they belong;
 * they are dropped; nobody looks at them.
 */
type State = "asking" | "waiting" | "reading" | "dropping" | "over";

/**
 * The body of one request on its way from the connection to its reader, from now until it is whole, refused, too slow, or its
 * client is gone. With a refusal from the start it is dropped.
 */
export class BodyReading<Reader extends ChunkReader> implements BodySink, Flow {
  readonly #service: Host;
  readonly #raw: IncomingMessage;
  readonly #ticket: Ticket;
  readonly #use: BodyUse<Reader>;
  readonly #failed: Fail;
  readonly #bytes_max: number;
  #state: State = "asking";
  /** why the rest is dropped */
  #refusal: unknown;
  #reader: Reader | undefined;
  #into: Row | undefined;
  /** what came before there was a row for it */
  #early: Uint8Array | undefined;
  #ended = false;

  constructor(
    service: Host,
    raw: IncomingMessage,
    ticket: Ticket,
    use: BodyUse<Reader>,
    fail: Fail,
    refusal?: unknown,
  ) {
    this.#service = service;
    this.#raw = raw;
    this.#ticket = ticket;
    this.#use = use;
    this.#failed = fail;
    this.#bytes_max = service.config.limits.body_bytes_max;
    if (refusal !== undefined) this.refuse(refusal);
    const { collector, config } = service;
    ticket.expect(raw, (problem) => this.#fail(this.#refusal ?? problem));
    if (use.in_place) takeInPlace(raw, collector, this);
    else
      raw.on("data", (chunk: Uint8Array) => {
        this.take(chunk);
        collector.count(chunk.length);
      });
    raw.on("end", () => {
      this.#ended = true;
      // A stream that was stopped while it began to flow tells its end all the same.
      if (this.#state !== "waiting") this.#conclude();
    });
    // Every request closes in the end; the error is made only for one that was not complete by then.
    raw.on("close", () => {
      if (!this.#ended) this.#fail(new ClientGone("the client closed the connection"));
    });
    const length = Number(raw.headers["content-length"] ?? 0);
    if (length <= this.#bytes_max) return;
    this.refuse(tooLarge(this.#bytes_max, String(length)));
    if (length > readMax(config.limits)) this.#fail(this.#refusal);
  }

  take(chunk: Uint8Array): void {
    if (this.#state === "over") return;
    this.#ticket.received_bytes += chunk.length;
    if (this.#state === "asking") this.#ask(chunk);
    else if (this.#state !== "reading") this.#takeBeside(chunk);
    else if (this.#into === undefined || this.#ticket.received_bytes > this.#bytes_max) this.#write(chunk);
    else if (!this.#into.append(chunk)) this.refuse(rowTooLong(this.#into, ""));
  }

  /** Stops the body, and lets it go on. */
  pause(): void {
    this.#raw.pause();
  }

  resume(): void {
    this.#raw.resume();
  }

  /** No more of the body is wanted: at its end this is what it failed by. */
  refuse(error: unknown): void {
    if (this.#state === "over" || this.#state === "dropping") return;
    this.#state = "dropping";
    this.#refusal = error;
  }

  /** Takes what is not to be read at once. */
  #takeBeside(chunk: Uint8Array): void {
    if (this.#state === "dropping") {
      if (this.#ticket.received_bytes > readMax(this.#service.config.limits)) this.#fail(this.#refusal);
    } else this.#early = Buffer.concat([this.#early as Uint8Array, chunk]); // was under way when the connection was stopped
  }

  #write(chunk: Uint8Array): void {
    try {
      const { received_bytes } = this.#ticket;
      if (received_bytes > this.#bytes_max) throw tooLarge(this.#bytes_max, `more than ${this.#bytes_max}`);
      this.#reader ??= this.#use.open(chunk);
      const reader = this.#reader;
      if (reader.parks) this.#ticket.hold(chunk.length);
      reader.write(chunk);
      this.#into = reader.into;
      this.#use.wrote?.(reader, chunk);
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Writes a chunk, or asks for the rows that it needs and keeps it until then: the connection is read no further. */
  #ask(chunk: Uint8Array): void {
    try {
      const rows = this.#use.rows?.(chunk) ?? 1;
      const has_row = this.#ticket.reserve((refusal) => this.#admit(refusal), rows);
      this.#state = has_row ? "reading" : "waiting";
    } catch (error) {
      this.refuse(error);
      return;
    }
    if (this.#state === "reading") {
      this.#write(chunk);
      return;
    }
    this.#early = Uint8Array.from(chunk);
    this.pause();
  }

  /** There is a row for the body, or none is to be had. */
  #admit(refusal: unknown): void {
    const early = this.#early;
    this.#early = undefined;
    if (this.#state === "waiting") this.#state = "reading";
    if (refusal !== undefined) this.refuse(refusal);
    // Before its reader may want to stop it again.
    this.resume();
    if (early !== undefined && this.#state === "reading") this.#write(early);
    if (this.#ended) this.#conclude();
  }

  /** All has come, and a row for it. */
  #conclude(): void {
    if (this.#state === "over") return;
    if (this.#refusal !== undefined) {
      this.#fail(this.#refusal);
      return;
    }
    this.#state = "over";
    this.#ticket.arrived();
    try {
      const reader = this.#reader;
      if (reader === undefined) throw new Problem("body_missing", "the request has no body");
      reader.end();
      if (reader.form !== undefined)
        this.#service.counters.received(reader.form, this.#ticket.received_bytes);
      this.#use.whole(reader);
    } catch (error) {
      this.#failed(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#ticket.arrived();
    this.#failed(error);
  }
}

/** Reads a body that nobody wants, so that its sender gets to read the answer. */
export function discard(service: Host & Pick<Service, "admission">, raw: IncomingMessage): Promise<void> {
  const ticket = service.admission.enter();
  return new Promise((resolve) => {
    const fail = () => {
      ticket.leave();
      resolve();
    };
    new BodyReading(service, raw, ticket, { open: unread, whole: unread }, fail, UNWANTED);
  });
}

const UNWANTED = new ClientGone("nobody wants the body");

function unread(): never {
  throw new Error("a body that is dropped is not read");
}

/** How much of a refused body is read. */
function readMax({ body_bytes_max, discarded_bytes_max }: Limits): number {
  return body_bytes_max + discarded_bytes_max;
}

function tooLarge(body_bytes_max: number, got: string): Problem {
  return new Problem(
    "body_too_large",
    `a body may have at most ${body_bytes_max} bytes (body_bytes_max), got ${got}`,
  );
}
