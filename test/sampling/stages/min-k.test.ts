import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectClose, probabilitiesAfter, softmax } from "./rows.ts";

/** The number of first tokens that stay; the scores descend. */
function kept(scores: readonly number[], options: Readonly<Record<string, unknown>>): number {
  const left = probabilitiesAfter(scores, [{ stage: "min_k", min_k: true, ...options }]);
  const count = left.filter((p) => p > 0).length;
  expectClose(left.slice(0, count), softmax(scores.slice(0, count)));
  return count;
}

describe("min_k", () => {
  test.each([
    // drops 1, 6, 1, each divided by its rank: 1, 3, 0.33
    [[9, 8, 2, 1], 2],
    // 4, 1, 1 → 4, 0.5, 0.33
    [[9, 5, 4, 3], 1],
    // 1, 1, 1, 9 → 1, 0.5, 0.33, 2.25
    [[12, 11, 10, 9, 0], 4],
    // 2, 4 → 2, 2: of equal drops, the first
    [[6, 4, 0], 1],
    // 2, 4.5 → 2, 2.25
    [[6.5, 4.5, 0], 2],
    [[5], 1],
    [[5, 5, 5], 1],
  ])("without a fallback %j keeps %i", (scores, expected) => {
    expect(kept(scores, { min_k_tau: 0 })).toBe(expected);
  });

  test.each([
    // R = 2: ⌊τ / 2⌋ below, at and above 2
    [[2, 1, 0.5, 0.25, 0], 3.99, 1],
    [[2, 1, 0.5, 0.25, 0], 4, 2],
    [[2, 1, 0.5, 0.25, 0], 6, 3],
    [[2, 1, 0.5, 0.25, 0], 1000, 5],
    // the drop keeps more than ⌊3 / 8⌋ and ⌊16 / 8⌋
    [[8, 7, 6, 0], 3, 3],
    [[8, 7, 6, 0], 16, 3],
    [[8, 7, 6, 0], 32, 4],
    // all scores are equal: the fallback keeps all
    [[1, 1, 1], 0.1, 3],
  ])("%j with τ = %d keeps %i", (scores, min_k_tau, expected) => {
    expect(kept(scores, { min_k_tau })).toBe(expected);
  });

  test("τ is 3 when nothing is said", () => {
    expect(kept([1.5, 1, 0.5, 0], {})).toBe(2);
  });

  test("min_keep and ties hold where the fallback cuts through equal scores", () => {
    expect(kept([4, 0, 0, 0], { min_k_tau: 0, min_keep: 3 })).toBe(3);
    expect(kept([2, 1, 1, 1, 0], { min_k_tau: 4 })).toBe(2);
    expect(kept([2, 1, 1, 1, 0], { min_k_tau: 4, min_k_ties: "keep" })).toBe(4);
  });

  test("the cliff is where it was at any temperature", () => {
    const logits = Array.from({ length: 500 }, (_, id) => (id % 100 === 0 ? 9 - id / 200 : Math.sin(id) - 4));
    const at = (temperature: number) =>
      survivors(logits, {
        chain: [
          { stage: "temperature", temperature },
          { stage: "min_k", min_k: true, min_k_tau: 0 },
        ],
      }).token_ids;
    for (const temperature of [0.3, 1, 5, 10]) expect(at(temperature)).toEqual([0, 100, 200, 300, 400]);
  });

  test("a cliff behind the best 256 is found, where the steps before it are even", () => {
    const steps = Array.from({ length: 1000 }, (_, rank) => (rank < 600 ? -rank / 1e4 : -900 - rank));
    expect(
      survivors(steps, { chain: [{ stage: "min_k", min_k: true, min_k_tau: 0 }] }).token_ids,
    ).toHaveLength(600);
  });

  test("it looks at what is left, the least score too", () => {
    const min_k = { stage: "min_k", min_k: true, min_k_tau: 4 };
    const logits = [...Array.from({ length: 400 }, (_, id) => -id / 400), -50];
    expect(survivors(logits, { chain: [min_k] }).token_ids).toHaveLength(400);
    // without the last token, R is 1 and no drop stands out: the fallback keeps ⌊4 / 0.9975⌋
    const ban = { stage: "logit_bias", logit_bias: { 400: "-inf" } };
    expect(survivors(logits, { chain: [ban, min_k] }).token_ids).toHaveLength(4);
  });

  const entry = fc.record({
    stage: fc.constant("min_k"),
    min_k: fc.constant(true),
    min_k_tau: stepsOf(0, 40),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "min_k", min_k: false }] });
  keepsRatios(entry);
});
