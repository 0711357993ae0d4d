/**
 * Probabilities that a stage saves before it rescales the tokens, so that the probability of the drawn token can be
 * looked up: pairs of a list, or a row and its normaliser. The arrays are reused from step to step.
 */
import { exp } from "../../kernels/float64.ts";
import type { Normaliser } from "../../kernels/kernel.ts";

export class Remembered {
  #token_ids = new Int32Array(0);
  #values = new Float64Array(0);
  #count = 0;
  #logits = new Float32Array(0);
  #temperature = 1;
  /** length of the saved row; undefined when no row is saved */
  #normaliser: Normaliser | undefined;

  forget(): void {
    this.#count = 0;
    this.#normaliser = undefined;
  }

  /** Saves the first `count` pairs, and drops what was saved before. */
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

  /** Saves a row whose ln p is x/T minus the normaliser, and drops what was saved before. */
  keepRow(logits: Float32Array, temperature: number, normaliser: Normaliser): void {
    this.forget();
    if (logits.length > this.#logits.length) this.#logits = new Float32Array(logits.length);
    this.#logits.set(logits);
    this.#temperature = temperature;
    this.#normaliser = normaliser;
  }

  /** The saved probability of one token; undefined when there is none. */
  of(token_id: number): number | undefined {
    if (this.#normaliser !== undefined)
      return exp(this.#normaliser.logprobOf(this.#logits[token_id]! / this.#temperature));
    const place = this.#token_ids.subarray(0, this.#count).indexOf(token_id);
    return place < 0 ? undefined : this.#values[place];
  }
}
