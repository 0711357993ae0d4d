/** top_p: keeps the smallest set of most likely tokens whose probabilities add up to p. */
import { z } from "zod";
import { finite, flag, minKeep, oneOf } from "../fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("top_p"),
  top_p: finite({ min: 0, max: 1 }).describe(
    "The mass to keep: the smallest descending prefix whose probabilities reach it. 1 is off, 0 keeps one token. Usual: 0.8 to 0.98.",
  ),
  top_p_inclusive: flag()
    .default(false)
    .describe("Also keep a token when the mass before it exactly equals p (SGLang's rule)."),
  top_p_ties: oneOf(["cut", "keep"])
    .default("cut")
    .describe(
      "Tokens whose score equals that of the last one kept: `cut` ranks lower ids first, `keep` keeps them all.",
    ),
  min_keep: minKeep(),
});

export const top_p: Stage<z.infer<typeof options>> = {
  name: "top_p",
  summary: "Nucleus sampling: keeps the smallest descending prefix whose probabilities add up to p.",
  formula: "keep i ⇔ Σ{pⱼ : j ranks before i} < p",
  source: {
    title: "Holtzman et al., The Curious Case of Neural Text Degeneration, 2019",
    url: "https://arxiv.org/abs/1904.09751",
  },
  options,
  keepsArgmax: true,
  isNeutral: ({ top_p }) => top_p === 1,
  apply(candidates, { top_p, top_p_inclusive, top_p_ties, min_keep }) {
    candidates.keepMass(top_p, { inclusive: top_p_inclusive, ties: top_p_ties, min_keep });
  },
};
