/**
 * The tokens of a history, and how often each occurs in a part of it, counted by a table over the vocabulary in
 * kernel memory.
 */
import type { Machine } from "./instance.ts";
import { HISTORY_CHUNK } from "./layout.ts";

export class TokenTable {
  /** distinct ids in the order of their first occurrence; the first `distinct` are valid */
  readonly token_ids: Int32Array;
  /** how often each of them occurs */
  readonly counts: Int32Array;
  distinct = 0;
  /** changes with every count */
  generation = 0;
  readonly #machine: Machine;
  readonly #chunk: Int32Array;
  #history: ArrayLike<number> = [];

  constructor(machine: Machine, vocab_size_max: number) {
    const { buffer, layout } = machine;
    this.#machine = machine;
    this.#chunk = new Int32Array(buffer, layout.history, HISTORY_CHUNK);
    this.token_ids = new Int32Array(buffer, layout.token_ids, vocab_size_max);
    this.counts = new Int32Array(buffer, layout.token_counts, vocab_size_max);
  }

  /** Takes a history, ids from 0 to 2³¹ − 1, and returns the largest id; −1 when it is empty. Nothing is counted then. */
  take(history: ArrayLike<number>): number {
    const { wasm, layout } = this.#machine;
    this.#history = history;
    this.distinct = 0;
    this.generation += 1;
    let largest = -1;
    for (let from = 0; from < history.length; from += HISTORY_CHUNK) {
      const length = this.#copy(from, history.length);
      largest = Math.max(largest, wasm.largestToken(layout.history, length));
    }
    return largest;
  }

  /** Counts tokens first … end − 1 of the history that was taken, all of whose ids must be below vocab_size_max. */
  count(first: number, end: number): void {
    const { wasm, layout } = this.#machine;
    this.distinct = 0;
    this.generation += 1;
    if (this.#history.length <= HISTORY_CHUNK) {
      // It is still there as `take` has left it.
      this.distinct = wasm.countTokens(layout.history + 4 * first, end - first, 0);
    } else {
      for (let from = first; from < end; from += HISTORY_CHUNK)
        this.distinct = wasm.countTokens(layout.history, this.#copy(from, end), this.distinct);
    }
    wasm.listTokens(this.distinct);
  }

  /** Copies what fits of the history from there on; returns how much. */
  #copy(from: number, end: number): number {
    const history = this.#history;
    const chunk = this.#chunk;
    const length = Math.min(end - from, HISTORY_CHUNK);
    // A whole list is copied twice as fast as its elements are.
    if (length === history.length) chunk.set(history);
    else for (let i = 0; i < length; i++) chunk[i] = history[from + i]!;
    return length;
  }
}
