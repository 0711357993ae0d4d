/** sequences: ends a text with one of some token sequences. */
import type { z } from "zod";
import { endsWith, soughtIn } from "../history/token-sequences.ts";
import { tokenSequences } from "../options/sequence-fields.ts";
import type { Stop } from "./stop.ts";

/** Longest sequence. Each may be compared after every draw. */
const LENGTH_MAX = 256;

const options = tokenSequences(LENGTH_MAX).describe(
  "The text ends with any of these sequences of tokens; none of their tokens may be in the prompt. A text matches in any tokenization that begins and ends at token borders; `strings` matches texts anywhere.",
);

export const sequences: Stop<z.infer<typeof options>> = {
  name: "sequences",
  finish_reason: "stop_sequence",
  summary: "The tokens generated end with one of the sequences.",
  source: {
    title: "transformers, StopStringCriteria, over token ids",
    url: "https://huggingface.co/docs/transformers/internal/generation_utils",
  },
  options,
  example: [[13, 13]],
  isDue(sequences, { history, prompt_length, token_id, vocabulary }) {
    const first = Math.max(prompt_length, history.length + 1 - LENGTH_MAX);
    const last = [...history.slice(first), token_id];
    return sequences.some((sequence, i) =>
      endsWith(soughtIn(sequence, { vocabulary }, `/stop/sequences/${i}`), last, 0, last.length),
    );
  },
};
