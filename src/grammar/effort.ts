/**
 * Work on a grammar, counted, so that it is done in pieces between which others have their turn. A loop asks now and
 * then whether its piece is done. What cannot stop in its middle, but keeps what it learns, is thrown out of and begun
 * again: it finds what it has learnt, and comes further.
 */

/** What looking up a byte costs is 1; a part of an expression that is derived, or a node that is asked for, so much. */
export const PART_UNITS = 16;
/** Of the order of half a millisecond. */
export const PIECE_UNITS = 8192;

const PAUSE: unique symbol = Symbol("the piece is done");

export function isPause(error: unknown): boolean {
  return error === PAUSE;
}

export class Effort {
  /** all that was done */
  units = 0;
  #end = PIECE_UNITS;
  #may_pause = false;

  /** Whether the piece is done; the next one begins then. */
  isDue(): boolean {
    if (this.units < this.#end) return false;
    this.beginPiece();
    return true;
  }

  beginPiece(): void {
    this.#end = this.units + PIECE_UNITS;
  }

  /** Pauses when the piece is done, where that is awaited. */
  checkpoint(): void {
    if (this.units >= this.#end) this.pause();
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
    }
  }
}
