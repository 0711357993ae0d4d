/** A request in progress for the code that serves it: what it holds, how it gets rows, and its turn to compute. */
import { assert, Problem } from "../../errors.ts";
import type { Row } from "../../kernels/kernel.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { Gate, GateLimits } from "./gate.ts";
import type { Relief } from "./relief.ts";
import type { Phase, Visitor } from "./visitor.ts";

/** The body of a ticket's request. */
export interface ArrivingBody {
  /** true once the whole body has arrived */
  readonly complete?: boolean;
  isPaused?(): boolean;
}

/** The part of Admission that its tickets call. */
export interface Host {
  readonly gate: Gate<Ticket>;
  readonly limits: GateLimits;
  readonly relief: Relief;
  readonly sampler: Pick<Sampler, "leaseRow" | "returnRow">;
  readonly no_place: Problem;
  readonly no_bytes: Problem;
  readonly no_preparing: Problem;
  rowsReturned(): void;
  queues(): void;
  spent(ticket: Ticket, ms: number): void;
  leave(ticket: Ticket): void;
}

/** One request in progress: what it holds, and its turn to compute. */
export class Ticket implements Visitor {
  phase: Phase = "computing";
  received_bytes = 0;
  expected_ms = 0;
  held_since_ms = Number.POSITIVE_INFINITY;
  held_bytes = 0;
  rows = 0;
  wanted_rows = 0;
  queued_since_ms = 0;
  waiting_since_ms: number | undefined = undefined;
  is_preparing = false;
  prepared_ms = 0;
  is_refused = false;
  sent_bytes = 0;
  sent_ms = 0;
  readonly client: string;
  readonly #admission: Host;
  #body: ArrivingBody | undefined;
  #sent: (() => number) | undefined;
  #cut: ((problem: Problem) => void) | undefined;
  #admitted: ((refusal: Problem | undefined) => void) | undefined;
  /** the rows that it has leased */
  readonly #rows: Row[] = [];
  #job: (() => number) | undefined;
  #left = false;
  #paused_since_ms: number | undefined;

  constructor(admission: Host, client: string) {
    this.#admission = admission;
    this.client = client;
  }

  /** Its body begins to arrive. `cut` is called at most once: when the body takes too long, or is evicted to make room. */
  expect(body: ArrivingBody, cut: (problem: Problem) => void): void {
    this.received_bytes = 0;
    this.#admission.gate.expect(this, performance.now());
    this.#body = body;
    this.#cut = cut;
  }

  awaitsClient(): boolean {
    return this.#body?.complete !== true && this.#body?.isPaused?.() !== true;
  }

  /** The server computes, or stops reading for now: the body is not timed until `resume`. */
  pause(): void {
    if (this.phase !== "arriving") return;
    this.phase = "computing";
    this.#paused_since_ms = performance.now();
  }

