/** top_k: keeps the k most likely tokens. */
import * as z from "zod";
import { oneOf, whole } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("top_k"),
  top_k: whole({ min: 0, off: 0 }).describe(
    "How many of the most likely tokens to keep; 0 is off. Usual: 20 to 100.",
  ),
  ties: oneOf(["cut", "keep"])
    .default("cut")
    .describe(
      "Tokens whose score equals that of the last one kept: `cut` keeps exactly k, lower ids first (llama.cpp, SGLang); `keep` keeps them all (transformers, vLLM).",
    ),
});

export const top_k: Stage<z.infer<typeof options>> = {
  name: "top_k",
  summary: "Keeps the k tokens with the largest scores.",
  formula: "keep i ⇔ rank(sᵢ) ≤ k",
  source: {
    title: "Fan, Lewis & Dauphin, Hierarchical Neural Story Generation, 2018",
    url: "https://arxiv.org/abs/1805.04833",
  },
  options,
  example: { top_k: 40 },
  keepsArgmax: true,
  isNeutral: ({ top_k }) => top_k === 0,
  looksAtBest: ({ top_k, ties }) => (ties === "cut" ? top_k : Number.POSITIVE_INFINITY),
  isGreedy: ({ top_k, ties }) => top_k === 1 && ties === "cut",
  apply(candidates, { top_k, ties }) {
    candidates.keepTopK(top_k, ties);
  },
};
