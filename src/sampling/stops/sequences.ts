/** sequences: the text ends with one of some sequences of tokens. */
import type { z } from "zod";
import { tokenSequences } from "../options/sequence-fields.ts";
import { type Generated, lengthOf, type Stop, tokenBefore } from "./stop.ts";

/** Longest sequence: each may be compared after every draw. */
const LENGTH_MAX = 256;

const options = tokenSequences(LENGTH_MAX).describe(
  "The text ends with any of these sequences of tokens. None of their tokens may stand in the prompt.",
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
  isDue: (sequences, text) => sequences.some((sequence) => endsWith(text, sequence)),
};

function endsWith(text: Generated, sequence: readonly number[]): boolean {
  const { length } = sequence;
  if (length > lengthOf(text)) return false;
  for (let i = 0; i < length; i++) if (sequence[length - 1 - i] !== tokenBefore(text, i)) return false;
  return true;
}
