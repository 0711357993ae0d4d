/** begin_suppress_tokens: bans some tokens from the beginning of the generated text. */
import * as z from "zod";
import { idsOf } from "../history/token-names.ts";
import { tokenNames, whole } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("begin_suppress_tokens"),
  begin_suppress_tokens: tokenNames().describe("The tokens that are banned at this position."),
  begin_suppress_index: whole({ min: 0 })
    .default(0)
    .describe(
      "The position among the generated tokens, from 0: 1 where a token at 0 is forced (transformers, behind forced_bos_token_id).",
    ),
});

export const begin_suppress_tokens: Stage<z.infer<typeof options>> = {
  name: "begin_suppress_tokens",
  summary: "Bans given tokens at the beginning, such as the end of text, so that an answer is not empty.",
  formula: "sᵢ ← −∞ for i in begin_suppress_tokens, when generated = index",
  source: {
    title: "transformers 5.24, SuppressTokensAtBeginLogitsProcessor",
    url: "https://huggingface.co/docs/transformers/internal/generation_utils#transformers.SuppressTokensAtBeginLogitsProcessor",
  },
  options,
  example: { begin_suppress_tokens: [2, 220] },
  keepsArgmax: false,
  onlyMasks: true,
  isNeutral: ({ begin_suppress_tokens }) => begin_suppress_tokens.length === 0,
  apply(candidates, { begin_suppress_tokens, begin_suppress_index }, context) {
    const token_ids = idsOf(begin_suppress_tokens, context, "/begin_suppress_tokens");
    if (context.generated !== begin_suppress_index) return;
    for (let i = 0; i < token_ids.length; i++) candidates.setScore(token_ids[i]!, Number.NEGATIVE_INFINITY);
  },
};
