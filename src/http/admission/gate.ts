/**
 * Decides what each request may hold and when it may compute: admission as a state machine. Events go in, decisions
 * come out. It has no clock, timer, socket or row, so that a test can run through years of it.
 *
 *     enter ─► asks for rows, waits for them, asks for bytes, as the body comes ─► computes, turn by turn ─► is answered ─► leave
 *
 * Everything that a client makes the service hold is requested here: rows, bytes of bodies, the state of streams,
 * answers that are not yet taken. When nothing is left, the gate evicts the slowest client that is below the minimum
 * rate; of equally slow ones, the one that holds most. If no client is too slow, the newcomer waits for a row, for a
 * bounded time in a bounded queue, or is refused. A request that has arrived whole is never evicted before its answer
 * is computed.
 */

import { FairQueue } from "./fair-queue.ts";
import { TurnQueue } from "./turn-queue.ts";
import { patienceWith, rate, type Visitor } from "./visitor.ts";

export interface GateLimits {
  /** rows that may be out at once */
  readonly rows_max: number;
  /** visitors that may wait in the queue for rows */
  readonly queue_max: number;
  /** milliseconds that a visitor may wait there */
  readonly queue_ms: number;
  /** bytes besides rows that all visitors together may hold */
  readonly held_bytes_max: number;
  /** bytes a second; a slower client is evicted when room is needed */
  readonly body_rate_min: number;
  /** milliseconds that a body may take */
  readonly body_timeout_ms: number;
  /** milliseconds within which a client must take a part of its answer */
  readonly answer_timeout_ms: number;
}

/** Maximum visitors that prepare steps at once: a quarter of the rows, and at most this number. */
const PREPARING_MAX = 8;

/** The decision, and the visitors evicted for it. They have already left the gate. */
export interface Verdict<V> {
  readonly granted: boolean;
  readonly leaving: readonly V[];
}

/** Milliseconds that all visitors together may compute in one turn of the event loop. */
export const TURN_MS = 2;
/** The upper bound of that, when the rest of a turn takes long. */
export const TURN_MS_MAX = 20;

const GRANTED = { granted: true, leaving: [] } as const;
const NOT_GRANTED = { granted: false, leaving: [] } as const;

/** A scarce resource: whether there is enough of it, and how much each visitor holds. */
interface Room<V> {
  enough(): boolean;
  holds(visitor: V): boolean;
}

export class Gate<V extends Visitor> {
  rows_out = 0;
  held_bytes = 0;
  /** those that wait for their turn */
  readonly turns = new TurnQueue<V>();
  readonly #limits: GateLimits;
  readonly #visitors = new Set<V>();
  /** visitors that hold something: only when they leave is there more room */
  readonly #holders = new Set<V>();
  /** visitors that wait for rows; clients take turns */
  readonly #queue = new FairQueue<V>();
  /** visitors that prepare something long */
  readonly #preparing = new Set<V>();
  /** time of the last sweep for overdue bodies */
  #looked_ms = 0;
  /** milliseconds computed in this turn, and in all turns so far */
  #spent_ms = 0;
  #spent_total_ms = 0;
  /** how long visitors may compute in this turn */
  #turn_ms = TURN_MS;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** True when a newcomer may be refused at once. */
  get saturated(): boolean {
    const no_place = !this.#hasRows(1) && this.#queue.length >= this.#limits.queue_max;
    return no_place || this.held_bytes >= this.#limits.held_bytes_max;
  }

  get visitors(): number {
    return this.#visitors.size;
  }

  /** Number of visitors in the queue for rows. */
  get queued(): number {
    return this.#queue.length;
  }

  enter(visitor: V): void {
    this.#visitors.add(visitor);
  }

  /** The body of a visitor begins to arrive, or the next message of a stream that may already hold something. */
  expect(visitor: V, now_ms: number): void {
    visitor.phase = "arriving";
    visitor.expected_ms = now_ms;
    visitor.held_since_ms = visitor.held_bytes > 0 ? this.#clock(now_ms) : Number.POSITIVE_INFINITY;
  }

