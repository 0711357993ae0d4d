/** presence_penalty: lowers the scores of tokens that occurred already by a constant. */
import * as z from "zod";
import { finite, penaltyDecayRange, penaltyLastN, penaltyScope } from "../options/fields.ts";
import { COUNT_WORK, lastOf, type Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("presence_penalty"),
  presence_penalty: finite({ min: -100, max: 100 }).describe(
    "Subtracted once from the score of each token seen before. Positive discourages repetition, negative encourages it, 0 is off. OpenAI's range: -2 to 2.",
  ),
  penalty_last_n: penaltyLastN(),
  penalty_decay_range: penaltyDecayRange(),
  penalty_scope: penaltyScope("generated"),
});

export const presence_penalty: Stage<z.infer<typeof options>> = {
  name: "presence_penalty",
  summary: "Subtracts q once from the score of every token seen before.",
  formula: "sᵢ ← sᵢ − q · [countᵢ > 0]; faded: q · the largest weight",
  source: {
    title: "OpenAI API reference, presence_penalty",
    url: "https://platform.openai.com/docs/api-reference/chat/create",
  },
  options,
  example: { presence_penalty: 0.5 },
  keepsArgmax: false,
  looksBack: true,
  isNeutral: ({ presence_penalty, penalty_last_n, penalty_decay_range }) =>
    presence_penalty === 0 || (penalty_last_n === 0 && penalty_decay_range <= 1),
  historyWork: ({ penalty_last_n }, length) => COUNT_WORK * lastOf(penalty_last_n, length),
  apply(candidates, { presence_penalty, penalty_last_n, penalty_decay_range, penalty_scope }, context) {
    if (penalty_decay_range > 1) {
      context
        .tokensFading(penalty_last_n, penalty_decay_range, penalty_scope)
        .subtract(candidates, presence_penalty, 0);
      return;
    }
    const seen = context.tokensSeen(penalty_last_n, penalty_scope);
    candidates.penalise(seen, 1, -presence_penalty, 0);
  },
};
