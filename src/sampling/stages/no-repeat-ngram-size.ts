/** no_repeat_ngram_size: bans every token that would make a run of n tokens occur a second time. */
import * as z from "zod";
import type { Candidates } from "../candidates/candidates.ts";
import { oneOf, whole } from "../options/fields.ts";
import { type TokenSet, tokenSet } from "../options/token-set.ts";
import type { Stage } from "../stage.ts";

/** Work per token of the history: the search for repeats, with a ban for each in the worst case. */
const BAN_WORK = 24;

const options = z.strictObject({
  stage: z.literal("no_repeat_ngram_size"),
  no_repeat_ngram_size: whole({ min: 0, max: 1_000_000, off: 0 }).describe(
    "Length n of the runs of tokens that may occur only once, prompt included. 0 is off, 1 bans every token of the history. Usual: 2 to 4; 20 to 35 against loops in tables.",
  ),
  no_repeat_ngram_window: whole({ min: -1 })
    .default(-1)
    .describe(
      "Only runs that begin among this number of last tokens count; -1: all of them, 0: none, which switches it off (DeepSeek-OCR, vLLM and SGLang: window_size, 90).",
    ),
  no_repeat_ngram_scope: oneOf(["history", "generated"])
    .default("history")
    .describe(
      "`history`: runs may stand in the prompt (transformers, SGLang); `generated`: only tokens after `prompt_length` count (vLLM).",
    ),
  no_repeat_ngram_spared_ids: tokenSet()
    .optional()
    .describe(
      "Tokens that are never banned, such as the tags of a table or those that end a text (DeepSeek-OCR, vLLM and SGLang: whitelist_token_ids). Default none.",
    ),
});

export const no_repeat_ngram_size: Stage<z.infer<typeof options>> = {
  name: "no_repeat_ngram_size",
  summary: "Bans tokens that would repeat a run of n tokens of the history.",
  formula: "sᵢ ← −∞, if (the last n − 1 tokens, i) stand in the part of the history that counts",
  source: {
    title:
      "Paulus, Xiong & Socher, A Deep Reinforced Model for Abstractive Summarization, 2017; window and spared tokens: vLLM 0.33, models/deepseek_ocr.py",
    url: "https://arxiv.org/abs/1705.04304",
  },
  options,
  example: { no_repeat_ngram_size: 3 },
  keepsArgmax: false,
  onlyMasks: true,
  looksBack: true,
  isNeutral: ({ no_repeat_ngram_size, no_repeat_ngram_window }) =>
    no_repeat_ngram_size === 0 || no_repeat_ngram_window === 0,
  historyWork: (_, length) => BAN_WORK * length,
  apply(candidates, options, context) {
    const { no_repeat_ngram_size: n, no_repeat_ngram_window, no_repeat_ngram_scope } = options;
    const spared = options.no_repeat_ngram_spared_ids?.of(context, "/no_repeat_ngram_spared_ids");
    if (n === 1) {
      const { token_ids, distinct } = context.tokensSeen(no_repeat_ngram_window, no_repeat_ngram_scope);
      ban(candidates, token_ids, distinct, spared);
      return;
    }
    const first = context.firstOf(no_repeat_ngram_window, no_repeat_ngram_scope);
    const { token_ids, count } = context.repeatsSince(first, n - 1, n - 1);
    ban(candidates, token_ids, count, spared);
  },
};

function ban(
  candidates: Candidates,
  token_ids: Int32Array,
  count: number,
  spared: TokenSet | undefined,
): void {
  for (let i = 0; i < count; i++) {
    const id = token_ids[i]!;
    if (!spared?.has(id)) candidates.setScore(id, Number.NEGATIVE_INFINITY);
  }
}
