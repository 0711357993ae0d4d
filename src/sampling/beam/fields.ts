/** The options that beam rules share, and their bounds. */
import * as z from "zod";
import { finite, oneOf, tokenIds, whole } from "../options/fields.ts";
import { BEAM_SCORES } from "./rule.ts";

/** Beams of one search: each is a row of logits a step. */
export const BEAMS_MAX = 128;
/** Continuations of one row that may matter: num_beams for each end token, and once more. */
export const WIDTH_MAX = 1024;
/** Tokens of a sequence behind its prompt. */
export const BEAM_TOKENS_MAX = 1_048_576;

/** num_beams, end_token_ids, max_tokens and score. */
export const SEARCH_FIELDS = {
  num_beams: whole({ min: 1, max: BEAMS_MAX }).describe("Beams that go on at the most."),
  end_token_ids: tokenIds()
    .optional()
    .transform((ids) => ids ?? [])
    .describe("The tokens that end a sequence. Default none.")
    .meta({ type: "array", items: { type: "integer", minimum: 0 } }),
  max_tokens: whole({ min: 1, max: BEAM_TOKENS_MAX }).describe("Tokens of a sequence behind its prompt."),
  score: oneOf(BEAM_SCORES)
    .optional()
    .describe(
      "What adds up along a sequence: `chain`, ln p after the chain; `model`, ln p of the row as it came; `processed`, the score after the chain less ln Σ exp of the row as it came, as transformers adds up.",
    ),
} as const;

export function lengthPenalty(standard: number) {
  return finite({ min: -100, max: 100 })
    .default(standard)
    .describe(
      "Ended sequences are ranked by sum / length^length_penalty: 0 ranks by the sum, 1 by the mean.",
    );
}

/** What `early_stopping` means as a switch. */
export const EARLY_STOPPING = z
  .union([z.boolean(), z.literal("never")], {
    error: () => 'must be true, false or "never"',
  })
  .default(false);
