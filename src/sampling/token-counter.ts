/**
 * Counts how often each token occurs in a part of the history. The table by token id is reused from step to step;
 * only entries that were touched are cleared.
 */

export interface SeenTokens {
  /** distinct ids in the order of their first occurrence; the first `distinct` are valid */
  readonly token_ids: Int32Array;
  /** occurrences by token id */
  readonly counts: Int32Array;
  readonly distinct: number;
}

export class TokenCounter implements SeenTokens {
  token_ids = new Int32Array(1024);
  counts = new Int32Array(0);
  distinct = 0;
  #first = -1;
  #end = -1;

  /** Forgets what was counted: another history follows. */
  forget(): void {
    for (let i = 0; i < this.distinct; i++) this.counts[this.token_ids[i]!] = 0;
    this.distinct = 0;
    this.#first = -1;
    this.#end = -1;
  }

  /** Counts history[first … end − 1], whose ids are below `id_end`; the same range again costs nothing. */
  count(history: ArrayLike<number>, first: number, end: number, id_end: number): SeenTokens {
    if (first === this.#first && end === this.#end) return this;
    this.forget();
    this.#makeRoom(Math.min(end - first, id_end), id_end);
    const { token_ids, counts } = this;
    let distinct = 0;
    for (let i = first; i < end; i++) {
      const id = history[i]!;
      const count = counts[id]!;
      if (count === 0) token_ids[distinct++] = id;
      counts[id] = count + 1;
    }
    this.distinct = distinct;
    this.#first = first;
    this.#end = end;
    return this;
  }

  #makeRoom(distinct_max: number, id_end: number): void {
    if (id_end > this.counts.length) this.counts = new Int32Array(id_end);
    if (distinct_max > this.token_ids.length) this.token_ids = new Int32Array(distinct_max);
  }
}
