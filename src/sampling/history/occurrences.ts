/**
 * Finds the end of one token sequence inside another, and the token after each occurrence: Knuth, Morris & Pratt,
 * Fast Pattern Matching in Strings, 1977. Linear in both lengths for any tokens.
 */

export class OccurrenceFinder {
  /** the token after each occurrence, with repeats; the first `count` are valid */
  next_ids = new Int32Array(1024);
  count = 0;
  /** by length − 1 of a prefix of the pattern: length of its longest proper prefix that is also a suffix */
  #borders = new Int32Array(64);

  /**
   * Searches `text` for the last `length` tokens of `sequence`. There is no occurrence when the sequence is shorter; with
   * length 0, every position matches. Valid until the next call.
   */
  find(text: readonly number[], sequence: ArrayLike<number>, length: number): this {
    this.count = 0;
    const start = sequence.length - length;
    if (start < 0 || length >= text.length) return this;
    if (text.length > this.next_ids.length) this.next_ids = new Int32Array(2 * text.length);
    this.#findBorders(sequence, start, length);
    let matched = 0;
    if (length === 0) this.next_ids[this.count++] = text[0]!;
    for (let i = 0; i < text.length - 1; i++) {
      while (matched > 0 && (matched === length || text[i] !== sequence[start + matched]))
        matched = this.#borders[matched - 1]!;
      if (length > 0 && text[i] === sequence[start + matched]) matched++;
      if (matched === length) this.next_ids[this.count++] = text[i + 1]!;
    }
    return this;
  }

  #findBorders(sequence: ArrayLike<number>, start: number, length: number): void {
    if (length > this.#borders.length) this.#borders = new Int32Array(2 * length);
    let border = 0;
    this.#borders[0] = 0;
    for (let i = 1; i < length; i++) {
      while (border > 0 && sequence[start + i] !== sequence[start + border])
        border = this.#borders[border - 1]!;
      if (sequence[start + i] === sequence[start + border]) border++;
      this.#borders[i] = border;
    }
  }
}
