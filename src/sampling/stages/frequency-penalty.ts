/** frequency_penalty: lowers the scores of tokens in proportion to how often they occurred. */
import * as z from "zod";
import { finite, penaltyDecayRange, penaltyLastN, penaltyScope } from "../options/fields.ts";
import { COUNT_WORK, lastOf, type Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("frequency_penalty"),
  frequency_penalty: finite({ min: -100, max: 100 }).describe(
    "Subtracted from the score of each token once for every time it was seen. Positive discourages repetition, negative encourages it, 0 is off. OpenAI's range: -2 to 2.",
  ),
  penalty_last_n: penaltyLastN(),
  penalty_decay_range: penaltyDecayRange(),
  penalty_scope: penaltyScope("generated"),
});

export const frequency_penalty: Stage<z.infer<typeof options>> = {
  name: "frequency_penalty",
  summary: "Subtracts f from the score of a token for every time it was seen before.",
  formula: "sᵢ ← sᵢ − f · countᵢ; faded: f · the sum of the weights",
  source: {
    title: "OpenAI API reference, frequency_penalty",
    url: "https://platform.openai.com/docs/api-reference/chat/create",
  },
  options,
  example: { frequency_penalty: 0.5 },
  keepsArgmax: false,
  looksBack: true,
  isNeutral: ({ frequency_penalty, penalty_last_n, penalty_decay_range }) =>
    frequency_penalty === 0 || (penalty_last_n === 0 && penalty_decay_range <= 1),
  historyWork: ({ penalty_last_n }, length) => COUNT_WORK * lastOf(penalty_last_n, length),
  apply(candidates, { frequency_penalty, penalty_last_n, penalty_decay_range, penalty_scope }, context) {
    if (penalty_decay_range > 1) {
      context
        .tokensFading(penalty_last_n, penalty_decay_range, penalty_scope)
        .subtract(candidates, 0, frequency_penalty);
      return;
    }
    const seen = context.tokensSeen(penalty_last_n, penalty_scope);
    candidates.penalise(seen, 1, 0, -frequency_penalty);
  },
};
