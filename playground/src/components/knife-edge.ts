/** Finds limits so close to a token that another rounding of the logits could have decided otherwise. */
import type { KnifeEdge } from "../api/wire.ts";

/**
 * For scores and gaps, the tolerance is what bfloat16 or another kernel's order of summation changes in a logit. For
 * masses and shares, it is what this changes in a sum of probabilities.
 */
const NEAR = { rank: 0.01, score: 0.01, mass: 0.001, share: 0.001 } as const;

export function isKnifeEdge({ kind, distance }: KnifeEdge): boolean {
  return distance < NEAR[kind];
}
