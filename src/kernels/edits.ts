/**
 * Keeps a row's block maxima right after its values were edited in place: a patch where the maximum rose, a new
 * scan of the block where it may have fallen, and one scan of everything when that is less work.
 */
import { BLOCK } from "./layout.ts";
import type { Row } from "./row.ts";

export class Edits {
  /** one mark per block that has to be scanned again; all zero between calls */
  readonly #marks: Uint8Array;
  readonly #marked: Int32Array;

  constructor(vocab_size_max: number) {
    const blocks = Math.ceil(vocab_size_max / BLOCK);
    this.#marks = new Uint8Array(blocks);
    this.#marked = new Int32Array(blocks);
  }

  /**
   * With the values before the edit, a block is scanned again only when its maximum itself was lowered; without
   * them, whenever a value below the maximum was written. Ids may repeat: the first edit of an id holds the value
   * that the maximum knew, and that decides.
   */
  repair(row: Row, token_ids: Int32Array, count: number, old_values: Float32Array | undefined): void {
    const marked = this.#mark(row, token_ids, count, old_values);
    if (marked > row.blocks >> 1) row.rescan(0, row.blocks);
    for (let i = 0; i < marked; i++) {
      const block = this.#marked[i]!;
      this.#marks[block] = 0;
      if (marked <= row.blocks >> 1) row.rescan(block, block + 1);
    }
    row.settle();
  }

  #mark(row: Row, token_ids: Int32Array, count: number, old_values: Float32Array | undefined): number {
    const { values, maxima } = row;
    const marks = this.#marks;
    let marked = 0;
    for (let i = 0; i < count; i++) {
      const token_id = token_ids[i]!;
      const block = token_id >> 7;
      const value = values[token_id]!;
      const max = maxima[block]!;
      if (value >= max) maxima[block] = value;
      // A NaN also ends up here, and the scan will find it.
      else if (
        marks[block] === 0 &&
        (old_values === undefined || !(old_values[i]! < max) || Number.isNaN(value))
      ) {
        marks[block] = 1;
        this.#marked[marked++] = block;
      }
    }
    return marked;
  }
}
