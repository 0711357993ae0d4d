/**
 * The same row twice: unchanged, which is compact from the start, and with 300 more tokens of negligible probability,
 * which is a whole row in kernel memory. A stage must treat both alike.
 */
import { SMALL_ROW } from "../../../src/sampling/candidates/compact/compaction.ts";
import { type Entry, expectClose, probabilitiesAfter, softmax } from "./rows.ts";

const NEGLIGIBLE = -200;

export function wide(logits: readonly number[]): number[] {
  return [...logits, ...new Array<number>(SMALL_ROW + 44).fill(NEGLIGIBLE)];
}

/** The expected scores after one stage; −Infinity for a token that it bans. */
export function expectBoth(
  logits: readonly number[],
  entry: Entry,
  scores: readonly number[],
  options: Readonly<Record<string, unknown>> = {},
): void {
  const expected = softmax(scores);
  expectClose(probabilitiesAfter(logits, [entry], options), expected);
  expectClose(probabilitiesAfter(wide(logits), [entry], options).slice(0, logits.length), expected);
}
