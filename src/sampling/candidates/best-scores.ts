/** The largest scores of the compact form, for samplers that fit a distribution to them. */
import type { Compact } from "./compact/compact.ts";

/** Fills `into` with the largest scores, descending, and returns how many there are. Ranks the candidates. */
export function bestScoresOf(compact: Compact, into: Float64Array): number {
  compact.rank();
  const count = Math.min(into.length, compact.count);
  into.set(compact.scores.subarray(0, count));
  return count;
}
