/**
 * Probabilities that a stage sets aside before it rescales the tokens, to be asked for the one that was drawn: pairs of
 * a list, or a row and its normaliser. The arrays are reused from step to step.
 */
import { exp } from "../../kernels/float64.ts";
import type { Normaliser } from "../../kernels/kernel.ts";

export class Remembered {
  #token_ids = new Int32Array(0);
  #values = new Float64Array(0);
  #count = 0;
  #logits = new Float32Array(0);
  #temperature = 1;
  /** of the row; undefined when none is kept */
  #normaliser: Normaliser | undefined;

  forget(): void {
    this.#count = 0;
    this.#normaliser = undefined;
  }

  /** Copies the first `count` pairs; what was remembered before is forgotten. */
  keep(token_ids: Int32Array, values: Float64Array, count: number): void {
    this.forget();
    if (count > this.#token_ids.length) {
      this.#token_ids = new Int32Array(count);
      this.#values = new Float64Array(count);
    }
    this.#token_ids.set(token_ids.subarray(0, count));
    this.#values.set(values.subarray(0, count));
    this.#count = count;
  }

  /** Copies a row, of which ln p is x/T less the normaliser; what was remembered before is forgotten. */
  keepRow(logits: Float32Array, temperature: number, normaliser: Normaliser): void {
    this.forget();
    if (logits.length > this.#logits.length) this.#logits = new Float32Array(logits.length);
    this.#logits.set(logits);
    this.#temperature = temperature;
    this.#normaliser = normaliser;
  }

  /** The probability of one token; undefined when none was kept for it. */
  of(token_id: number): number | undefined {
    if (this.#normaliser !== undefined)
      return exp(this.#normaliser.logprobOf(this.#logits[token_id]! / this.#temperature));
    const place = this.#token_ids.subarray(0, this.#count).indexOf(token_id);
    return place < 0 ? undefined : this.#values[place];
  }
}
