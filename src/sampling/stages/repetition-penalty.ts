/** repetition_penalty: scales down the scores of tokens that occurred already. */
import * as z from "zod";
import { finite, flag, penaltyDecayRange, penaltyLastN, penaltyScope } from "../options/fields.ts";
import { COUNT_WORK, lastOf, type Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("repetition_penalty"),
  repetition_penalty: finite({ min: 0, openMin: true, max: 100, off: 1 }).describe(
    "Positive scores are divided by it and others multiplied, once for each distinct token. Above 1 discourages repetition, below 1 encourages it, 1 is off. Usual: 1.05 to 1.3.",
  ),
  repetition_penalty_normalize: flag()
    .default(false)
    .describe(
      "Measure scores relative to ln Σ exp s, which is above all of them. A constant added to all logits then changes nothing (transformers #48642).",
    ),
  penalty_last_n: penaltyLastN(),
  penalty_decay_range: penaltyDecayRange(),
  penalty_scope: penaltyScope("history"),
});

export const repetition_penalty: Stage<z.infer<typeof options>> = {
  name: "repetition_penalty",
  summary: "Divides positive scores of tokens seen before by r and multiplies their other scores by r.",
  formula:
    "sᵢ ← sᵢ > 0 ? sᵢ / r : sᵢ · r, for each i seen; normalised: sᵢ ← L + (sᵢ − L) · r, L = ln Σ exp s; faded: the step times wᵢ",
  source: {
    title:
      "Keskar et al., CTRL: A Conditional Transformer Language Model for Controllable Generation, 2019, which divides; that scores below 0 are multiplied is transformers #2303",
    url: "https://arxiv.org/abs/1909.05858",
  },
  options,
  example: { repetition_penalty: 1.1 },
  keepsArgmax: false,
  looksBack: true,
  looksAtZero: ({ repetition_penalty_normalize }) => !repetition_penalty_normalize,
  isNeutral: ({ repetition_penalty, penalty_last_n, penalty_decay_range }) =>
    repetition_penalty === 1 || (penalty_last_n === 0 && penalty_decay_range <= 1),
  historyWork: ({ penalty_last_n }, length) => COUNT_WORK * lastOf(penalty_last_n, length),
  apply(candidates, options, context) {
    const { repetition_penalty, repetition_penalty_normalize, penalty_last_n, penalty_scope } = options;
    const { penalty_decay_range } = options;
    if (repetition_penalty_normalize || penalty_decay_range > 1) {
      const zero = repetition_penalty_normalize ? candidates.logSumExp() : 0;
      const seen = context.tokensFading(penalty_last_n, penalty_decay_range, penalty_scope);
      seen.scale(candidates, repetition_penalty, zero);
      return;
    }
    const seen = context.tokensSeen(penalty_last_n, penalty_scope);
    candidates.penalise(seen, repetition_penalty, 0, 0);
  },
};
