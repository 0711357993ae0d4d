/** min_p: keeps tokens whose probability is at least a share of the best one's. */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { finite, minKeep } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("min_p"),
  min_p: finite({ min: 0, max: 1 }).describe(
    "The least share of the most likely token's probability that a token must have. 0 is off, 1 keeps only the most likely token and those whose score is within 1e-6 of it: every comparison has that slack for the rounding of float32. Usual: 0.02 to 0.1.",
  ),
  min_keep: minKeep(),
});

export const min_p: Stage<z.infer<typeof options>> = {
  name: "min_p",
  summary: "Keeps tokens at least min_p times as likely as the most likely one.",
  formula: "keep i ⇔ pᵢ ≥ min_p · max p, that is sᵢ ≥ max s + ln min_p",
  source: {
    title:
      "kalomaze, Min P, llama.cpp #3841, 2023; Nguyen et al., Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs, 2024; critically: Schaeffer et al., Turning Down the Heat, arXiv 2506.13681, 2025",
    url: "https://arxiv.org/abs/2407.01082",
  },
  options,
  example: { min_p: 0.05 },
  keepsArgmax: true,
  isNeutral: ({ min_p }) => min_p === 0,
  apply(candidates, { min_p, min_keep }) {
    candidates.keepScoresFrom(candidates.max() + ln(min_p) - SCORE_SLACK, min_keep);
  },
};
