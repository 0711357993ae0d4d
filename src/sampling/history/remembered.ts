/**
 * Numbers that a stage sets aside for some tokens before it rescales them, to be asked for the one that was drawn.
 * The arrays are reused from step to step.
 */
export class Remembered {
  #token_ids = new Int32Array(0);
  #values = new Float64Array(0);
  #count = 0;

  forget(): void {
    this.#count = 0;
  }

  /** Copies the first `count` pairs; what was remembered before is forgotten. */
  keep(token_ids: Int32Array, values: Float64Array, count: number): void {
    if (count > this.#token_ids.length) {
      this.#token_ids = new Int32Array(count);
      this.#values = new Float64Array(count);
    }
    this.#token_ids.set(token_ids.subarray(0, count));
    this.#values.set(values.subarray(0, count));
    this.#count = count;
  }

  /** The number of one token; undefined when none was kept for it. */
  of(token_id: number): number | undefined {
    const place = this.#token_ids.subarray(0, this.#count).indexOf(token_id);
    return place < 0 ? undefined : this.#values[place];
  }
}