  resume(): void {
    if (this.#paused_since_ms === undefined) return;
    const paused_ms = performance.now() - this.#paused_since_ms;
    this.#paused_since_ms = undefined;
    this.expected_ms += paused_ms;
    this.held_since_ms += paused_ms;
    this.phase = "arriving";
  }

  /** The whole body, or the whole message, has arrived. */
  arrived(): void {
    this.#paused_since_ms = undefined;
    if (this.phase === "arriving") this.phase = "computing";
  }

  /** A stream waits for its next message. `cut` is called when it is evicted to make room. */
  rest(cut: (problem: Problem) => void): void {
    this.#returnRows();
    this.#admission.gate.rests(this, performance.now());
    this.#admission.rowsReturned();
    this.#cut = cut;
  }

  /**
   * Its client reads the answer, `sent` bytes so far. Its rows are free. `cut` is called when the client reads nothing
   * for too long, or is evicted to make room.
   */
  answers(sent: () => number, cut: (problem: Problem) => void): void {
    this.#returnRows();
    this.#admission.gate.answers(this, performance.now());
    this.#admission.rowsReturned();
    this.#sent = sent;
    this.#cut = cut;
  }

  sentBytes(): number {
    return this.#sent?.() ?? 0;
  }

  /**
   * True: the request has its rows. False: `then` is called once it has them, or with the Problem if it gets none.
   * Throws the Problem `overloaded` when the queue is full.
   */
  reserve(then: (refusal: Problem | undefined) => void, rows = 1): boolean {
    if (this.rows > 0) return true;
    const admission = this.#admission;
    if (this.#askRows(rows)) return true;
    if (!admission.gate.queue(this, rows, performance.now())) throw admission.no_place;
    this.#admitted = then;
    admission.queues();
    return false;
  }

  /** Its time in the queue is over. */
  admitted(refusal: Problem | undefined): void {
    const then = this.#admitted;
    this.#admitted = undefined;
    then?.(refusal);
  }

  /** A row of this request; the same row for the same index. Throws the Problem `overloaded` when none is free. */
  readonly lease = (index = 0): Row => {
    const leased = this.#rows[index];
    if (leased !== undefined) return leased;
    assert(!this.#left, "a row is leased while its request lasts");
    if (this.rows <= index && !this.#askRows(index + 1)) throw this.#admission.no_place;
    while (this.#rows.length <= index) {
      const row = this.#admission.sampler.leaseRow();
      assert(row !== undefined, "the gate counts the rows of the sampler");
      this.#rows.push(row);
    }
    return this.#rows[index] as Row; // leased just now
  };

  /** Holds this number of bytes until the request is over. Throws the Problem `overloaded`. */
  hold(bytes: number): void {
    const { gate, no_bytes, relief } = this.#admission;
    const { granted, leaving } = gate.askBytes(this, bytes, performance.now());
    relief.holds(gate.held_bytes);
    dismissAll(leaving);
    if (!granted) throw no_bytes;
  }

  /** Counts bytes that are held already, even if there is no room for them. */
  count(bytes: number): void {
    const { gate, relief } = this.#admission;
    gate.holdBytes(this, bytes, performance.now());
    relief.holds(gate.held_bytes);
  }

  /** Releases so many bytes. */
  free(bytes: number): void {
    this.#admission.gate.freeBytes(this, bytes);
  }

  /**
   * Calls the job in this turn of the event loop or a later one, and again until it returns how long it computed, in
   * milliseconds. Once the request is over, the job is not called any more. A request has one job at a time: a second would
   * take the turn of the first, which would wait for ever.
   */
  compute(job: () => number): void {
    if (this.#left) return;
    assert(this.#job === undefined, "a request asks for its next turn after the one that it waits for");
    const { gate } = this.#admission;
    if (gate.askTurn(this, performance.now())) this.#admission.spent(this, job());
    else this.#job = job;
  }

  /** Throws the Problem if the gate has decided that the request must stop preparing its step. */
  requireAllowed(): void {
    if (!this.is_refused) return;
    this.is_refused = false;
    throw this.#admission.no_preparing;
  }

  /** Its turn has come. */
  called(): void {
    const job = this.#job;
    this.#job = undefined;
    if (job !== undefined) this.#admission.spent(this, job());
  }

  /** The request is over. */
  leave(): void {
    this.#admission.leave(this);
    this.#end();
  }

  /** The gate has evicted it: to make room, or because it took too long. */
  dismiss(why: "slow" | "late"): void {
    const problem = why === "slow" ? this.#slow() : this.#late();
    this.#end();
    this.#cut?.(problem);
  }

  #slow(): Problem {
    const { body_rate_min } = this.#admission.limits;
    if (this.phase === "idle")
      return new Problem(
        "overloaded",
        "this server is full, and what the stream keeps is wanted: open it again with its seed, history and the state of the last reply",
      );
    const rule = this.phase === "answering" ? "an answer must be taken at" : "a body must bring";
    return new Problem(
      "body_timeout",
      `while the server is full ${rule} ${body_rate_min} bytes a second (body_rate_min), got less`,
    );
  }

  #late(): Problem {
    const { body_timeout_ms, answer_timeout_ms } = this.#admission.limits;
    return new Problem(
      "body_timeout",
      this.phase === "answering"
        ? `something of an answer must be taken within ${answer_timeout_ms} ms (answer_timeout_ms)`
        : `the body must arrive within ${body_timeout_ms} ms (body_timeout_ms), got ${this.received_bytes} bytes of it`,
    );
  }

  #askRows(rows: number): boolean {
    const { granted, leaving } = this.#admission.gate.askRows(this, rows, performance.now());
    if (leaving.length > 0) dismissAll(leaving);
    return granted;
  }

  #end(): void {
    this.#left = true;
    this.#returnRows();
    this.#admission.rowsReturned();
    this.#admission.relief.holds(this.#admission.gate.held_bytes);
  }

  #returnRows(): void {
    for (let row = this.#rows.pop(); row !== undefined; row = this.#rows.pop())
      this.#admission.sampler.returnRow(row);
  }
}

/** Calls back the visitors that were evicted. */
export function dismissAll(leaving: readonly Ticket[]): void {
  for (const ticket of leaving) ticket.dismiss("slow");
}
