/** no_repeat_ngram_size: bans every token that would make n tokens in a row occur a second time. */
import { z } from "zod";
import { whole } from "../fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("no_repeat_ngram_size"),
  no_repeat_ngram_size: whole({ min: 0, max: 1_000_000, off: 0 }).describe(
    "Length n of the runs of tokens that may occur only once, prompt included. 0 is off, 1 bans every token of the history. Usual: 2 to 4.",
  ),
});

export const no_repeat_ngram_size: Stage<z.infer<typeof options>> = {
  name: "no_repeat_ngram_size",
  summary: "Bans tokens that would repeat n tokens in a row that stand in the history already.",
  formula: "sᵢ ← −∞, if (the last n − 1 tokens, i) stand in the history",
  source: {
    title: "Paulus, Xiong & Socher, A Deep Reinforced Model for Abstractive Summarization, 2017",
    url: "https://arxiv.org/abs/1705.04304",
  },
  options,
  keepsArgmax: false,
  looksBack: true,
  isNeutral: ({ no_repeat_ngram_size }) => no_repeat_ngram_size === 0,
  apply(candidates, { no_repeat_ngram_size: n }, context) {
    if (n === 1) {
      const { token_ids, distinct } = context.tokensSeen(-1, "history");
      for (let i = 0; i < distinct; i++) candidates.setScore(token_ids[i]!, Number.NEGATIVE_INFINITY);
      return;
    }
    const { token_ids, count } = context.repeatsSince(0, n - 1, n - 1);
    for (let i = 0; i < count; i++) candidates.setScore(token_ids[i]!, Number.NEGATIVE_INFINITY);
  },
};
