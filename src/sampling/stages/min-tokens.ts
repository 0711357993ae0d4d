/** min_tokens: bans the tokens that end a text until enough were generated. */
import * as z from "zod";
import { idsOf } from "../history/token-names.ts";
import { oneOf, stopTokenIds, whole } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("min_tokens"),
  min_tokens: whole({ min: 0 }).describe(
    "How many tokens must have been generated before one of stop_token_ids may be drawn. 0 is off.",
  ),
  stop_token_ids: stopTokenIds(),
  min_tokens_scope: oneOf(["generated", "history"])
    .default("generated")
    .describe(
      "`generated`: tokens after `prompt_length` count (vLLM, transformers' min_new_tokens); `history`: the prompt counts too (transformers' min_length).",
    ),
});

export const min_tokens: Stage<z.infer<typeof options>> = {
  name: "min_tokens",
  summary: "Bans the tokens that end a text as long as fewer than n tokens were generated.",
  formula: "sᵢ ← −∞ for i in stop_token_ids, while generated < n",
  source: {
    title: "vLLM, SamplingParams.min_tokens",
    url: "https://docs.vllm.ai/en/latest/api/vllm/sampling_params/",
  },
  options,
  example: { min_tokens: 16, stop_token_ids: [2] },
  keepsArgmax: false,
  onlyMasks: true,
  isNeutral: ({ min_tokens, stop_token_ids }) => min_tokens === 0 || stop_token_ids.length === 0,
  apply(candidates, { min_tokens, stop_token_ids, min_tokens_scope }, context) {
    const token_ids = idsOf(stop_token_ids, context, "/stop_token_ids");
    const length = min_tokens_scope === "generated" ? context.generated : context.history.length;
    if (length >= min_tokens) return;
    for (let i = 0; i < token_ids.length; i++) candidates.setScore(token_ids[i]!, Number.NEGATIVE_INFINITY);
  },
};
