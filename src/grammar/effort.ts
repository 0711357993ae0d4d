/**
 * Work on a grammar, counted in units. The count serves two purposes. A piece is some thousand units; other requests
 * get their turn between two pieces. An account is some million units; work beyond it is refused with a Problem that
 * names the limit, so no grammar takes a worker for itself.
 *
 * A loop checks now and then whether its piece is done. A computation that cannot stop in the middle throws an error at
 * the end of its piece and is started again. It keeps its partial results, so each attempt gets further.
 */
import { Problem } from "../errors.ts";

/** Looking up a byte costs 1 unit. Deriving a part of an expression, or asking for a node, costs this many. */
export const PART_UNITS = 16;
/** Units of a piece: about half a millisecond. */
export const PIECE_UNITS = 8192;
/** The default of grammar_work_max: about two seconds. */
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
  /** true when a restarted attempt has not yet passed the place where the last one stopped */
  #is_fresh = false;
  #account_max = Number.POSITIVE_INFINITY;
  #account_end = Number.POSITIVE_INFINITY;

  /** Replaces the account by a new one with this number of units. */
  open(units_max: number): void {
    this.#account_max = units_max;
    this.#account_end = this.units + units_max;
    this.beginPiece();
  }

  /** Spends units. Throws a Problem when the account is spent. */
  spend(units: number): void {
    this.units += units;
    if (this.units > this.#account_end) throw this.#spent();
  }

  /** True when the piece is done; the next piece then begins. Throws like `spend`. */
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
   * Call this when a result was stored. Pauses when the piece is done and the caller allows pauses. Throws like
   * `spend`. A restarted attempt gets another half piece after its first new result, however long it took to get there.
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

  /** Pauses if the caller allows it. */
  pause(): void {
    if (this.#may_pause) throw PAUSE;
  }

  /** Pauses, if the caller allows it, by throwing an error that isPause recognises. */
  pausing<T>(work: () => T): T {
    const before = this.#may_pause;
    this.#may_pause = true;
    try {
      return work();
    } finally {
      this.#may_pause = before;
    }
  }

  /** Does the work if it fits into one slice; otherwise returns undefined and keeps the partial results. */
  briefly<T>(work: () => T): T | undefined {
    this.beginPiece();
    try {
      return this.pausing(work);
    } catch (error) {
      if (!isPause(error)) throw error;
      return undefined;
    }
  }

  /** Does the work, restarting it after each piece until it is complete. */
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
