/** repetition_penalty: scales down the scores of tokens that occurred already. */
import { z } from "zod";
import { finite, penaltyLastN, penaltyScope } from "../fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("repetition_penalty"),
  repetition_penalty: finite({ min: 0, openMin: true, max: 100 }).describe(
    "Positive scores are divided by it and others multiplied, once for each distinct token. Above 1 discourages repetition, below 1 encourages it, 1 is off. Usual: 1.05 to 1.3.",
  ),
  penalty_last_n: penaltyLastN(),
  penalty_scope: penaltyScope("history"),
});

export const repetition_penalty: Stage<z.infer<typeof options>> = {
  name: "repetition_penalty",
  summary: "Divides positive scores of tokens seen before by r and multiplies their other scores by r.",
  formula: "sᵢ ← sᵢ > 0 ? sᵢ / r : sᵢ · r, for each i seen",
  source: {
    title:
      "Keskar et al., CTRL: A Conditional Transformer Language Model for Controllable Generation, 2019, which divides; that scores below 0 are multiplied is transformers #2303",
    url: "https://arxiv.org/abs/1909.05858",
  },
  options,
  keepsArgmax: false,
  isNeutral: ({ repetition_penalty, penalty_last_n }) => repetition_penalty === 1 || penalty_last_n === 0,
  apply(candidates, { repetition_penalty, penalty_last_n, penalty_scope }, context) {
    const seen = context.tokensSeen(penalty_last_n, penalty_scope);
    candidates.penalise(seen, repetition_penalty, 0, 0);
  },
};
