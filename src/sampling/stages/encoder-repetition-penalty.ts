/** encoder_repetition_penalty: makes the tokens of the encoder's input more likely. */
import * as z from "zod";
import { ENCODER_INPUT_IDS, finite, tokenIds } from "../options/fields.ts";
import { tokenSet } from "../options/token-set.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("encoder_repetition_penalty"),
  encoder_repetition_penalty: finite({ min: 0, openMin: true, max: 100 }).describe(
    "Positive scores of the tokens in encoder_input_ids are multiplied by it and others divided, once for each distinct token. Above 1 keeps the output close to the source, below 1 moves it away, 1 is off. Usual: 1.05 to 1.5.",
  ),
  encoder_input_ids: tokenSet(tokenIds()).describe(ENCODER_INPUT_IDS),
});

export const encoder_repetition_penalty: Stage<z.infer<typeof options>> = {
  name: "encoder_repetition_penalty",
  summary:
    "Multiplies positive scores of tokens of the encoder's input by r and divides their other scores by r: a hallucination penalty.",
  formula: "sᵢ ← sᵢ > 0 ? sᵢ · r : sᵢ / r, for each i in encoder_input_ids",
  source: {
    title: "transformers 5.24, EncoderRepetitionPenaltyLogitsProcessor",
    url: "https://huggingface.co/docs/transformers/internal/generation_utils#transformers.EncoderRepetitionPenaltyLogitsProcessor",
  },
  options,
  example: { encoder_repetition_penalty: 1.2, encoder_input_ids: [5, 9, 5, 2] },
  keepsArgmax: false,
  looksAtZero: () => true,
  isNeutral: ({ encoder_repetition_penalty, encoder_input_ids }) =>
    encoder_repetition_penalty === 1 || encoder_input_ids.token_ids.length === 0,
  apply(candidates, { encoder_repetition_penalty: r, encoder_input_ids }, context) {
    const { token_ids, amounts } = encoder_input_ids.of(context, "/encoder_input_ids");
    candidates.readScores(token_ids, token_ids.length, amounts);
    for (let i = 0; i < token_ids.length; i++) {
      const score = amounts[i]!;
      // A banned token stays banned, because −∞ − −∞ would be NaN.
      const scaled = Math.max(score, 0) * r + Math.min(score, 0) / r;
      amounts[i] = score === Number.NEGATIVE_INFINITY ? 0 : scaled - score;
    }
    candidates.add(token_ids, amounts);
  },
};
