/**
 * contrastive: favours tokens that an expert finds likelier than an amateur does, among the tokens that the expert finds
 * plausible.
 */
import * as z from "zod";
import { finite } from "../../options/fields.ts";
import type { Rule } from "../rule.ts";
import { leastShare } from "./fields.ts";

const options = z.strictObject({
  rule: z.literal("contrastive"),
  alpha: leastShare(0.1),
  beta: finite({ min: 0 })
    .default(0.5)
    .describe(
      "Weight with which the amateur is subtracted. 0 leaves the expert's plausible tokens. Usual: 0.5.",
    ),
});

export const contrastive: Rule<z.infer<typeof options>> = {
  name: "contrastive",
  summary:
    "Favours what a strong model (e) finds likelier than a weak one (a) does, among the tokens that the strong one finds plausible.",
  formula: "(1 + β)·e − β·a for e ≥ max e + ln α, −∞ for others",
  source: {
    title:
      "Li et al., Contrastive Decoding: Open-ended Text Generation as Optimization, 2022; in this form O'Brien & Lewis, Contrastive Decoding Improves Reasoning in Large Language Models, 2023",
    url: "https://arxiv.org/abs/2309.09117",
  },
  options,
  example: { alpha: 0.1, beta: 0.5 },
  sources: ["expert", "amateur"],
  takes_more: false,
  isNeutral: () => false,
  passes: () => 1,
  apply(sources, { alpha, beta }) {
    const terms = [
      { source: 0, weight: 1 + beta },
      { source: 1, weight: -beta },
    ];
    sources.add(terms, "logits", alpha);
    return {};
  },
};
