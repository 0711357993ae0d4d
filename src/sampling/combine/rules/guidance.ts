/** guidance: classifier-free guidance. It moves the logits away from those under another prompt or none. */
import * as z from "zod";
import { finite, oneOf } from "../../options/fields.ts";
import type { Rule } from "../rule.ts";

const CONVENTIONS = ["log_softmax", "raw", "from_zero"] as const;

const options = z.strictObject({
  rule: z.literal("guidance"),
  guidance_scale: finite().describe(
    "Distance from the unconditional source. 1 is off (0 with the convention from_zero); smaller values move towards that source. Usual: 1.25 to 3.",
  ),
  convention: oneOf(CONVENTIONS)
    .default("log_softmax")
    .describe(
      "The values that are subtracted: `log_softmax`, ln p of both (transformers); `raw`, the unchanged logits; `from_zero`, the logits, with a scale that starts at 0: c + s·(c − u).",
    ),
});

type Options = z.infer<typeof options>;

export const guidance: Rule<Options> = {
  name: "guidance",
  summary:
    "Moves the model's output with the prompt (c) away from its output with a negative prompt or without one (u).",
  formula: "lsm(u) + s·(lsm(c) − lsm(u)); raw: u + s·(c − u); from_zero: c + s·(c − u)",
  source: {
    title:
      "Sanchez et al., Stay on topic with Classifier-Free Guidance, 2023; transformers, UnbatchedClassifierFreeGuidanceLogitsProcessor",
    url: "https://arxiv.org/abs/2306.17806",
  },
  options,
  example: { guidance_scale: 1.5 },
  sources: ["conditional", "unconditional"],
  takes_more: false,
  isNeutral: (options) => scaleOf(options) === 1,
  passes: () => 1,
  apply(sources, options) {
    const scale = scaleOf(options);
    const terms = [
      { source: 0, weight: scale },
      { source: 1, weight: 1 - scale },
    ];
    sources.add(terms, options.convention === "log_softmax" ? "log_softmax" : "logits");
    return {};
  },
};

/** The scale at which 1 is off. */
function scaleOf({ guidance_scale, convention }: Options): number {
  return convention === "from_zero" ? 1 + guidance_scale : guidance_scale;
}
