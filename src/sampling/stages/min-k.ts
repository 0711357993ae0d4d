/** min_k: keeps the tokens before the steepest drop of the ranked scores. */
import * as z from "zod";
import type { Candidates } from "../candidates/candidates.ts";
import { SCORE_SLACK, SLACK } from "../candidates/thresholds.ts";
import { finite, flag, minKeep, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("min_k"),
  min_k: flag().describe("Switches the cut on; the scores decide where it lies. false is off."),
  min_k_tau: finite({ min: 0, max: 1000 })
    .default(3)
    .describe(
      "τ: where all scores lie within τ / 2 of each other, at least τ / (max s − min s) tokens are kept. 0 never keeps more than the drop allows. Usual: 1 to 10.",
    ),
  min_k_ties: oneOf(["cut", "keep"])
    .default("cut")
    .describe(
      "Tokens whose score equals that of the last one kept: `cut` ranks lower ids first (the paper), `keep` keeps them all (vLLM #48142).",
    ),
  min_keep: minKeep(),
});

export const min_k: Stage<z.infer<typeof options>> = {
  name: "min_k",
  summary:
    "Keeps the tokens before the semantic cliff: the largest drop between neighbours in rank, divided by the rank. A temperature does not change the cut.",
  formula:
    "keep i ⇔ rank i ≤ max(argmaxᵢ (s₍ᵢ₎ − s₍ᵢ₊₁₎) / i, ⌊τ / R⌋), s₍ᵢ₎ by rank, R = max s − min s; of equal drops the first",
  source: {
    title:
      "Ding et al., Min-k Sampling: Decoupling Truncation from Temperature Scaling via Relative Logit Dynamics, 2026",
    url: "https://arxiv.org/abs/2604.11012",
  },
  options,
  example: { min_k: true },
  keepsArgmax: true,
  isNeutral: ({ min_k }) => !min_k,
  apply(candidates, { min_k_tau, min_k_ties, min_keep }) {
    const known = candidates.bestScores(best);
    const max = best[0]!;
    const min = known < best.length ? best[known - 1]! : candidates.min();
    const cliff = cliffOf(candidates, known, min);
    const fallback = min_k_tau === 0 ? 0 : Math.floor(min_k_tau / (max - min) + SLACK);
    // A row of equal scores has no drop, and the fallback keeps everything.
    const k = Math.max(cliff, min_keep, Math.min(fallback, Number.MAX_SAFE_INTEGER));
    candidates.keepTopK(k, min_k_ties);
  },
};

/** Number of best tokens that suffices for nearly every row; other rows are ranked whole. */
const best = new Float64Array(256);

/**
 * The rank i with the largest (s₍ᵢ₎ − s₍ᵢ₊₁₎) / i. No drop after rank i is larger than the distance down to the smallest
 * score. The search ends when that distance, divided by i, is at most the largest value so far.
 */
function cliffOf(candidates: Candidates, known: number, min: number): number {
  let scores: Float64Array = best;
  let count = known;
  let cliff = 1;
  let steepest = 0;
  for (let i = 1; i < count; i++) {
    if (scores[i - 1]! - min <= steepest * i + SCORE_SLACK) return cliff;
    const drop = scores[i - 1]! - scores[i]!;
    if (drop > steepest * i + SCORE_SLACK) {
      cliff = i;
      steepest = drop / i;
    }
    if (i === count - 1 && scores === best && known === best.length) {
      const ranked = candidates.ranked();
      scores = ranked.scores;
      count = ranked.count;
    }
  }
  return cliff;
}
