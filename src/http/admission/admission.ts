/**
 * Carries out what the gate decides: it leases rows, ends clients that are too slow, and calls the requests that wait
 * for rows or for their turn to compute, turn by turn of the event loop. libuv accepts one new connection a turn, so
 * a long turn would keep all others waiting.
 */
import { Problem } from "../../errors.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import { Gate, type GateLimits } from "./gate.ts";
import { Relief } from "./relief.ts";
import { dismissAll, Ticket } from "./ticket.ts";
import { RATE_MS_MIN } from "./visitor.ts";

/** Retry-After of a refusal, in seconds. A step takes far less. */
export const RETRY_AFTER_S = 1;

/** The number of sweeps for overdue bodies within a body's time limit. */
const LOOKS = 10;

export class Admission {
  /** Set when the process is about to end: it is no longer ready, but still answers requests. */
  draining = false;
  /** Set while the process is a spare: it is loaded, but accepts no connections, so its rows cannot be used. */
  standby = false;
  /** visitors that waited in the queue for rows, and those of them that got none */
  readonly waited = { granted: 0, refused: 0 };
  readonly sampler: Sampler;
  readonly limits: GateLimits;
  readonly gate: Gate<Ticket>;
  readonly relief: Relief;
  /** Made once: a full server sends it thousands of times a second, and each new error would capture a stack. */
  readonly no_place: Problem;
  readonly no_rows: Problem;
  readonly no_bytes: Problem;
  readonly no_preparing: Problem;
  #timer: NodeJS.Timeout | undefined;
  /** looks after the queue while there is one */
  #queue_timer: NodeJS.Timeout | undefined;
  /** when the last turn was full; no visitor has computed since */
  #full_ms = 0;
  #turn_is_due = false;

  constructor(sampler: Sampler, limits: GateLimits, collectAll: () => void = () => undefined) {
    this.relief = new Relief(collectAll, () => sampler.restGrammars());
    this.sampler = sampler;
    this.limits = limits;
    this.gate = new Gate(limits);
    const rows = `all ${limits.rows_max} rows (rows_max)`;
    this.no_place = full(`${rows}, and all ${limits.queue_max} places in the queue for them (queue_max),`);
    this.no_rows = full(`${rows}, and for ${limits.queue_ms} ms (queue_ms) none became free: they`);
    this.no_bytes = full(
      `all ${limits.held_bytes_max} bytes for what clients send or do not take (held_bytes_max)`,
    );
    this.no_preparing = new Problem(
      "overloaded",
      `at most ${this.gate.preparing_max} steps may prepare grammars at once, and this one had taken longest; try again`,
    );
  }

  get rows_out(): number {
    return this.gate.rows_out;
  }

  get rows_max(): number {
    return this.limits.rows_max;
  }

  /** A request begins. `client` is its key or its address. Requests without one share their turns with each other. */
  enter(client = ""): Ticket {
    const ticket = new Ticket(this, client);
    this.gate.enter(ticket);
    this.#timer ??= setInterval(() => this.#look(), this.#lookMs()).unref();
    return ticket;
  }

  /** A visitor has computed for `ms`. While its step is in progress in pieces, no other visitor computes. */
  spent(ticket: Ticket, ms: number): void {
    const { gate, sampler } = this;
    const was_inside = gate.turns.inside !== undefined;
    const { is_inside } = sampler;
    gate.turns.inside = is_inside ? ticket : undefined;
    const was_preparing = sampler.wasPreparing();
    if (was_preparing || ticket.is_preparing) gate.prepares(ticket, was_preparing, ms);
    if (was_preparing) this.relief.worked(ms);
    if (gate.spent(ms) || (was_inside && !is_inside)) this.#turnSoon();
  }

  /** A visitor leaves. The rest of its step is abandoned before its row is given back. */
  leave(ticket: Ticket): void {
    const was_inside = this.gate.turns.inside === ticket;
    if (was_inside) this.sampler.abandon();
    this.gate.leave(ticket);
    if (was_inside) this.#turnSoon();
  }

  #turnSoon(): void {
    if (this.#turn_is_due) return;
    this.#turn_is_due = true;
    this.#full_ms = performance.now();
    setImmediate(() => this.#turn());
  }

  /** Rows may be free: visitors that wait for them are called after this turn of the event loop. */
  rowsReturned(): void {
    if (this.gate.queued > 0) setImmediate(() => this.#grant());
  }

  /** A visitor waits for rows: starts the timer of the queue. */
  queues(): void {
    this.#queue_timer ??= setInterval(() => this.#serveQueue(), RATE_MS_MIN).unref();
  }

  #lookMs(): number {
    const { body_timeout_ms, answer_timeout_ms } = this.limits;
    return Math.max(1, Math.min(body_timeout_ms, answer_timeout_ms) / LOOKS);
  }

  #turn(): void {
    this.#turn_is_due = false;
    const now_ms = performance.now();
    this.gate.turn(now_ms - this.#full_ms);
    for (let ticket = this.gate.next(now_ms); ticket !== undefined; ticket = this.gate.next(now_ms))
      ticket.called();
  }

  #grant(): void {
    const now_ms = performance.now();
    for (let ticket = this.gate.grant(now_ms); ticket !== undefined; ticket = this.gate.grant(now_ms)) {
      this.waited.granted += 1;
      ticket.admitted(undefined);
    }
  }

  /** Frees the rows of bodies that turn out to be slow, and refuses visitors that have waited too long. */
  #serveQueue(): void {
    const now_ms = performance.now();
    dismissAll(this.gate.relieve(now_ms));
    this.#grant();
    for (let ticket = this.gate.expired(now_ms); ticket !== undefined; ticket = this.gate.expired(now_ms)) {
      this.waited.refused += 1;
      ticket.admitted(this.no_rows);
    }
    if (this.gate.queued > 0) return;
    clearInterval(this.#queue_timer);
    this.#queue_timer = undefined;
  }

  #look(): void {
    for (const ticket of this.gate.overdue(performance.now())) ticket.dismiss("late");
    if (this.gate.visitors > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function full(what: string): Problem {
  return new Problem("overloaded", `${what} of this server are in use; try again`);
}
