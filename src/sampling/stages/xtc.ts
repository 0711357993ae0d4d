/** xtc: sometimes removes all but the least likely of the tokens that are likely enough. */
import { z } from "zod";
import { ln } from "../../kernels/float64.ts";
import { finite, minKeep } from "../fields.ts";
import { listedIn, note } from "../removal.ts";
import type { Stage } from "../stage.ts";
import { SCORE_SLACK } from "../thresholds.ts";

const options = z.strictObject({
  stage: z.literal("xtc"),
  xtc_probability: finite({ min: 0, max: 1 }).describe(
    "With which probability the top choices of a step are excluded. 0 is off, 1 does it always. Usual: 0.5.",
  ),
  xtc_threshold: finite({ min: 0, max: 1 })
    .default(0.1)
    .describe("How likely a token must be to count as a top choice. Above 0.5 there is at most one: off."),
  min_keep: minKeep(),
});

export const xtc: Stage<z.infer<typeof options>> = {
  name: "xtc",
  summary:
    "Exclude top choices: with probability P removes all tokens of probability t or more but the least likely of them.",
  formula: "u ≤ P and |T| ≥ 2, T = {i : pᵢ ≥ t}: drop T but its last rank",
  source: {
    title: "Weidmann (p-e-w), Exclude Top Choices (XTC), text-generation-webui, 2024",
    url: "https://github.com/oobabooga/textgen/pull/6335",
  },
  options,
  trigger: "xtc_probability",
  keepsArgmax: false,
  isNeutral: ({ xtc_probability, xtc_threshold }) => xtc_probability === 0 || xtc_threshold > 0.5,
  apply(candidates, { xtc_probability, xtc_threshold, min_keep }, context) {
    if (context.uniform("xtc") > xtc_probability) return;
    const least = candidates.logSumExp() + ln(xtc_threshold) - SCORE_SLACK;
    note(candidates.removal, "above", least);
    const banned = listedIn(candidates) - candidates.count();
    candidates.dropTopButLast(least, min_keep);
    candidates.removal.listed = candidates.count() + banned;
  },
};
