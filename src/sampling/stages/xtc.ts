/** xtc: sometimes removes all sufficiently likely tokens except the least likely of them. */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import { listedIn, note } from "../candidates/removal.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { finite, minKeep, oneOf } from "../options/fields.ts";
import { tokenSet } from "../options/token-set.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("xtc"),
  xtc_probability: finite({ min: 0, max: 1 }).describe(
    "Probability with which a step excludes its top choices. 0 is off, 1 always excludes. Usual: 0.5.",
  ),
  xtc_threshold: finite({ min: 0, max: 1 })
    .default(0.1)
    .describe(
      "Minimum probability of a top choice. Above 0.5 there is at most one top choice, so the stage is off.",
    ),
  xtc_outcome: oneOf(["draw", "average"])
    .default("draw")
    .describe(
      "`draw`: each step decides by its own random number; `average`: no random number, and the probabilities are the average of both outcomes. This gives the same distribution of samples, and greedy decoding has one result (ExLlamaV3).",
    ),
  xtc_spared_ids: tokenSet()
    .optional()
    .describe(
      "Tokens that are never excluded, such as a line break and those that end a text. Default none.",
    ),
  xtc_spared_rule: oneOf(["aside", "stay", "refuse"])
    .default("aside")
    .describe(
      "Treatment of xtc_spared_ids: `aside`, they do not count as top choices (ExLlamaV3); `stay`, they count, and stay (mlx-lm); `refuse`, nothing is excluded in a step in which one of them would be (text-generation-webui).",
    ),
  xtc_ties: oneOf(["cut", "keep"])
    .default("cut")
    .describe(
      "Top choices exactly as likely as the least of them: `cut` keeps the highest id, `keep` keeps them all (mlx-lm).",
    ),
  min_keep: minKeep(),
});

export const xtc: Stage<z.infer<typeof options>> = {
  name: "xtc",
  summary:
    "Exclude top choices: with probability P removes all tokens with a probability of at least t, except the least likely of them.",
  formula:
    "u ≤ P and |T| ≥ 2, T = {i : pᵢ ≥ t}: drop T but its last rank; average: pᵢ ← (1 − P) · pᵢ for those, m their mass, else pᵢ · (1 + P · m / (1 − m))",
  source: {
    title:
      "Weidmann (p-e-w), Exclude Top Choices (XTC), text-generation-webui, 2024; average: ExLlamaV3 1.4.1, SS_XTC",
    url: "https://github.com/oobabooga/textgen/pull/6335",
  },
  options,
  example: { xtc_probability: 0.5 },
  trigger: "xtc_probability",
  keepsArgmax: false,
  isNeutral: ({ xtc_probability, xtc_threshold }) => xtc_probability === 0 || xtc_threshold > 0.5,
  apply(candidates, options, context) {
    const { xtc_probability, xtc_threshold, xtc_outcome, xtc_spared_rule, xtc_ties } = options;
    const spared = options.xtc_spared_ids?.of(context, "/xtc_spared_ids");
    const draws = xtc_outcome === "draw";
    if (draws && context.uniform("xtc") > xtc_probability) return;
    const logsumexp = candidates.logSumExp();
    const threshold = logsumexp + ln(xtc_threshold) - SCORE_SLACK;
    note(candidates.removal, "above", threshold);
    const banned = listedIn(candidates) - candidates.count();
    candidates.excludeTop({
      threshold,
      spared,
      spared_rule: xtc_spared_rule,
      ties: xtc_ties,
      share: draws ? 1 : xtc_probability,
      logsumexp,
      min_keep: options.min_keep,
    });
    candidates.removal.listed = candidates.count() + banned;
  },
};
