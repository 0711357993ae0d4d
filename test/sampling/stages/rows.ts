/** Rows that can be checked by hand: probabilities in, one chain over them, probabilities out by token id. */
import { expect } from "vitest";
import { survivors } from "../survivors.ts";

export type Entry = Readonly<Record<string, unknown>> & { readonly stage: string };

/** Logits in, probabilities out; 0 stands for a token that was removed. */
export function probabilitiesAfter(
  logits: readonly number[],
  chain: readonly Entry[],
  options: Readonly<Record<string, unknown>> = {},
): number[] {
  const { token_ids, probabilities } = survivors(logits, { seed: 1, ...options, chain });
  const out = logits.map(() => 0);
  for (const [i, id] of token_ids.entries()) out[id] = probabilities[i]!;
  return out;
}

/** Runs one stage over a row of probabilities and compares the remaining ones. */
export function expectRow(
  before: readonly number[],
  entry: Entry,
  after: readonly number[],
  options: Readonly<Record<string, unknown>> = {},
): void {
  expectClose(probabilitiesAfter(before.map(Math.log), [entry], options), after);
}

/** Compares with the softmax of the expected scores. */
export function expectScores(
  logits: readonly number[],
  entry: Entry,
  scores: readonly number[],
  options: Readonly<Record<string, unknown>> = {},
): void {
  expectClose(probabilitiesAfter(logits, [entry], options), softmax(scores));
}

export function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.map((p) => p > 0)).toEqual(expected.map((p) => p > 0));
  for (const [id, p] of expected.entries()) expect(actual[id], `token ${id}`).toBeCloseTo(p, 6);
}

export function softmax(scores: readonly number[]): number[] {
  const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
