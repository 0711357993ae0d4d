/** The product of all divisors of the scores so far, bounded so that scores do not overflow. */

/**
 * The smallest divisor. It keeps the scores of float32 logits finite. A smaller divisor would give the same result:
 * divided by 1e-250, any two different scores are already further apart than exp can tell.
 */
const LEAST = 1e-250;

/**
 * The divisor for one more temperature of scores that were already divided by `whole`: that temperature, unless the product would
 * be too small.
 */
export function divisorBehind(whole: number, temperature: number): number {
  return whole * temperature < LEAST ? LEAST / whole : temperature;
}
