/** sequence_bias: adds to the score of a token that would complete one of some sequences. */
import * as z from "zod";
import { completions, placeIn } from "../history/token-sequences.ts";
import { biasedSequences } from "../options/sequence-fields.ts";
import { sequenceMinHistory, sequenceScope } from "../options/sequences.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("sequence_bias"),
  sequence_bias: biasedSequences().describe(
    'Sequences of tokens, each with a bias for its last token, which applies when the other tokens are at the end of the history: any finite number; `"-inf"` or null bans. Biases of several sequences add up. A text is found in any tokenization.',
  ),
  sequence_scope: sequenceScope(),
  sequence_min_history: sequenceMinHistory(),
});

export const sequence_bias: Stage<z.infer<typeof options>> = {
  name: "sequence_bias",
  summary:
    "Adds a bias to tokens that would complete a sequence; a sequence of one token applies at every step.",
  formula: "s of the last id of q ← s + b(q), for each sequence q whose other ids end the history",
  source: {
    title: "transformers, SequenceBiasLogitsProcessor",
    url: "https://huggingface.co/docs/transformers/internal/generation_utils#transformers.SequenceBiasLogitsProcessor",
  },
  options,
  example: { sequence_bias: [{ token_ids: [11, 7], bias: -4.5 }] },
  keepsArgmax: false,
  isNeutral: ({ sequence_bias }) => sequence_bias.length === 0,
  apply(candidates, { sequence_bias, sequence_scope, sequence_min_history }, context) {
    const place = placeIn(context, sequence_scope);
    for (let i = 0; i < sequence_bias.length; i++) {
      const { token_ids, bias } = sequence_bias[i]!;
      const pointer = `/sequence_bias/${i}/token_ids`;
      for (const id of completions(token_ids, place, sequence_min_history, pointer))
        candidates.setScore(id, candidates.scoreOf(id) + bias);
    }
  },
};
