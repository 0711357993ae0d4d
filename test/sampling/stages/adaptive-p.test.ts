import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { wide } from "./both-forms.ts";
import { expectClose, expectRow, probabilitiesAfter, softmax } from "./rows.ts";

const adaptive = (adaptive_target: number) => ({ stage: "adaptive_p", adaptive_target });
const stateOf = (weighted_sum: number, total_weight: number) => ({
  adaptive_p: { weighted_sum, total_weight },
});
/** 5 − 10 · d² / (1 + d), d = |p − t| / 0.3 */
const score = (p: number, target: number) => {
  const d = Math.abs(p - target) / 0.3;
  return 5 - (10 * d * d) / (1 + d);
};

describe("adaptive_p", () => {
  test("prefers the tokens whose probability is near the target", () => {
    // target 0.3: distances 1/3, 0 and 2/3: 5 − 10/12 = 4.1667, 5, 5 − 40/15 = 2.3333
    expectRow([0.2, 0.3, 0.5], adaptive(0.3), softmax([4.1666667, 5, 2.3333333]));
  });

  test("the target moves to the other side of what was drawn: 2 · 0.3 − 0.8 / 2 = 0.2", () => {
    const left = [0.2, 0.3, 0.5].map((p) => score(p, 0.2));
    expectRow([0.2, 0.3, 0.5], adaptive(0.3), softmax(left), { state: stateOf(0.8, 2) });
  });

  test.each([
    ["below 0", stateOf(0.9, 1), 0],
    ["above 1", stateOf(0, 1), 1, 0.8],
    ["without any weight", stateOf(0.5, 0), 0.3],
  ])("a target %s is bounded", (_, state, target, wanted = 0.3) => {
    const left = [0.2, 0.3, 0.5].map((p) => score(p, target));
    expectRow([0.2, 0.3, 0.5], adaptive(wanted), softmax(left), { state });
  });

  test("a whole row and a small one are treated alike", () => {
    const row = [0.2, 0.3, 0.5].map(Math.log);
    // A probability of 0 is as far from 0.3 as 0.6 is: 300 more tokens with the score 5 − 10 / 2 = 0
    const left = probabilitiesAfter(wide(row), [adaptive(0.3)]);
    const expected = softmax([...[0.2, 0.3, 0.5].map((p) => score(p, 0.3)), ...new Array(300).fill(0)]);
    expectClose(left, expected);
  });

  test("a removed token does not come back", () => {
    const chain = [{ stage: "top_k", top_k: 2 }, adaptive(0.3)];
    expect(probabilitiesAfter([0.2, 0.3, 0.5].map(Math.log), chain)[0]).toBe(0);
  });

  test("the probability that joins the average is the one from before", () => {
    // first step: 0.3 / (1 − 0.9) = 3 and 1 / (1 − 0.9) = 10; then p + 0.9 · 3 and 1 + 0.9 · 10
    const before = [0.2, 0.3, 0.5];
    for (let step = 0; step < 10; step++) {
      const { token_id, state } = sample(before.map(Math.log), { adaptive_target: 0.3, seed: 3, step });
      const { weighted_sum, total_weight } = (state as ReturnType<typeof stateOf>).adaptive_p;
      expect(weighted_sum).toBeCloseTo(before[token_id]! + 0.9 * 3, 6);
      expect(total_weight).toBeCloseTo(10, 9);
    }
  });

  test("a sequence that echoes the state brings the average of the drawn probabilities nearer to the target", () => {
    const row = [0.5, 0.2, 0.15, 0.1, 0.05].map(Math.log);
    let state: unknown = null;
    const averages: number[] = [];
    for (let step = 0; step < 300; step++) {
      state = sample(row, { adaptive_target: 0.3, adaptive_decay: 0.9, seed: 4, step, state }).state;
      const { weighted_sum, total_weight } = (state as ReturnType<typeof stateOf>).adaptive_p;
      averages.push(weighted_sum / total_weight);
    }
    const mean = averages.slice(50).reduce((sum, each) => sum + each, 0) / 250;
    // A fixed target would give Σ p · softmax(score) = 0.201.
    expect(mean).toBeGreaterThan(0.25);
    expect(mean).toBeLessThan(0.32);
  });

  test("a negative target is off, and hands the state on as it was", () => {
    const state = stateOf(1, 2);
    const reply = sample([1, 2, 3], { adaptive_target: -1, state, seed: 1, logprobs: true });
    expect(reply.state).toEqual(state);
    expect(reply.processed_logprob).toBeCloseTo(reply.logprob!, 6);
  });

  test.each([
    [{ adaptive_p: { weighted_sum: 1 } }, "/state/adaptive_p/total_weight"],
    [{ adaptive_p: { weighted_sum: 1, total_weight: -1 } }, "/state/adaptive_p/total_weight"],
    [{ adaptive_p: { weighted_sum: null, total_weight: 1 } }, "/state/adaptive_p/weighted_sum"],
  ])("%j is no state", (state, pointer) => {
    const problem = problemOf(() => sample([0, 1], { adaptive_target: 0.5, state }));
    expect([problem.code, problem.pointer]).toEqual(["invalid_option", pointer]);
  });

  test.each([
    [{ adaptive_target: 1.5 }, "/adaptive_target", "must lie in [-1, 1], got 1.5"],
    [{ adaptive_target: 0.5, adaptive_decay: 1 }, "/adaptive_decay", "must lie in [0, 0.99], got 1"],
  ])("%j is refused", (options, pointer, sentence) => {
    const problem = problemOf(() => sample([0, 1], options));
    expect(problem.pointer).toBe(pointer);
    expect(problem.message).toContain(sentence);
  });
});
