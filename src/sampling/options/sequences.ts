/** Common options of the stages that search the end of the history for token sequences. */
import { oneOf } from "./fields.ts";

/** The length of history that a sequence of n tokens needs: its first n − 1 tokens, or n tokens. */
export type MinHistory = "prefix" | "sequence";

export function sequenceScope() {
  return oneOf(["history", "generated"])
    .default("history")
    .describe(
      "`history`: the beginning of a sequence may stand in the prompt (transformers); `generated`: only tokens after `prompt_length` count (vLLM).",
    );
}

export function sequenceMinHistory() {
  return oneOf(["prefix", "sequence"])
    .default("prefix")
    .describe(
      "How long the history must be for a sequence of n tokens: `prefix`, n − 1 (vLLM, transformers.js); `sequence`, n, so that it can never be the very first one (transformers). Single tokens always count.",
    );
}
