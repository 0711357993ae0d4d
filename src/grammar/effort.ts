/**
 * Work on a grammar, counted in units. The count serves two purposes. A piece of some thousand units ends, so that
 * others have their turn between two pieces. An account of some million units ends, so that no grammar takes a worker
 * for itself: what goes beyond it is refused with a Problem that names the limit.
 *
 * A loop asks now and then whether its piece is done. A computation that cannot stop in its middle, but keeps what it
 * learns, is left by an error and begun again: it finds what it has learnt, and comes further.
 */
import { Problem } from "../errors.ts";

/** Looking up a byte costs 1 unit; deriving a part of an expression, or asking for a node, costs so many. */
export const PART_UNITS = 16;
/** Of the order of half a millisecond. */
export const PIECE_UNITS = 8192;
/** The default of grammar_work_max: of the order of two seconds. */
export const WORK_MAX = 33_554_432;

const PAUSE: unique symbol = Symbol("the piece is done");

export function isPause(error: unknown): boolean {
  return error === PAUSE;
}

export class Effort {
  /** all units spent so far */
  units = 0;
  #end = PIECE_UNITS;
  #may_pause = false;
  /** nothing new was learnt since the work was begun again: it may still be on its way to where it was left */
  #is_fresh = false;
  #account_max = Number.POSITIVE_INFINITY;
  #account_end = Number.POSITIVE_INFINITY;

  /** Opens a new account with this number of units, in place of the old one. */
  open(units_max: number): void {
    this.#account_max = units_max;
    this.#account_end = this.units + units_max;
    this.beginPiece();
  }

  /** Spends units. Throws the Problem of an account that is spent. */
  spend(units: number): void {
    this.units += units;
    if (this.units > this.#account_end) throw this.#spent();
  }

  /** True when the piece is done; the next one begins then. Throws like `spend`. */
  isDue(): boolean {
    if (this.units < this.#end) return false;
    this.spend(0);
    this.beginPiece();
    return true;
  }

  beginPiece(): void {
    this.#end = this.units + PIECE_UNITS;
  }

  /**
   * Something was learnt. Pauses when the piece is done, where that is awaited. Throws as `spend` does. Work that is
   * begun again has half a piece behind the first thing that it learns, however long its way there was.
   */
  checkpoint(): void {
    if (this.#is_fresh) {
      this.#is_fresh = false;
      this.#end = Math.max(this.#end, this.units + PIECE_UNITS / 2);
    }
    if (this.units < this.#end) return;
    this.spend(0);
    this.pause();
  }

  /** Pauses, where that is awaited. */
  pause(): void {
    if (this.#may_pause) throw PAUSE;
  }

  /** Where a pause is awaited, as an error that isPause knows. */
  pausing<T>(work: () => T): T {
    const before = this.#may_pause;
    this.#may_pause = true;
    try {
      return work();
    } finally {
      this.#may_pause = before;
    }
  }

  /** Does the work, unless it takes more than a piece: undefined then. What it has learnt by then is kept. */
  briefly<T>(work: () => T): T | undefined {
    this.beginPiece();
    try {
      return this.pausing(work);
    } catch (error) {
      if (!isPause(error)) throw error;
      return undefined;
    }
  }

  /** Begins the work again as often as its piece is done before it is. */
  *again<T>(work: () => T): Generator<undefined, T> {
    for (;;) {
      try {
        return this.pausing(work);
      } catch (error) {
        if (!isPause(error)) throw error;
      }
      this.beginPiece();
      yield;
      this.#is_fresh = true;
    }
  }

  #spent(): Problem {
    return new Problem(
      "grammar_too_large",
      `compiling a grammar, and following a text by it, may each take at most ${this.#account_max} units of work (grammar_work_max), got more`,
    );
  }
}