  /** The answer of a visitor begins to be sent. Its rows are free. */
  answers(visitor: V, now_ms: number): void {
    this.returnRows(visitor);
    visitor.phase = "answering";
    visitor.sent_ms = now_ms;
    visitor.held_since_ms = Math.min(visitor.held_since_ms, this.#clock(now_ms));
  }

  /** A stream waits for its next message. */
  rests(visitor: V, now_ms: number): void {
    this.returnRows(visitor);
    visitor.phase = "idle";
    visitor.held_since_ms = this.#clock(now_ms);
  }

  /** Takes back everything that a visitor holds. False when it had left before. */
  leave(visitor: V): boolean {
    if (!this.#visitors.delete(visitor)) return false;
    this.#holders.delete(visitor);
    this.#preparing.delete(visitor);
    if (this.turns.inside === visitor) this.turns.inside = undefined;
    this.returnRows(visitor);
    this.held_bytes -= visitor.held_bytes;
    visitor.held_bytes = 0;
    if (visitor.phase === "queued") this.#queue.remove(visitor);
    return true;
  }

  /** Takes back the rows of a visitor. */
  returnRows(visitor: V): void {
    this.rows_out -= visitor.rows;
    visitor.rows = 0;
  }

  /**
   * Requests rows for a visitor: `rows` is the total that it will then hold. Visitors in the queue come first, except
   * before a visitor that already has rows: if it waited for the other rows of its step, two visitors could deadlock.
   */
  askRows(visitor: V, rows: number, now_ms: number): Verdict<V> {
    if (this.#queue.length > 0 && visitor.rows === 0) return NOT_GRANTED;
    const verdict = this.#findRows(visitor, rows, now_ms);
    if (verdict.granted) this.#giveRows(visitor, rows, now_ms);
    return verdict;
  }

  /** Takes a place in the queue for rows, which `grant` or `expired` ends; false when there is none. */
  queue(visitor: V, rows: number, now_ms: number): boolean {
    if (this.#queue.length >= this.#limits.queue_max) return false;
    visitor.phase = "queued";
    visitor.wanted_rows = rows;
    visitor.queued_since_ms = now_ms;
    this.#queue.push(visitor);
    return true;
  }

  /** Grants rows to the first visitor in the queue, if there are enough, and returns it. Call until it returns undefined, whenever rows may be free. */
  grant(now_ms: number): V | undefined {
    const { first } = this.#queue;
    if (first === undefined || !this.#hasRows(first.wanted_rows)) return undefined;
    this.#queue.take();
    this.#unqueued(first, now_ms);
    this.#giveRows(first, first.wanted_rows, now_ms);
    return first;
  }

  /** Removes and returns a visitor that has waited in the queue too long. Call until it returns undefined. */
  expired(now_ms: number): V | undefined {
    for (const first of this.#queue.heads()) {
      if (first.queued_since_ms > now_ms - this.#limits.queue_ms) continue;
      this.#queue.remove(first);
      this.#unqueued(first, now_ms);
      return first;
    }
    return undefined;
  }

  /** The visitors evicted for the first in the queue. They have already left. */
  relieve(now_ms: number): readonly V[] {
    const { first } = this.#queue;
    return first === undefined ? [] : this.#findRows(first, first.wanted_rows, now_ms).leaving;
  }

  /** Requests this number of further bytes. */
  askBytes(visitor: V, bytes: number, now_ms: number): Verdict<V> {
    const enough = () => this.held_bytes + bytes <= this.#limits.held_bytes_max;
    const verdict = enough()
      ? GRANTED
      : this.#makeRoom(visitor, now_ms, { enough, holds: (each) => each.held_bytes > 0 });
    if (verdict.granted) this.holdBytes(visitor, bytes, now_ms);
    return verdict;
  }

  /** Counts bytes that are already held. */
  holdBytes(visitor: V, bytes: number, now_ms: number): void {
    this.held_bytes += bytes;
    visitor.held_bytes += bytes;
    this.#holders.add(visitor);
    visitor.held_since_ms = Math.min(visitor.held_since_ms, this.#clock(now_ms));
  }

  /** Gives bytes back. */
  freeBytes(visitor: V, bytes: number): void {
    const freed = Math.min(bytes, visitor.held_bytes);
    this.held_bytes -= freed;
    visitor.held_bytes -= freed;
  }

  /** The visitors evicted because their bodies, or their clients, took too long. They have already left. */
  overdue(now_ms: number): V[] {
    const unread_ms = now_ms - this.#looked_ms;
    this.#looked_ms = now_ms;
    const late: V[] = [];
    for (const visitor of this.#visitors) if (this.#isOverdue(visitor, now_ms, unread_ms)) late.push(visitor);
    for (const visitor of late) this.leave(visitor);
    return late;
  }

  /** True: the visitor may compute now. False: it may once `next` returns it. */
  askTurn(visitor: V, now_ms: number): boolean {
    if (this.#spent_ms < this.#turn_ms && this.turns.isFirst(visitor)) return true;
    visitor.waiting_since_ms = now_ms;
    this.turns.push(visitor);
    return false;
  }

  /** Number of visitors that may prepare steps at once. */
  get preparing_max(): number {
    return Math.max(1, Math.min(PREPARING_MAX, this.#limits.rows_max >> 2));
  }

  /**
   * A visitor has computed; `is_preparing` says whether it prepared a step. When too many prepare steps, the one that has
   * taken longest must give up.
   */
  prepares(visitor: V, is_preparing: boolean, ms: number): void {
    if (visitor.is_preparing !== is_preparing) {
      visitor.is_preparing = is_preparing;
      visitor.prepared_ms = 0;
      if (is_preparing && this.#visitors.has(visitor)) this.#preparing.add(visitor);
      else this.#preparing.delete(visitor);
    }
    if (!is_preparing) return;
    visitor.prepared_ms += ms;
    if (this.#preparing.size <= this.preparing_max) return;
    let longest = visitor;
    for (const each of this.#preparing) if (each.prepared_ms > longest.prepared_ms) longest = each;
    longest.is_refused = true;
    this.#preparing.delete(longest);
  }

  /**
   * A visitor has computed for `ms`. True when this fills the turn: call `turn` once the event loop has gone around.
   */
  spent(ms: number): boolean {
    const was_full = this.#spent_ms >= this.#turn_ms;
    this.#spent_ms += ms;
    this.#spent_total_ms += ms;
    return !was_full && this.#spent_ms >= this.#turn_ms;
  }

  /**
   * The event loop has gone around. Its other work since the turn was full took `rest_ms`. Visitors may compute as long
   * in the next turn: otherwise a loop that reads and refuses hundreds of requests a turn would compute almost nothing.
   */
  turn(rest_ms = 0): void {
    this.#spent_ms = 0;
    this.turns.turn();
    this.#turn_ms = Math.min(TURN_MS_MAX, Math.max(TURN_MS, rest_ms));
  }

  /** The visitor that computes next in this turn; undefined when none does. Time spent waiting for it does not count against a body. */
  next(now_ms: number): V | undefined {
    while (this.#spent_ms < this.#turn_ms) {
      const visitor = this.turns.take();
      if (visitor === undefined) return undefined;
      const waited_ms = now_ms - (visitor.waiting_since_ms ?? now_ms);
      visitor.waiting_since_ms = undefined;
      visitor.expected_ms += waited_ms;
      visitor.held_since_ms += waited_ms;
      if (this.#visitors.has(visitor)) return visitor;
    }
    return undefined;
  }

  #hasRows(rows: number): boolean {
    return this.rows_out + rows <= this.#limits.rows_max;
  }

  /** A visitor has left the queue. Its time there does not count against its body. */
  #unqueued(visitor: V, now_ms: number): void {
    visitor.phase = "arriving";
    visitor.expected_ms += now_ms - visitor.queued_since_ms;
  }

  #giveRows(visitor: V, rows: number, now_ms: number): void {
    this.rows_out += rows - visitor.rows;
    visitor.rows = rows;
    this.#holders.add(visitor);
    visitor.held_since_ms = Math.min(visitor.held_since_ms, this.#clock(now_ms));
  }

  #findRows(visitor: V, rows: number, now_ms: number): Verdict<V> {
    if (this.#hasRows(rows - visitor.rows)) return GRANTED;
    const enough = () => this.#hasRows(rows - visitor.rows);
    return this.#makeRoom(visitor, now_ms, { enough, holds: (each) => each.rows > 0 });
  }

  #isOverdue(visitor: V, now_ms: number, unread_ms: number): boolean {
    const { body_timeout_ms, answer_timeout_ms } = this.#limits;
    if (visitor.phase === "answering") {
      const sent_bytes = visitor.sentBytes();
      if (sent_bytes > visitor.sent_bytes) visitor.sent_ms = now_ms;
      visitor.sent_bytes = sent_bytes;
      return visitor.sent_ms <= now_ms - answer_timeout_ms;
    }
    if (visitor.phase !== "arriving" || visitor.waiting_since_ms !== undefined) return false;
    // While the server does not read, the time of a body stands still.
    if (!visitor.awaitsClient()) visitor.expected_ms += Math.min(unread_ms, now_ms - visitor.expected_ms);
    return visitor.expected_ms <= now_ms - body_timeout_ms;
  }

  /**
   * The clock by which rates are measured. It stops while the server computes, since nothing is read then. The total time
   * of a body is not stretched that way: on a busy server a drip-fed body would never time out.
   */
  #clock(now_ms: number): number {
    return now_ms - this.#spent_total_ms;
  }

  /** Evicts slow clients that hold the resource, the slowest first, until there is enough of it. */
  #makeRoom(visitor: V, now_ms: number, { enough, holds }: Room<V>): Verdict<V> {
    const leaving: V[] = [];
    const clock_ms = this.#clock(now_ms);
    const slow = [...this.#holders]
      .filter((each) => each !== visitor && holds(each) && this.#isSlow(each, clock_ms))
      .sort((a, b) => rate(a, clock_ms) - rate(b, clock_ms) || b.held_bytes - a.held_bytes);
    for (const each of slow) {
      if (enough()) break;
      this.leave(each);
      leaving.push(each);
    }
    return { granted: enough(), leaving };
  }

  #isSlow(visitor: V, clock_ms: number): boolean {
    const since_ms = clock_ms - visitor.held_since_ms;
    return since_ms >= patienceWith(visitor) && rate(visitor, clock_ms) < this.#limits.body_rate_min;
  }
}
