/** exponential_decay_length_penalty: makes end tokens ever more likely once the text is long enough. */
import * as z from "zod";
import { exp, ln } from "../../kernels/float64.ts";
import { idsOf } from "../history/token-names.ts";
import { finite, rule, stopTokenIds, whole } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

/** Growth stops at the largest float32, so that no score becomes infinite. */
const GROWTH_MAX = 3.4028234663852886e38;

const options = z.strictObject({
  stage: z.literal("exponential_decay_length_penalty"),
  exponential_decay_length_penalty: z
    .tuple([whole({ min: 0 }), finite({ min: 0, openMin: true, max: 1000 })], rule("must be [start, factor]"))
    .describe(
      "[start, factor]: from the token after the first `start` generated ones on, the scores of stop_token_ids grow by the factor with every step. 1 as factor is off. Usual: [100, 1.01]; [15, 1.6], in transformers' documentation, shows how strong it can be.",
    ),
  stop_token_ids: stopTokenIds(),
});

export const exponential_decay_length_penalty: Stage<z.infer<typeof options>> = {
  name: "exponential_decay_length_penalty",
  summary:
    "Raises the scores of the tokens that end a text, exponentially with the tokens generated past a start.",
  formula: "sᵢ ← sᵢ + |sᵢ| · (factor^(generated − start) − 1) for i in stop_token_ids, if generated > start",
  source: {
    title: "transformers, ExponentialDecayLengthPenalty",
    url: "https://huggingface.co/docs/transformers/internal/generation_utils#transformers.ExponentialDecayLengthPenalty",
  },
  options,
  example: { exponential_decay_length_penalty: [100, 1.01], stop_token_ids: [2] },
  keepsArgmax: false,
  looksAtZero: () => true,
  isNeutral: ({ exponential_decay_length_penalty: [, factor], stop_token_ids }) =>
    factor === 1 || stop_token_ids.length === 0,
  apply(candidates, { exponential_decay_length_penalty: [start, factor], stop_token_ids }, context) {
    const token_ids = idsOf(stop_token_ids, context, "/stop_token_ids");
    const past = context.generated - start;
    if (past <= 0) return;
    const growth = Math.min(exp(past * ln(factor)), GROWTH_MAX) - 1;
    for (let i = 0; i < token_ids.length; i++) {
      const id = token_ids[i]!;
      const score = candidates.scoreOf(id);
      // A banned token stays banned, because −∞ + ∞ would be NaN.
      if (score !== Number.NEGATIVE_INFINITY) candidates.setScore(id, score + Math.abs(score) * growth);
    }
  },
};
