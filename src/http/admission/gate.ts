/**
 * Who may hold what, and who computes when: the decisions of admission as a state machine. Events go in, decisions
 * come out; it has no clock, timer, socket or row, so that a test can live through years of it.
 *
 *     enter ─► asks for a row or bytes, as the body comes ─► arrived ─► asks for turns, computes ─► leave
 *
 * Bodies that are arriving hold rows or bytes. When there are none left, the slowest of them has to go if it is slower
 * than a body may then be; if none is, the newcomer is refused. A body that has arrived never has to go.
 */

/** A request under way. Its fields are the gate's, but for the received bytes, which the visitor counts. */
export interface Visitor {
  received_bytes: number;
  /** from when its body is timed: it was to come; it was first given something to hold. Both by the gate's clock. */
  expected_ms: number;
  held_since_ms: number;
  held_bytes: number;
  has_row: boolean;
  /** its body has not come to its end */
  arriving: boolean;
  /** since when it waits for its turn; undefined when it does not */
  waiting_since_ms: number | undefined;
}

export interface GateLimits {
  /** rows that may be out at once */
  readonly rows_max: number;
  /** bytes that bodies may hold besides rows, all together */
  readonly held_bytes_max: number;
  /** bytes a second; a slower body makes room when there is none */
  readonly body_rate_min: number;
  /** milliseconds that a body may take */
  readonly body_timeout_ms: number;
}

/** Whether there is what was asked for, and who has to go for it; who has to go has left. */
export interface Verdict<V> {
  readonly granted: boolean;
  readonly leaving: readonly V[];
}

/** How long visitors may compute in one turn of the event loop, all together, in milliseconds. */
export const TURN_MS = 2;
/** The most that they may, when the rest of a turn takes long. */
export const TURN_MS_MAX = 20;

/** A body is called slow only after this many milliseconds, in which a first packet is there from anywhere near. */
export const RATE_MS_MIN = 20;

const MS_PER_S = 1000;
const GRANTED = { granted: true, leaving: [] } as const;

export class Gate<V extends Visitor> {
  rows_out = 0;
  held_bytes = 0;
  /** in the middle of something that nobody else may come between: the only one who is given turns */
  inside: V | undefined;
  readonly #limits: GateLimits;
  readonly #visitors = new Set<V>();
  /** those that hold something: the only ones whose going makes room */
  readonly #holders = new Set<V>();
  /** those that wait for their turn, the first in front */
  readonly #waiting: V[] = [];
  /** in this turn, and in all turns so far */
  #spent_ms = 0;
  #spent_total_ms = 0;
  /** how long visitors may compute in this turn */
  #turn_ms = TURN_MS;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Whether a newcomer may find no room. */
  get saturated(): boolean {
    return !this.#hasRow() || this.held_bytes >= this.#limits.held_bytes_max;
  }

  get visitors(): number {
    return this.#visitors.size;
  }

  enter(visitor: V): void {
    this.#visitors.add(visitor);
  }

  /** The body of a visitor comes from now on. */
  expect(visitor: V, now_ms: number): void {
    visitor.arriving = true;
    visitor.expected_ms = now_ms;
  }

