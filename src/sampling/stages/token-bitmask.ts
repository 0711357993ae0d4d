/** token_bitmask: keeps the tokens whose bit is set, as grammar engines write it. */
import * as z from "zod";
import { tokenBitmask } from "../options/sequence-fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("token_bitmask"),
  token_bitmask: tokenBitmask().describe(
    "Base64 of 32-bit little-endian words: token i may be drawn when bit i mod 32 of word i div 32 is set, as xgrammar and llguidance write it. Tokens past the end of the mask may not be drawn; bits past the end of the vocabulary mean nothing.",
  ),
});

export const token_bitmask: Stage<z.infer<typeof options>> = {
  name: "token_bitmask",
  summary: "Keeps the tokens whose bit is set: the mask of a grammar engine.",
  formula: "keep i ⇔ bit (i mod 32) of word ⌊i / 32⌋ is 1",
  source: {
    title:
      "Dong et al., XGrammar: Flexible and Efficient Structured Generation Engine for Large Language Models, 2024",
    url: "https://arxiv.org/abs/2411.15100",
  },
  options,
  example: { token_bitmask: "//8AAA==" },
  keepsArgmax: false,
  onlyMasks: true,
  isNeutral: () => false,
  apply(candidates, { token_bitmask }) {
    candidates.keepMask(token_bitmask);
  },
};
