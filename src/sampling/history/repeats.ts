/**
 * Repeats at the end of a sequence: the tokens that would continue an earlier run, and the length of that run.
 * One pass of the Z-algorithm over the reversed sequence (Gusfield, "Algorithms on Strings, Trees and Sequences",
 * 1997, §1.4), so the cost is linear in the length for any tokens.
 *
 *     a b c d a b c after the last "a b c", "d" would continue a run of 3
 */

export interface Repeats {
  /** the tokens that would continue a run, each once; the first `count` are valid */
  readonly token_ids: Int32Array;
  /** by token: length of the longest run that it would continue */
  readonly lengths: Int32Array;
  readonly count: number;
}

export class RepeatFinder implements Repeats {
  token_ids = new Int32Array(1024);
  lengths = new Int32Array(1024);
  count = 0;
  /** the sequence in reverse order */
  #reversed = new Int32Array(1024);
  /** for index k of the reversed sequence: number of tokens from k on that equal those from 0 on */
  #common = new Int32Array(1024);
  /** index + 1 in `token_ids` by token id; all 0 between calls */
  #places = new Int32Array(0);

  /**
   * Reads history[first … end − 1]. Ids from `id_end` on continue no run. Runs shorter than `length_min` do not count, and longer
   * ones count as `length_max`. Valid until the next call.
   */
  find(
    history: ArrayLike<number>,
    first: number,
    end: number,
    { length_min, length_max, id_end }: { length_min: number; length_max: number; id_end: number },
  ): Repeats {
    const n = Math.max(0, end - first);
    this.#makeRoom(n, id_end);
    const reversed = this.#reversed;
    for (let i = 0; i < n; i++) reversed[i] = history[end - 1 - i]!;
    findCommonPrefixes(reversed, n, this.#common);
    this.count = 0;
    for (let k = 1; k < n; k++) {
      const length = Math.min(this.#common[k]!, length_max);
      if (length >= length_min && reversed[k - 1]! < id_end) this.#take(reversed[k - 1]!, length);
    }
    for (let i = 0; i < this.count; i++) this.#places[this.token_ids[i]!] = 0;
    return this;
  }

  #take(token_id: number, length: number): void {
    const place = this.#places[token_id]! - 1;
    if (place >= 0) {
      if (length > this.lengths[place]!) this.lengths[place] = length;
      return;
    }
    this.token_ids[this.count] = token_id;
    this.lengths[this.count] = length;
    this.#places[token_id] = ++this.count;
  }

  #makeRoom(n: number, id_end: number): void {
    if (n > this.#reversed.length) {
      this.#reversed = new Int32Array(2 * n);
      this.#common = new Int32Array(2 * n);
    }
    const distinct_max = Math.min(n, id_end);
    if (distinct_max > this.token_ids.length) {
      this.token_ids = new Int32Array(2 * distinct_max);
      this.lengths = new Int32Array(2 * distinct_max);
    }
    if (id_end > this.#places.length) this.#places = new Int32Array(id_end);
  }
}

/**
 * For every k ≥ 1: the number of tokens from k on that equal those from 0 on. `left … right` is the match that ends
 * last.
 */
function findCommonPrefixes(tokens: Int32Array, n: number, common: Int32Array): void {
  let left = 0;
  let right = 0;
  for (let k = 1; k < n; k++) {
    let length = k < right ? Math.min(right - k, common[k - left]!) : 0;
    while (k + length < n && tokens[length] === tokens[k + length]) length++;
    common[k] = length;
    if (k + length > right) {
      left = k;
      right = k + length;
    }
  }
}