  /** Takes back all that a visitor holds, whatever became of it. False when it had left before. */
  leave(visitor: V): boolean {
    if (!this.#visitors.delete(visitor)) return false;
    this.#holders.delete(visitor);
    if (this.inside === visitor) this.inside = undefined;
    if (visitor.has_row) this.rows_out -= 1;
    this.held_bytes -= visitor.held_bytes;
    visitor.has_row = false;
    visitor.held_bytes = 0;
    return true;
  }

  /** Asks for the one row of a visitor. */
  askRow(visitor: V, now_ms: number): Verdict<V> {
    const verdict = this.#hasRow() ? GRANTED : this.#makeRoom(visitor, now_ms, () => this.#hasRow());
    if (!verdict.granted) return verdict;
    this.rows_out += 1;
    visitor.has_row = true;
    this.#holders.add(visitor);
    visitor.held_since_ms = Math.min(visitor.held_since_ms, this.#clock(now_ms));
    return verdict;
  }

  /** Asks for so many bytes more. */
  askBytes(visitor: V, bytes: number, now_ms: number): Verdict<V> {
    const enough = () => this.held_bytes + bytes <= this.#limits.held_bytes_max;
    const verdict = enough() ? GRANTED : this.#makeRoom(visitor, now_ms, enough);
    if (!verdict.granted) return verdict;
    this.held_bytes += bytes;
    visitor.held_bytes += bytes;
    this.#holders.add(visitor);
    visitor.held_since_ms = Math.min(visitor.held_since_ms, this.#clock(now_ms));
    return verdict;
  }

  /** The visitors whose bodies have taken too long; they have left. */
  overdue(now_ms: number): V[] {
    const expected_by_ms = now_ms - this.#limits.body_timeout_ms;
    const late = [...this.#visitors].filter((each) => isArriving(each) && each.expected_ms <= expected_by_ms);
    for (const visitor of late) this.leave(visitor);
    return late;
  }

  /** True: the visitor computes now. False: once `next` names it. */
  askTurn(visitor: V, now_ms: number): boolean {
    const is_first = this.inside === undefined ? this.#waiting.length === 0 : this.inside === visitor;
    if (this.#spent_ms < this.#turn_ms && is_first) return true;
    visitor.waiting_since_ms = now_ms;
    this.#waiting.push(visitor);
    return false;
  }

  /** A visitor has computed for so long. True when the turn is full by that: call `turn` when the event loop has gone around. */
  spent(ms: number): boolean {
    const was_full = this.#spent_ms >= this.#turn_ms;
    this.#spent_ms += ms;
    this.#spent_total_ms += ms;
    return !was_full && this.#spent_ms >= this.#turn_ms;
  }

  /**
   * The event loop has gone around, and what it had to do since the turn was full took so long. Visitors may compute as
   * long in the next one: when hundreds of requests a turn are read and refused, it would do little else.
   */
  turn(rest_ms = 0): void {
    this.#spent_ms = 0;
    this.#turn_ms = Math.min(TURN_MS_MAX, Math.max(TURN_MS, rest_ms));
  }

  /** Who computes next in this turn; undefined: nobody. Time spent waiting for that is not held against a body. */
  next(now_ms: number): V | undefined {
    while (this.#spent_ms < this.#turn_ms) {
      const visitor = this.#takeFirst();
      if (visitor === undefined) return undefined;
      const waited_ms = now_ms - (visitor.waiting_since_ms ?? now_ms);
      visitor.waiting_since_ms = undefined;
      visitor.expected_ms += waited_ms;
      visitor.held_since_ms += waited_ms;
      if (this.#visitors.has(visitor)) return visitor;
    }
    return undefined;
  }

  #takeFirst(): V | undefined {
    if (this.inside === undefined) return this.#waiting.shift();
    const at = this.#waiting.indexOf(this.inside);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  #hasRow(): boolean {
    return this.rows_out < this.#limits.rows_max;
  }

  /**
   * By which rates are measured: it stands still while the server computes, since nobody reads then what clients send. The
   * time that a body may take in all is not stretched so, or drip-fed ones would outlive it on a busy server.
   */
  #clock(now_ms: number): number {
    return now_ms - this.#spent_total_ms;
  }

  /** Sends slow bodies away, the slowest first, until there is enough room. */
  #makeRoom(visitor: V, now_ms: number, enough: () => boolean): Verdict<V> {
    const leaving: V[] = [];
    const clock_ms = this.#clock(now_ms);
    const slow = [...this.#holders]
      .filter((each) => each !== visitor && isArriving(each) && this.#isSlow(each, clock_ms))
      .sort((a, b) => rate(a, clock_ms) - rate(b, clock_ms));
    for (const each of slow) {
      if (enough()) break;
      this.leave(each);
      leaving.push(each);
    }
    return { granted: enough(), leaving };
  }

  #isSlow(visitor: V, clock_ms: number): boolean {
    const age_ms = clock_ms - visitor.held_since_ms;
    return age_ms >= RATE_MS_MIN && rate(visitor, clock_ms) < this.#limits.body_rate_min;
  }
}

/** Its bytes are what it waits for. */
function isArriving({ arriving, waiting_since_ms }: Visitor): boolean {
  return arriving && waiting_since_ms === undefined;
}

/** Bytes a second since it has held something. */
function rate({ received_bytes, held_since_ms }: Visitor, clock_ms: number): number {
  return (received_bytes * MS_PER_S) / (clock_ms - held_since_ms);
}
