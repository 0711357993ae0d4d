/** What scores are divided by in all, stage after stage: never so little that they overflow. */

/**
 * The least divisor. It keeps the scores of float32 logits finite, and changes nothing: by 1e-250 as by less, any two
 * that differ come out further apart than exp can tell.
 */
const LEAST = 1e-250;

/** What scores that were divided by `whole` are divided by for one more temperature: that itself, unless both together would be too little. */
export function divisorBehind(whole: number, temperature: number): number {
  return whole * temperature < LEAST ? LEAST / whole : temperature;
}
