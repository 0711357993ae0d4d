/** logit_bias: adds to the scores of named tokens, or bans them. */
import * as z from "zod";
import { biasesIn, logitBias } from "../options/bias-field.ts";
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
  example: { logit_bias: { "11": 2.5, "13": "-inf" } },
  keepsArgmax: false,
  isNeutral: ({ logit_bias: { token_ids, of_texts } }) => token_ids.length + of_texts.length === 0,
  apply(candidates, { logit_bias }, context) {
    const { token_ids, biases } = biasesIn(logit_bias, context);
    candidates.add(token_ids, biases);
  },
};
