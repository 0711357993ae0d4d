/** bad_words_ids: bans tokens that would complete one of some sequences. */
import * as z from "zod";
import { tokenSequences } from "../options/sequence-fields.ts";
import { completes, sequenceMinHistory, sequenceScope } from "../options/sequences.ts";
import { tokenSet } from "../options/token-set.ts";
import type { Stage } from "../stage.ts";
import { requireBelow } from "../vocab-size.ts";

const options = z.strictObject({
  stage: z.literal("bad_words_ids"),
  bad_words_ids: tokenSequences().describe(
    "Sequences of token ids that must not occur: the last token is banned when the others stand at the end of the history. Remember that a word is written with and without a leading blank.",
  ),
  bad_words_spared_ids: tokenSet()
    .optional()
    .describe(
      "Tokens that a sequence of one token does not ban; longer sequences may still end in them. transformers spares the tokens that end a text. Default none.",
    ),
  sequence_scope: sequenceScope(),
  sequence_min_history: sequenceMinHistory(),
});

export const bad_words_ids: Stage<z.infer<typeof options>> = {
  name: "bad_words_ids",
  summary:
    "Bans tokens that would complete a forbidden sequence; a sequence of one token is banned outright.",
  formula: "s of the last id of q ← −∞, for each sequence q whose other ids end the history",
  source: {
    title: "transformers, NoBadWordsLogitsProcessor",
    url: "https://huggingface.co/docs/transformers/internal/generation_utils#transformers.NoBadWordsLogitsProcessor",
  },
  options,
  example: { bad_words_ids: [[13], [25, 9]] },
  keepsArgmax: false,
  onlyMasks: true,
  isNeutral: ({ bad_words_ids }) => bad_words_ids.length === 0,
  apply(candidates, options, context) {
    const { bad_words_ids, bad_words_spared_ids: spared, sequence_scope, sequence_min_history } = options;
    spared?.requireWithin(context.vocab_size, "/bad_words_spared_ids");
    const first = context.firstOf(-1, sequence_scope);
    for (let i = 0; i < bad_words_ids.length; i++) {
      const token_ids = bad_words_ids[i]!;
      if (!completes(token_ids, context.history, first, sequence_min_history)) continue;
      const id = token_ids[token_ids.length - 1]!;
      requireBelow(context.vocab_size, id, `/bad_words_ids/${i}/${token_ids.length - 1}`);
      if (token_ids.length === 1 && spared?.has(id)) continue;
      candidates.setScore(id, Number.NEGATIVE_INFINITY);
    }
  },
};
