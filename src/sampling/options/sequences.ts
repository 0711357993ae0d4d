/** What the stages that look for sequences of tokens at the end of the history have in common. */
import { oneOf } from "./fields.ts";

/** How much history a sequence of n tokens needs: its first n − 1 tokens, or n tokens whatever the first of them is. */
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

/** True when all ids but the last are the end of history[first …]: the last one would complete the sequence. */
export function completes(
  sequence: readonly number[],
  history: readonly number[],
  first: number,
  min_history: MinHistory,
): boolean {
  const prefix = sequence.length - 1;
  if (prefix === 0) return true;
  const length = history.length - first;
  if (length < prefix || (min_history === "sequence" && length < sequence.length)) return false;
  const start = history.length - prefix;
  for (let i = prefix - 1; i >= 0; i--) if (history[start + i] !== sequence[i]) return false;
  return true;
}
