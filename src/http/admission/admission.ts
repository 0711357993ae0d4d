/**
 * Lets requests in, as the gate decides: gives out rows, tells bodies that are too slow, and calls those that compute
 * turn by turn of the event loop. libuv takes one new connection a turn, so a long one would keep all others waiting.
 */
import { assert, Problem } from "../../errors.ts";
import type { Row } from "../../kernels/kernel.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import { Gate, type GateLimits, type Verdict, type Visitor } from "./gate.ts";

/** Seconds after which a client that was turned away may try again: a step takes far less. */
export const RETRY_AFTER_S = 1;

/** Bodies that take too long are looked for so many times in the time they may take. */
const LOOKS = 10;

export class Admission {
  /** Set when the process is about to end: no longer ready, though requests are still answered. */
  draining = false;
  /** Set while the process is loaded but takes no connections: nobody can have its rows. */
  standby = false;
  readonly sampler: Sampler;
  readonly limits: GateLimits;
  readonly gate: Gate<Visit>;
  /** Made once: where a server is full it is sent thousands of times a second, and making an error costs a stack. */
  readonly no_rows: Problem;
  readonly no_bytes: Problem;
  #timer: NodeJS.Timeout | undefined;
  /** when the last turn was full: nobody has computed since */
  #full_ms = 0;
  #turn_is_due = false;

  constructor(sampler: Sampler, limits: GateLimits) {
    this.sampler = sampler;
    this.limits = limits;
    this.gate = new Gate(limits);
    this.no_rows = full(`all ${limits.rows_max} rows (rows_max)`);
    this.no_bytes = full(`all ${limits.held_bytes_max} bytes for bodies (held_bytes_max)`);
  }

  get rows_out(): number {
    return this.gate.rows_out;
  }

  get rows_max(): number {
    return this.limits.rows_max;
  }

  /** A request begins. */
  enter(): Visit {
    const visit = new Visit(this);
    this.gate.enter(visit);
    this.#timer ??= setInterval(() => this.#look(), Math.max(1, this.limits.body_timeout_ms / LOOKS)).unref();
    return visit;
  }

  /** A visitor has computed for so long. While a step of its is under way in pieces, nobody else computes. */
  spent(visit: Visit, ms: number): void {
    const { gate, sampler } = this;
    const was_inside = gate.inside !== undefined;
    gate.inside = sampler.is_inside ? visit : undefined;
    if (gate.spent(ms) || (was_inside && gate.inside === undefined)) this.#turnSoon();
  }

  /** A visitor leaves. What is left of a step of its is given up, while its row is still its own. */
  leave(visit: Visit): void {
    const was_inside = this.gate.inside === visit;
    if (was_inside) this.sampler.abandon();
    this.gate.leave(visit);
    if (was_inside) this.#turnSoon();
  }

  #turnSoon(): void {
    if (this.#turn_is_due) return;
    this.#turn_is_due = true;
    this.#full_ms = performance.now();
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#turn_is_due = false;
    const now_ms = performance.now();
    this.gate.turn(now_ms - this.#full_ms);
    for (let visit = this.gate.next(now_ms); visit !== undefined; visit = this.gate.next(now_ms))
      visit.called();
  }

  #look(): void {
    const { body_timeout_ms } = this.limits;
    for (const visit of this.gate.overdue(performance.now()))
      visit.dismiss(
        `the body must arrive within ${body_timeout_ms} ms (body_timeout_ms), got ${visit.received_bytes} bytes of it`,
      );
    if (this.gate.visitors > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** One request under way: what it holds, and its turn to compute. */
export class Visit implements Visitor {
  received_bytes = 0;
  expected_ms = 0;
  held_since_ms = Number.POSITIVE_INFINITY;
  held_bytes = 0;
  has_row = false;
  arriving = false;
  waiting_since_ms: number | undefined = undefined;
  readonly #admission: Admission;
  #cut: ((problem: Problem) => void) | undefined;
  #row: Row | undefined;
  #job: (() => number) | undefined;
  #left = false;
  #paused_since_ms: number | undefined;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** Its body comes from now on. `cut` is called at most once: when the body takes too long, or has to make room. */
  expect(cut: (problem: Problem) => void): void {
    this.#admission.gate.expect(this, performance.now());
    this.#cut = cut;
  }

  /** The row of this request, the same at every call. Throws the Problem `overloaded` when none is free. */
  readonly lease = (): Row => {
    if (this.#row !== undefined) return this.#row;
    const { gate, sampler, no_rows } = this.#admission;
    assert(!this.#left, "a row is leased while its request lasts");
    this.#require(gate.askRow(this, performance.now()), no_rows);
    this.#row = sampler.leaseRow();
    assert(this.#row !== undefined, "the gate counts the rows of the sampler");
    return this.#row;
  };

  /** Holds so many bytes of the body until the request is over. Throws the Problem `overloaded`. */
  hold(bytes: number): void {
    const { gate, no_bytes } = this.#admission;
    this.#require(gate.askBytes(this, bytes, performance.now()), no_bytes);
  }

  /**
   * Calls the job in this turn of the event loop or a later one, and then until it says how long it computed, in
   * milliseconds. It is not called once the request is over.
   */
  compute(job: () => number): void {
    if (this.#left) return;
    const { gate } = this.#admission;
    if (gate.askTurn(this, performance.now())) this.#admission.spent(this, job());
    else this.#job = job;
  }

  /** Its turn has come. */
  called(): void {
    const job = this.#job;
    this.#job = undefined;
    if (job !== undefined) this.#admission.spent(this, job());
  }

  /** The server reads no further for now: the body is not timed until `resume`. */
  pause(): void {
    if (!this.arriving) return;
    this.arriving = false;
    this.#paused_since_ms = performance.now();
  }

  resume(): void {
    if (this.#paused_since_ms === undefined) return;
    const paused_ms = performance.now() - this.#paused_since_ms;
    this.#paused_since_ms = undefined;
    this.expected_ms += paused_ms;
    this.held_since_ms += paused_ms;
    this.arriving = true;
  }

  /** The request is over. */
  leave(): void {
    this.#admission.leave(this);
    this.#release();
  }

  /** The gate has sent it away. */
  dismiss(sentence: string): void {
    this.#release();
    this.#cut?.(new Problem("body_timeout", sentence));
  }

  #require({ granted, leaving }: Verdict<Visit>, refusal: Problem): void {
    const { body_rate_min } = this.#admission.limits;
    for (const visit of leaving)
      visit.dismiss(
        `while the server is full a body must bring ${body_rate_min} bytes a second (body_rate_min), got less`,
      );
    if (!granted) throw refusal;
  }

  #release(): void {
    this.#left = true;
    if (this.#row === undefined) return;
    this.#admission.sampler.returnRow(this.#row);
    this.#row = undefined;
  }
}

function full(what: string): Problem {
  return new Problem("overloaded", `${what} of this server are in use; try again`);
}
