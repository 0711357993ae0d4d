/**
 * Reads the body of a request as it arrives: counts its bytes, leases its row, opens its reader by its first bytes, and
 * writes each chunk to the reader or straight into a row. A refused body is read to its end and dropped, up to a limit,
 * so that the client can read the answer and the connection can be used again.
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

/** The destination of a body's bytes. */
export interface ChunkReader {
  /** the form of the logits, once known; absent when there are none */
  readonly form?: BodyForm | undefined;
  /** true when the next bytes must wait in memory for the bytes after them */
  readonly parks?: boolean;
  /** a row that takes the rest of the body directly, instead of `write` */
  readonly into?: Row | undefined;
  write(chunk: Uint8Array): void;
  end(): void;
}

/**
 * The callbacks for a body. Nothing is called after `fail`, nor after `whole` unless it throws. Do not build one by
 * spreading objects: V8 would give it a new shape in each request, and code compiled for the others would not fit.
 */
export interface BodyUse<Reader extends ChunkReader> {
  /** whether a chunk is never read again once it was written */
  readonly in_place?: boolean;
  /** The number of rows that it needs at once, if its first bytes say so; 1 when absent. */
  rows?(first: Uint8Array): number;
  /** Makes the reader of the body from its first bytes. An error thrown here, or by the callbacks below, refuses the body. */
  open(first: Uint8Array): Reader;
  /** A chunk was written. */
  wrote?(reader: Reader, chunk: Uint8Array): void;
  /** All bytes were written, and the reader accepts them. An error thrown here goes to `fail`. */
  whole(reader: Reader): void;
}

/** The body failed: with the first Problem, or ClientGone. */
export type Fail = (error: unknown) => void;

type Host = Pick<Service, "config" | "collector" | "counters">;

/**
 * The state of a body, which decides about its next bytes. asking: its rows are requested; waiting: bytes are stored
 * until the rows are granted; reading: bytes are written; dropping: bytes are dropped; over: bytes are ignored.
 */
type State = "asking" | "waiting" | "reading" | "dropping" | "over";

/**
 * Carries the body of one request from the connection to its reader, until it is whole, refused, too slow, or its client
 * is gone. If the request is refused from the start, the body is dropped.
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
  /** bytes that arrived before there was a row for them */
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
      // A stream that was stopped just as it began to flow still emits its end.
      if (this.#state !== "waiting") this.#conclude();
    });
    // Every request closes in the end. The error is made only if the body was incomplete by then.
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

  /** Pauses and resumes the body. */
  pause(): void {
    this.#raw.pause();
  }

  resume(): void {
    this.#raw.resume();
  }

  /** The rest of the body is dropped; at its end it fails with this error. */
  refuse(error: unknown): void {
    if (this.#state === "over" || this.#state === "dropping") return;
    this.#state = "dropping";
    this.#refusal = error;
  }

  /** Keeps bytes that cannot be written yet. */
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

  /**
   * Writes a chunk, or requests the rows that it needs and stores it until then; the connection is not read meanwhile.
   */
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

  /** A row was granted to the body, or refused. */
  #admit(refusal: unknown): void {
    const early = this.#early;
    this.#early = undefined;
    if (this.#state === "waiting") this.#state = "reading";
    if (refusal !== undefined) this.refuse(refusal);
    // Resumed first, because its reader may pause it again.
    this.resume();
    if (early !== undefined && this.#state === "reading") this.#write(early);
    if (this.#ended) this.#conclude();
  }

  /** The whole body and its row have arrived. */
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

/** Reads and drops a refused body, so that the client can read the answer. */
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

const UNWANTED = new ClientGone("the body is not needed");

function unread(): never {
  throw new Error("a body that is dropped is not read");
}

/** Bytes of a refused body that are read. */
function readMax({ body_bytes_max, discarded_bytes_max }: Limits): number {
  return body_bytes_max + discarded_bytes_max;
}

function tooLarge(body_bytes_max: number, got: string): Problem {
  return new Problem(
    "body_too_large",
    `a body may have at most ${body_bytes_max} bytes (body_bytes_max), got ${got}`,
  );
}
