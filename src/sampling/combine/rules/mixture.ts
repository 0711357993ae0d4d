/** mixture: a mixture of experts. A token is likely when one of the sources finds it likely. */
import * as z from "zod";
import { Problem } from "../../../errors.ts";
import type { Rule } from "../rule.ts";
import { requireOneEach, weightOfEach, weightsFor } from "./fields.ts";

/** Tolerance of the sum of the weights around 1, because thirds are written with few digits. */
const SUM_SLACK = 1e-3;

const options = z.strictObject({
  rule: z.literal("mixture"),
  weights: weightOfEach("the share of the draws that would be its own; they sum to 1"),
});

export const mixture: Rule<z.infer<typeof options>> = {
  name: "mixture",
  summary:
    "Averages the probabilities of all sources: a token is likely when one of them finds it likely, and is masked only when all mask it.",
  formula: "ln Σ wᵢ·pᵢ",
  source: {
    title: "Jacobs, Jordan, Nowlan & Hinton, Adaptive Mixtures of Local Experts, 1991",
    url: "https://doi.org/10.1162/neco.1991.3.1.79",
  },
  options,
  example: { weights: [0.7, 0.3] },
  sources: ["one", "another"],
  takes_more: true,
  isNeutral: () => false,
  check({ weights }, sources) {
    requireOneEach(weights, sources);
    if (weights === undefined) return;
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (Math.abs(sum - 1) <= SUM_SLACK) return;
    throw new Problem("invalid_option", `the weights of a mixture must sum to 1, got ${sum}`, "/weights");
  },
  passes: () => 8,
  apply(sources, { weights }) {
    sources.mix(weightsFor(weights, sources.count));
    return {};
  },
};
