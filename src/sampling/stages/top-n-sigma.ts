/** top_n_sigma: keeps tokens whose score lies within n standard deviations of the largest. */
import { z } from "zod";
import { finite, minKeep } from "../fields.ts";
import type { Stage } from "../stage.ts";
import { SCORE_SLACK } from "../thresholds.ts";

const options = z.strictObject({
  stage: z.literal("top_n_sigma"),
  top_n_sigma: finite({ min: -1, max: 1000 }).describe(
    "How many standard deviations below the largest score a token may lie. 0 or less is off. Usual: 1.",
  ),
  min_keep: minKeep(),
});

export const top_n_sigma: Stage<z.infer<typeof options>> = {
  name: "top_n_sigma",
  summary: "Keeps tokens whose score is at least the largest minus n standard deviations of all scores.",
  formula: "keep i ⇔ sᵢ ≥ max s − n · σ(s), σ over the kept tokens, divided by their count",
  source: {
    title: "Tang et al., Top-nσ: Not All Logits Are You Need, 2024",
    url: "https://arxiv.org/abs/2411.07641",
  },
  options,
  example: { top_n_sigma: 1 },
  keepsArgmax: true,
  isNeutral: ({ top_n_sigma }) => top_n_sigma <= 0,
  apply(candidates, { top_n_sigma, min_keep }) {
    candidates.keepScoresFrom(candidates.max() - top_n_sigma * candidates.sigma() - SCORE_SLACK, min_keep);
  },
};
