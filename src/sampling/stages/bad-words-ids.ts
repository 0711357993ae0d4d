/** bad_words_ids: bans tokens that would complete one of some sequences. */
import * as z from "zod";
import { completions, isSpelt, placeIn } from "../history/token-sequences.ts";
import { tokenSequences } from "../options/sequence-fields.ts";
import { sequenceMinHistory, sequenceScope } from "../options/sequences.ts";
import { tokenSet } from "../options/token-set.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("bad_words_ids"),
  bad_words_ids: tokenSequences().describe(
    "Sequences of tokens that must not occur: the last token is banned when the other tokens stand at the end of the history. A text is found in any tokenization. A word may occur with and without a leading blank.",
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
    const spared_ids = spared?.of(context, "/bad_words_spared_ids");
    const place = placeIn(context, sequence_scope);
    for (let i = 0; i < bad_words_ids.length; i++) {
      const words = bad_words_ids[i]!;
      const is_spared = !isSpelt(words) && words.length === 1;
      for (const id of completions(words, place, sequence_min_history, `/bad_words_ids/${i}`))
        if (!(is_spared && spared_ids?.has(id))) candidates.setScore(id, Number.NEGATIVE_INFINITY);
    }
  },
};
