/** What scores are divided by in all, stage after stage: never so little that they overflow. */

/**
 * The least divisor. It keeps the scores of float32 logits finite, and changes nothing: by 1e-250 as by less, any two
 * that differ come out further apart than exp can tell.
 */
const LEAST = 1e-250;

export class Divisor {
  #whole = 1;

  reset(): void {
    this.#whole = 1;
  }

  /** What to divide by for one more temperature: that itself, unless all of them together would be too small. */
  next(temperature: number): number {
    const divisor = this.#whole * temperature < LEAST ? LEAST / this.#whole : temperature;
    this.#whole *= divisor;
    return divisor;
  }
}
