/** product: a product of experts. A token is likely only when all sources find it likely. */
import * as z from "zod";
import type { Rule } from "../rule.ts";
import { requireOneEach, weightOfEach, weightsFor } from "./fields.ts";

const options = z.strictObject({
  rule: z.literal("product"),
  weights: weightOfEach("the power to which its probabilities are raised"),
});

export const product: Rule<z.infer<typeof options>> = {
  name: "product",
  summary:
    "Multiplies the probabilities of all sources, each raised to its weight: a token is likely when all of them find it likely.",
  formula: "Σ wᵢ·lsmᵢ",
  source: {
    title: "Hinton, Training Products of Experts by Minimizing Contrastive Divergence, 2002",
    url: "https://doi.org/10.1162/089976602760128018",
  },
  options,
  example: { weights: [0.7, 0.3] },
  sources: ["one", "another"],
  takes_more: true,
  isNeutral: () => false,
  check: ({ weights }, sources) => requireOneEach(weights, sources),
  passes: () => 1,
  apply(sources, { weights }) {
    const terms = weightsFor(weights, sources.count).map((weight, source) => ({ source, weight }));
    sources.add(terms, "log_softmax");
    return {};
  },
};
