/** p_less: keeps tokens that are at least as likely as two draws are to agree. It has no parameter. */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { flag, minKeep } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("p_less"),
  p_less: flag().describe("Switches the cut on; the threshold has no parameter. false is off."),
  p_less_norm: flag()
    .default(false)
    .describe(
      "Lower the threshold by the probability that two draws differ, divided by the other tokens of the vocabulary: p-less-norm, which keeps more.",
    ),
  min_keep: minKeep(),
});

export const p_less: Stage<z.infer<typeof options>> = {
  name: "p_less",
  summary: "Keeps tokens at least as likely as the collision probability, Σ p², of the distribution.",
  formula: "keep i ⇔ pᵢ ≥ L = Σ pⱼ²; norm: L − (1 − L)/(V − 1), V the length of the row",
  source: {
    title: "Tan, Wu & Howard, p-less Sampling: A Robust Hyperparameter-Free Approach for LLM Decoding, 2025",
    url: "https://arxiv.org/abs/2509.23234",
  },
  options,
  example: { p_less: true },
  keepsArgmax: true,
  isNeutral: ({ p_less }) => !p_less,
  apply(candidates, { p_less_norm, min_keep }) {
    const { logsumexp, collision } = candidates.moments();
    const lowered = collision - (1 - collision) / (candidates.vocab_size - 1);
    const least = p_less_norm && candidates.vocab_size > 1 ? Math.max(0, lowered) : collision;
    candidates.keepScoresFrom(logsumexp + ln(least) - SCORE_SLACK, min_keep);
  },
};
