/**
 * Counts how often each token occurs in a part of a history, with a table over the vocabulary in kernel memory.
 * Penalties use the whole history or only its generated part. A part that begins before the split is counted from the
 * split first, so one list of tokens serves both: its beginning is the later part.
 */
import type { Machine } from "./instance.ts";
import { HISTORY_CHUNK } from "./layout.ts";

/** The distinct tokens of a part of the history. */
interface Counted {
  readonly first: number;
  readonly end: number;
  readonly distinct: number;
  readonly counts: Int32Array;
}

/** The counts of one history with one split, kept so that they need not be computed again. */
export interface CountMemory {
  /** the largest id; undefined: not known yet */
  largest: number | undefined;
  /** by the part that was counted */
  readonly counted: Map<string, KeptCounts>;
}

/** The list and the counts of a part, and of its later part. */
interface KeptCounts {
  readonly token_ids: Int32Array;
  readonly counts: Int32Array;
  readonly later: { readonly first: number; readonly counts: Int32Array } | undefined;
}

export class TokenTable {
  /** distinct ids; the first `distinct` are valid */
  readonly token_ids: Int32Array;
  /** how often each of them occurs */
  counts: Int32Array;
  distinct = 0;
  /** changes whenever `token_ids` do */
  generation = 0;
  readonly #machine: Machine;
  readonly #chunk: Int32Array;
  readonly #all_counts: Int32Array;
  readonly #later_counts: Int32Array;
  /** called before `token_ids` change */
  readonly #leave: () => void;
  #history: ArrayLike<number> = [];
  #split = 0;
  #memory: CountMemory | undefined;
  /** the contents of the list: all of it, and its beginning */
  #all: Counted | undefined;
  #later: Counted | undefined;

  constructor(machine: Machine, vocab_size_max: number, leave: () => void) {
    const { buffer, layout } = machine;
    this.#machine = machine;
    this.#leave = leave;
    this.#chunk = new Int32Array(buffer, layout.history, HISTORY_CHUNK);
    this.token_ids = new Int32Array(buffer, layout.token_ids, vocab_size_max);
    this.#all_counts = new Int32Array(buffer, layout.token_counts, vocab_size_max);
    this.#later_counts = new Int32Array(buffer, layout.later_counts, vocab_size_max);
    this.counts = this.#all_counts;
  }

  /**
   * Takes a history, ids from 0 to 2³¹ − 1, and returns the largest id; −1 when it is empty. This call counts nothing.
   * Callers are likely to ask for parts from `split` on together with parts before it. Counts that `memory` already has
   * are not computed again.
   */
  take(history: ArrayLike<number>, split = 0, memory?: CountMemory): number {
    this.#history = history;
    this.#split = split;
    this.#memory = memory;
    this.#forget();
    // A short history must lie where `count` reads it.
    if (memory?.largest !== undefined && history.length > HISTORY_CHUNK) return memory.largest;
    const largest = this.#largest(history);
    if (memory !== undefined) memory.largest = largest;
    return largest;
  }

  #largest(history: ArrayLike<number>): number {
    const { wasm, layout } = this.#machine;
    let largest = -1;
    for (let from = 0; from < history.length; from += HISTORY_CHUNK) {
      const length = this.#copy(from, history.length);
      largest = Math.max(largest, wasm.largestToken(layout.history, length));
    }
    return largest;
  }

  /** Counts tokens first … end − 1 of the history that was taken, all of whose ids must be below vocab_size_max. */
  count(first: number, end: number): void {
    if (this.#use(this.#all, first, end) || this.#use(this.#later, first, end)) return;
    const { wasm, layout } = this.#machine;
    this.#leave();
    this.#forget();
    const key = `${first} ${end}`;
    const known = this.#memory?.counted.get(key);
    if (known !== undefined) {
      this.#restore(first, end, known);
      return;
    }
    const is_split = first < this.#split && this.#split < end;
    let distinct = this.#add(is_split ? this.#split : first, end, 0);
    if (is_split) {
      wasm.readCounts(distinct, layout.later_counts);
      this.#later = { first: this.#split, end, distinct, counts: this.#later_counts };
      distinct = this.#add(first, this.#split, distinct);
    }
    wasm.listTokens(distinct);
    this.#all = { first, end, distinct, counts: this.#all_counts };
    this.#use(this.#all, first, end);
    this.#memory?.counted.set(key, this.#kept());
  }

  /** A copy of the last counts. */
  #kept(): KeptCounts {
    const later = this.#later && {
      first: this.#later.first,
      counts: this.#later_counts.slice(0, this.#later.distinct),
    };
    const { distinct } = this;
    return {
      token_ids: this.token_ids.slice(0, distinct),
      counts: this.#all_counts.slice(0, distinct),
      later,
    };
  }

  /** Puts such a copy in place, as counting would have left it. */
  #restore(first: number, end: number, { token_ids, counts, later }: KeptCounts): void {
    this.token_ids.set(token_ids);
    this.#all_counts.set(counts);
    if (later !== undefined) {
      this.#later_counts.set(later.counts);
      this.#later = { first: later.first, end, distinct: later.counts.length, counts: this.#later_counts };
    }
    this.#all = { first, end, distinct: token_ids.length, counts: this.#all_counts };
    this.#use(this.#all, first, end);
  }

  /** Restores earlier counts. */
  #use(counted: Counted | undefined, first: number, end: number): boolean {
    if (counted === undefined || counted.first !== first || counted.end !== end) return false;
    this.distinct = counted.distinct;
    this.counts = counted.counts;
    return true;
  }

  #forget(): void {
    this.distinct = 0;
    this.#all = undefined;
    this.#later = undefined;
    this.generation += 1;
  }

  /** Counts a part besides the `distinct` tokens before; returns how many are distinct then. */
  #add(first: number, end: number, distinct: number): number {
    const { wasm, layout } = this.#machine;
    // A short history is still there as `take` has left it.
    if (this.#history.length <= HISTORY_CHUNK)
      return wasm.countTokens(layout.history + 4 * first, end - first, distinct);
    let found = distinct;
    for (let from = first; from < end; from += HISTORY_CHUNK)
      found = wasm.countTokens(layout.history, this.#copy(from, end), found);
    return found;
  }

  /** Copies what fits of the history from there on; returns how much. */
  #copy(from: number, end: number): number {
    const history = this.#history;
    const chunk = this.#chunk;
    const length = Math.min(end - from, HISTORY_CHUNK);
    // A whole list is copied twice as fast as its elements are.
    if (length === history.length) chunk.set(history);
    else if (history instanceof Int32Array) chunk.set(history.subarray(from, from + length));
    else for (let i = 0; i < length; i++) chunk[i] = history[from + i]!;
    return length;
  }
}
