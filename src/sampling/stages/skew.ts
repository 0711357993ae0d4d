/** skew: bends the cumulative distribution, towards its beginning or its end. */
import * as z from "zod";
import { exp, ln } from "../../kernels/float64.ts";
import { finite, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("skew"),
  skew: finite({ min: -10, max: 10 }).describe(
    "Below 0 the first tokens of the order gain, above 0 the last ones; 0 is off. Usual: -1 to 1.",
  ),
  skew_order: oneOf(["rank", "id"])
    .default("rank")
    .describe(
      "The order: `rank`, the most likely first (ExLlamaV2); `id`, by token id, as they lie in the row (Aphrodite).",
    ),
});

export const skew: Stage<z.infer<typeof options>> = {
  name: "skew",
  summary:
    "Raises the cumulative probabilities to a power, which moves probability towards the first tokens or the last.",
  formula: "Cᵢ = Σ{pⱼ : j up to i}; pᵢ ← Cᵢᵃ − Cᵢ₋₁ᵃ, a = exp(skew)",
  source: {
    title:
      "turboderp, skew sampling, ExLlamaV2 0.2.1, ext_sampling.cpp; Aphrodite 0.24.1, v1/sample/ops/skew.py",
    url: "https://github.com/turboderp-org/exllamav2/commit/1de4cdd70b09208e7b4f17ee322c190e16f60efd",
  },
  options,
  example: { skew: 0.5 },
  keepsArgmax: false,
  isNeutral: ({ skew }) => skew === 0,
  apply(candidates, { skew, skew_order }) {
    if (skew_order === "rank" && candidates.skewByRank(skew)) return;
    const all = skew_order === "rank" ? candidates.ranked() : candidates.all().orderById();
    const logsumexp = all.logSumExp();
    const p = all.probabilities();
    bend(all.scores, p, all.count, logsumexp, skew);
    // A probability too small for a float64 adds nothing to the sums, so its token is removed.
    all.keepMarked(p);
    all.rescored();
  },
};

/** Bound below which the series are used: five terms are accurate to 1e-13 there. */
const SMALL = 2e-3;

/**
 * Score i becomes ln(Cᵃ − (C − p)ᵃ) = a·ln C + ln(1 − (1 − x)ᵃ), x = p / C, C the sum of the probabilities up to its own. With
 * ℓ = −ln(1 − x) the last part is ln(1 − e^(−aℓ)). Where x and aℓ are small, as for nearly all tokens of a long row, it is
 * ln(aℓ) − aℓ/2 + (aℓ)²/24, ln ℓ is ln x + x/2 + 5x²/24 + …, ln x is s − L − ln C, and ℓ is the growth of ln C. This needs no
 * exponential, no logarithm, and no difference of nearly equal numbers.
 */
function bend(scores: Float64Array, p: Float64Array, count: number, logsumexp: number, skew: number): void {
  const power = exp(skew);
  let cumulated = 0;
  let ln_cumulated = 0;
  for (let i = 0; i < count; i++) {
    const before = cumulated;
    cumulated += p[i]!;
    const x = p[i]! / cumulated;
    if (!(x < SMALL)) {
      ln_cumulated = ln(cumulated);
      scores[i] = power * ln_cumulated + (before > 0 ? lnShare(-power * ln(before / cumulated)) : 0);
      continue;
    }
    const growth = x * (1 + x * (1 / 2 + x * (1 / 3 + x * (1 / 4 + x / 5))));
    ln_cumulated += growth;
    const y = power * growth;
    const ln_growth =
      scores[i]! - logsumexp - ln_cumulated + x * (1 / 2 + x * (5 / 24 + x * (1 / 8 + (x * 251) / 2880)));
    scores[i] = power * ln_cumulated + (y < SMALL ? skew + ln_growth - y / 2 + (y * y) / 24 : lnShare(y));
  }
}

/** ln(1 − e⁻ʸ) for y > 0. */
function lnShare(y: number): number {
  return y < SMALL ? ln(y) - y / 2 + (y * y) / 24 : ln(1 - exp(-y));
}
