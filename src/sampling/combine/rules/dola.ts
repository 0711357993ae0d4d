/** dola: contrasts the last layer with an earlier one, to favour what the model learned in between. */
import * as z from "zod";
import type { Rule } from "../rule.ts";
import type { Sources } from "../sources.ts";
import { leastShare } from "./fields.ts";

const options = z.strictObject({
  rule: z.literal("dola"),
  relative_top: leastShare(0.1),
});

export const dola: Rule<z.infer<typeof options>> = {
  name: "dola",
  summary:
    "Contrasts the model's last layer (final) with an earlier one: of several, the one whose distribution lies farthest from the last. (transformers computes the divergences in the other direction, from the mean to each, and may choose another layer.)",
  formula:
    "lsm(final) − lsm(early) for p_final ≥ r·max p_final, −∞ for others; early: the largest JSD to final",
  source: {
    title:
      "Chuang et al., DoLa: Decoding by Contrasting Layers Improves Factuality in Large Language Models, 2023; transformers had it as dola_layers until #40082",
    url: "https://arxiv.org/abs/2309.03883",
  },
  options,
  example: { relative_top: 0.1 },
  sources: ["final", "early"],
  takes_more: true,
  isNeutral: () => false,
  passes: () => 8,
  apply(sources, { relative_top }) {
    const { chosen, divergence } = farthest(sources);
    const terms = [
      { source: 0, weight: 1 },
      { source: chosen, weight: -1 },
    ];
    sources.add(terms, "log_softmax", relative_top);
    return divergence === undefined ? {} : { divergence, chosen };
  },
};

/**
 * The source with the largest divergence from the first; of equals the first one. A single source is not measured.
 */
function farthest(sources: Sources): { readonly chosen: number; readonly divergence?: number } {
  if (sources.count === 2) return { chosen: 1 };
  let chosen = 1;
  let divergence = sources.divergence(0, 1);
  for (let source = 2; source < sources.count; source++) {
    const distance = sources.divergence(0, source);
    if (distance <= divergence) continue;
    chosen = source;
    divergence = distance;
  }
  return { chosen, divergence };
}
