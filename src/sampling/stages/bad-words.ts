/** bad_words: bans tokens that would complete one of some words, with a blank before it and without. */
import * as z from "zod";
import { show } from "../../errors.ts";
import { completions, placeIn, SPELT_BYTES_MAX, spelt } from "../history/token-sequences.ts";
import { listOf } from "../options/counted-fields.ts";
import { rule } from "../options/fields.ts";
import { sequenceScope } from "../options/sequences.ts";
import type { Stage } from "../stage.ts";

const WORDS_MAX = 512;
const BLANKS = /^\s+/;
/** With a leading blank, the word has the maximum length of a sequence. */
const WORD_BYTES_MAX = SPELT_BYTES_MAX - 1;

const word = z.string(rule("must be a string")).refine((text) => isWord(text), {
  error: ({ input }) =>
    `must have 1 to ${WORD_BYTES_MAX} bytes of UTF-8 behind the blanks that it may begin with, got ${show(input)}`,
});

const options = z.strictObject({
  stage: z.literal("bad_words"),
  bad_words: listOf(word, { noun: "words", max: WORDS_MAX })
    .transform((words) => words.flatMap(spellingsOf))
    .describe(
      "Words that must not occur, in any tokenization that begins and ends at token borders: the token that would complete one is banned. Needs a `vocabulary`.",
    ),
  sequence_scope: sequenceScope(),
});

export const bad_words: Stage<z.infer<typeof options>> = {
  name: "bad_words",
  summary:
    "Bans tokens that would complete a word, with a blank before it or without: bad_words_ids for texts. Needs a vocabulary.",
  formula: "sᵢ ← −∞, if the last tokens and i together are a word, or a blank and the word",
  source: {
    title: "vLLM, SamplingParams.bad_words (whose tokenizer spells each word in one way; here it is any)",
    url: "https://docs.vllm.ai/en/latest/api/vllm/sampling_params/",
  },
  options,
  example: { bad_words: ["government"] },
  keepsArgmax: false,
  onlyMasks: true,
  readsText: true,
  isNeutral: ({ bad_words }) => bad_words.length === 0,
  apply(candidates, { bad_words, sequence_scope }, context) {
    const place = placeIn(context, sequence_scope);
    for (let i = 0; i < bad_words.length; i++)
      for (const id of completions(bad_words[i]!, place, "prefix", "/bad_words"))
        candidates.setScore(id, Number.NEGATIVE_INFINITY);
  },
};

function isWord(text: string): boolean {
  const { length } = spelt(text.replace(BLANKS, "")).bytes;
  return length >= 1 && length <= WORD_BYTES_MAX;
}

/** The word without leading blanks, and with one. */
function spellingsOf(text: string) {
  const bare = text.replace(BLANKS, "");
  return [spelt(bare), spelt(` ${bare}`)];
}
