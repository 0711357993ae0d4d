/** logit_bias: adds to the scores of named tokens, or bans them. */
import * as z from "zod";
import { logitBias } from "../options/bias-field.ts";
import type { Stage } from "../stage.ts";
import { requireBelow } from "../vocab-size.ts";

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
  isNeutral: ({ logit_bias }) => logit_bias.token_ids.length === 0,
  apply(candidates, { logit_bias }, context) {
    const { token_ids, biases, id_end } = logit_bias;
    if (id_end > context.vocab_size)
      for (const id of token_ids) requireBelow(context.vocab_size, id, `/logit_bias/${id}`);
    candidates.add(token_ids, biases);
  },
};
