/**
 * epsilon_cutoff: keeps tokens of at least a fixed probability. When no token has it, the most likely one and its equals stay.
 */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { finite, minKeep } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("epsilon_cutoff"),
  epsilon_cutoff: finite({ min: 0, max: 1, openMax: true }).describe(
    "The smallest probability that is kept. When no token has it, the most likely token and its equals stay. 0 is off. Usual: 3e-4 to 9e-4. (text-generation-webui counts it in units of 1e-4.)",
  ),
  min_keep: minKeep(),
});

export const epsilon_cutoff: Stage<z.infer<typeof options>> = {
  name: "epsilon_cutoff",
  summary: "Keeps tokens whose probability is at least ε.",
  formula: "keep i ⇔ pᵢ ≥ min(ε, max p), that is sᵢ ≥ min(ln Σ exp s + ln ε, max s)",
  source: {
    title: "Hewitt, Manning & Liang, Truncation Sampling as Language Model Desmoothing, 2022",
    url: "https://arxiv.org/abs/2210.15191",
  },
  options,
  example: { epsilon_cutoff: 3e-4 },
  keepsArgmax: true,
  isNeutral: ({ epsilon_cutoff }) => epsilon_cutoff === 0,
  apply(candidates, { epsilon_cutoff, min_keep }) {
    const least = Math.min(candidates.logSumExp() + ln(epsilon_cutoff), candidates.max());
    candidates.keepScoresFrom(least - SCORE_SLACK, min_keep);
  },
};
