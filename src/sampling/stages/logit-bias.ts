/** logit_bias: adds to the scores of named tokens, or bans them. */
import { z } from "zod";
import { logitBias } from "../bias-field.ts";
import { requireBelow } from "../context.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("logit_bias"),
  logit_bias: logitBias(),
});

export const logit_bias: Stage<z.infer<typeof options>> = {
  name: "logit_bias",
  summary: "Adds a bias to the scores of named tokens; −∞ bans a token whatever is added later.",
  formula: "sᵢ ← sᵢ + bᵢ",
  source: {
    title: "OpenAI API reference, logit_bias",
    url: "https://platform.openai.com/docs/api-reference/chat/create",
  },
  options,
  keepsArgmax: false,
  isNeutral: ({ logit_bias }) => logit_bias.token_ids.length === 0,
  apply(candidates, { logit_bias }, context) {
    const { token_ids, biases } = logit_bias;
    for (let i = 0; i < token_ids.length; i++)
      if (token_ids[i]! >= context.vocab_size)
        requireBelow(context.vocab_size, token_ids[i]!, `/logit_bias/${token_ids[i]!}`);
    candidates.adjust(token_ids, token_ids.length, 1, biases);
  },
};
