/** top_n_sigma: keeps tokens whose score lies within n standard deviations of the largest. */
import * as z from "zod";
import { listedIn } from "../candidates/removal.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { finite, minKeep, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("top_n_sigma"),
  top_n_sigma: finite({ min: -1, max: 1000 }).describe(
    "How many standard deviations below the largest score a token may lie. 0 or less is off. Usual: 1.",
  ),
  top_n_sigma_divisor: oneOf(["n", "n-1"])
    .default("n")
    .describe(
      "What the squared deviations are divided by: `n` tokens, or `n-1` (text-generation-webui, Aphrodite).",
    ),
  min_keep: minKeep(),
});

export const top_n_sigma: Stage<z.infer<typeof options>> = {
  name: "top_n_sigma",
  summary: "Keeps tokens whose score is at least the largest minus n standard deviations of all scores.",
  formula:
    "keep i ⇔ sᵢ ≥ max s − n · σ(s), σ over the n kept tokens: the root of their squared deviations, divided by n or n − 1",
  source: {
    title: "Tang et al., Top-nσ: Not All Logits Are You Need, 2024",
    url: "https://arxiv.org/abs/2411.07641",
  },
  options,
  example: { top_n_sigma: 1 },
  keepsArgmax: true,
  isNeutral: ({ top_n_sigma }) => top_n_sigma <= 0,
  apply(candidates, { top_n_sigma, top_n_sigma_divisor, min_keep }) {
    const listed = listedIn(candidates);
    const sigma = candidates.sigma() * (top_n_sigma_divisor === "n-1" ? unbiasing(candidates.count()) : 1);
    candidates.keepScoresFrom(candidates.max() - top_n_sigma * sigma - SCORE_SLACK, min_keep);
    // llama.cpp masks tokens here that other stages remove, so a later stage may still count them.
    candidates.removal.listed = listed;
  },
};

/** The factor that turns a deviation over n tokens into one over n − 1; with a single token both are 0. */
function unbiasing(count: number): number {
  return count > 1 ? Math.sqrt(count / (count - 1)) : 1;
}
