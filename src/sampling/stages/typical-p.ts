/** typical_p: keeps the tokens whose surprise is nearest to the entropy. */
import * as z from "zod";
import { note } from "../candidates/removal.ts";
import { finite, flag, minKeep, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("typical_p"),
  typical_p: finite({ min: 0, max: 1 }).describe(
    "The mass to keep, the most typical tokens first. 1 is off, 0 keeps one token. Usual: 0.2 to 0.95.",
  ),
  typical_p_inclusive: flag()
    .default(false)
    .describe("Also keep a token when the mass before it exactly equals p (llama.cpp's rule)."),
  typical_p_ties: oneOf(["cut", "keep"])
    .default("cut")
    .describe(
      "Tokens exactly as typical as the last one kept: `cut` takes the more likely first and lower ids first, `keep` keeps them all (transformers).",
    ),
  min_keep: minKeep(),
});

export const typical_p: Stage<z.infer<typeof options>> = {
  name: "typical_p",
  summary:
    "Locally typical sampling: keeps the tokens whose surprise is nearest to the entropy, up to a mass of p.",
  formula: "by ascending |−ln pᵢ − H|: keep i ⇔ Σ{pⱼ : j before i} < p, H = −Σ pⱼ ln pⱼ",
  source: {
    title: "Meister et al., Locally Typical Sampling, 2022",
    url: "https://arxiv.org/abs/2202.00666",
  },
  options,
  example: { typical_p: 0.9 },
  keepsArgmax: false,
  isNeutral: ({ typical_p }) => typical_p === 1,
  passes: 32,
  apply(candidates, { typical_p, typical_p_inclusive, typical_p_ties, min_keep }) {
    note(candidates.removal, "typical", typical_p, min_keep);
    candidates.keepTypical(typical_p, { inclusive: typical_p_inclusive, ties: typical_p_ties, min_keep });
  },
};
