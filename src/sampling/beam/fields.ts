/** The options that beam rules share, and their bounds. */
import * as z from "zod";
import { finite, oneOf, tokenIds, whole } from "../options/fields.ts";
import { BEAM_SCORES } from "./rule.ts";

/** Number of beams of one search. Each beam takes one row of logits per step. */
export const BEAMS_MAX = 128;
/**
 * Number of continuations of one row that the rule may need: num_beams for each end token, and num_beams
 * more.
 */
export const WIDTH_MAX = 1024;
/** Maximum number of generated tokens of a sequence, without its prompt. */
export const BEAM_TOKENS_MAX = 1_048_576;

/** num_beams, end_token_ids, max_tokens and score. */
export const SEARCH_FIELDS = {
  num_beams: whole({ min: 1, max: BEAMS_MAX }).describe("Maximum number of live beams."),
  end_token_ids: tokenIds()
    .optional()
    .transform((ids) => ids ?? [])
    .describe("Token ids that end a sequence. Default none.")
    .meta({ type: "array", items: { type: "integer", minimum: 0 } }),
  max_tokens: whole({ min: 1, max: BEAM_TOKENS_MAX }).describe(
    "Maximum number of generated tokens of a sequence, without its prompt.",
  ),
  score: oneOf(BEAM_SCORES)
    .optional()
    .describe(
      "The score that is summed along a sequence: `chain`, ln p after the chain; `model`, ln p of the unchanged row; `processed`, the score of a chain that begins with ln p instead of logits, as transformers sums it: the score after the chain minus ln Σ exp of the unchanged row, which temperatures divide too.",
    ),
} as const;

export function lengthPenalty(standard: number) {
  return finite({ min: -100, max: 100 })
    .default(standard)
    .describe(
      "Ended sequences are ranked by sum / length^length_penalty: 0 ranks by the sum, 1 by the mean.",
    );
}

/** The meaning of `early_stopping`, as a boolean. */
export const EARLY_STOPPING = z
  .union([z.boolean(), z.literal("never")], {
    error: () => 'must be true, false or "never"',
  })
  .default(false);
