/** context_aware: amplifies the difference that the context makes to the model's logits. */
import * as z from "zod";
import { finite, rule } from "../../options/fields.ts";
import type { Rule } from "../rule.ts";

const ADAPTIVE = "adaptive";

const options = z.strictObject({
  rule: z.literal("context_aware"),
  alpha: z
    .union([finite(), z.literal(ADAPTIVE)], rule('must be a number or "adaptive"'))
    .default(0.5)
    .describe(
      "Weight of the difference that the context makes. 0 is off. Usual: 0.5. `adaptive`: the Jensen-Shannon divergence of both sources in this step, in nats, 0 to 0.69.",
    ),
});

export const context_aware: Rule<z.infer<typeof options>> = {
  name: "context_aware",
  summary:
    "Amplifies what a context changes: the model's logits with the context (ctx) minus those without (none).",
  formula: "(1 + α)·ctx − α·none; adaptive: α = JSD(p_ctx, p_none)",
  source: {
    title:
      "Shi et al., Trusting Your Evidence: Hallucinate Less with Context-aware Decoding, 2023; adaptive: Wang et al., AdaCAD, 2024 (arXiv 2409.07394), in nats as in their code",
    url: "https://arxiv.org/abs/2305.14739",
  },
  options,
  example: { alpha: 0.5 },
  sources: ["with the context", "without it"],
  takes_more: false,
  isNeutral: ({ alpha }) => alpha === 0,
  passes: ({ alpha }) => (alpha === ADAPTIVE ? 8 : 1),
  apply(sources, options) {
    const divergence = options.alpha === ADAPTIVE ? sources.divergence(0, 1) : undefined;
    const alpha = divergence ?? (options.alpha as number); // the only word stands for the divergence
    const terms = [
      { source: 0, weight: 1 + alpha },
      { source: 1, weight: -alpha },
    ];
    sources.add(terms, "logits");
    return divergence === undefined ? { alpha } : { alpha, divergence };
  },
};
