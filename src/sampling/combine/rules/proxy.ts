/** proxy: adds the difference that tuning makes to a small model to a large, untuned model. */
import * as z from "zod";
import { finite } from "../../options/fields.ts";
import type { Rule } from "../rule.ts";

const options = z.strictObject({
  rule: z.literal("proxy"),
  a: finite()
    .default(1)
    .describe("Factor of the added difference. 0 is off; below 0 the difference is subtracted. Usual: 1."),
});

export const proxy: Rule<z.infer<typeof options>> = {
  name: "proxy",
  summary:
    "Adds to a large model what tuning has changed in a small one: the small model's tuned logits minus its untuned ones.",
  formula: "base + a·(tuned − untuned)",
  source: {
    title:
      "Liu et al., Tuning Language Models by Proxy, 2024; DExperts: Liu et al., Decoding-Time Controlled Text Generation with Experts and Anti-Experts, 2021",
    url: "https://arxiv.org/abs/2401.08565",
  },
  options,
  example: { a: 1 },
  sources: ["base", "tuned", "untuned"],
  takes_more: false,
  isNeutral: ({ a }) => a === 0,
  passes: () => 1,
  apply(sources, { a }) {
    const terms = [
      { source: 0, weight: 1 },
      { source: 1, weight: a },
      { source: 2, weight: -a },
    ];
    sources.add(terms, "logits");
    return {};
  },
};
