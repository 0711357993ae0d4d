/** encoder_no_repeat_ngram_size: bans every token that would repeat n consecutive tokens of the encoder's input. */
import * as z from "zod";
import { OccurrenceFinder } from "../history/occurrences.ts";
import { ENCODER_INPUT_IDS, tokenIds, whole } from "../options/fields.ts";
import type { Stage } from "../stage.ts";
import { requireInVocabulary } from "../vocab-size.ts";

const options = z.strictObject({
  stage: z.literal("encoder_no_repeat_ngram_size"),
  encoder_no_repeat_ngram_size: whole({ min: 0, max: 1_000_000 }).describe(
    "Length n of the runs that may not be repeated from encoder_input_ids. 0 is off, 1 bans every token of them. Usual: 3 to 5.",
  ),
  encoder_input_ids: tokenIds().describe(ENCODER_INPUT_IDS),
});

export const encoder_no_repeat_ngram_size: Stage<z.infer<typeof options>> = {
  name: "encoder_no_repeat_ngram_size",
  summary: "Bans tokens that would repeat n consecutive tokens of the encoder's input.",
  formula: "sᵢ ← −∞, if (the last n − 1 tokens, i) stand in encoder_input_ids",
  source: {
    title: "transformers 5.24, EncoderNoRepeatNGramLogitsProcessor",
    url: "https://huggingface.co/docs/transformers/internal/generation_utils#transformers.EncoderNoRepeatNGramLogitsProcessor",
  },
  options,
  example: { encoder_no_repeat_ngram_size: 3, encoder_input_ids: [5, 9, 5, 2] },
  keepsArgmax: false,
  onlyMasks: true,
  isNeutral: ({ encoder_no_repeat_ngram_size, encoder_input_ids }) =>
    encoder_no_repeat_ngram_size === 0 || encoder_input_ids.length < encoder_no_repeat_ngram_size,
  apply(candidates, { encoder_no_repeat_ngram_size: n, encoder_input_ids }, { history, vocab_size }) {
    requireInVocabulary(encoder_input_ids, vocab_size, "/encoder_input_ids");
    const { next_ids, count } = finder.find(encoder_input_ids, history, n - 1);
    for (let i = 0; i < count; i++) candidates.setScore(next_ids[i]!, Number.NEGATIVE_INFINITY);
  },
};

const finder = new OccurrenceFinder();
