/** sequence_bias: adds to the score of a token that would complete one of some sequences. */
import * as z from "zod";
import { biasedSequences } from "../options/sequence-fields.ts";
import { completes, sequenceMinHistory, sequenceScope } from "../options/sequences.ts";
import type { Stage } from "../stage.ts";
import { requireBelow } from "../vocab-size.ts";

const options = z.strictObject({
  stage: z.literal("sequence_bias"),
  sequence_bias: biasedSequences().describe(
    'Sequences of token ids, each with what is added to the score of its last token when the others stand at the end of the history: any finite number; `"-inf"` or null bans. Biases of several sequences add up.',
  ),
  sequence_scope: sequenceScope(),
  sequence_min_history: sequenceMinHistory(),
});

export const sequence_bias: Stage<z.infer<typeof options>> = {
  name: "sequence_bias",
  summary:
    "Adds a bias to tokens that would complete a sequence; a sequence of one token is always about to be completed.",
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
    const first = context.firstOf(-1, sequence_scope);
    for (let i = 0; i < sequence_bias.length; i++) {
      const { token_ids, bias } = sequence_bias[i]!;
      if (!completes(token_ids, context.history, first, sequence_min_history)) continue;
      const id = token_ids[token_ids.length - 1]!;
      requireBelow(context.vocab_size, id, `/sequence_bias/${i}/token_ids/${token_ids.length - 1}`);
      candidates.setScore(id, candidates.scoreOf(id) + bias);
    }
  },
};
