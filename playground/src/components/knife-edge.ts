/** When a limit came so near to a token that another rounding of the logits could have decided otherwise. */
import type { KnifeEdge } from "../api/wire.ts";

/**
 * Scores and gaps are compared with what bfloat16 or another kernel's order of summation moves a logit by, masses
 * and shares with what that moves a sum of probabilities by.
 */
const NEAR = { rank: 0.01, score: 0.01, mass: 0.001, share: 0.001 } as const;

export function isKnifeEdge({ kind, distance }: KnifeEdge): boolean {
  return distance < NEAR[kind];
}
