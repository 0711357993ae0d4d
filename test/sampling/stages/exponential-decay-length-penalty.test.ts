import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { type Entry, expectClose, probabilitiesAfter } from "./rows.ts";

const renameStops = (entry: Entry, rename: readonly number[]) => ({
  ...entry,
  stop_token_ids: (entry["stop_token_ids"] as number[]).map((id) => rename[id]!),
});

describe("exponential_decay_length_penalty", () => {
  const decay = (start: number, factor: number) => ({
    stage: "exponential_decay_length_penalty",
    exponential_decay_length_penalty: [start, factor],
    stop_token_ids: [1],
  });

  test.each([
    // 2 generated, 1 past the start: 2 + |2| · (1.5^1 − 1) = 3
    ["one past the start", decay(1, 1.5), [0, 0], [1, 3, 3]],
    // 3 past the start: 2 + 2 · (1.5^3 − 1) = 6.75
    ["three past the start", decay(1, 1.5), [0, 0, 0, 0], [1, 6.75, 3]],
    ["at the start", decay(2, 1.5), [0, 0], [1, 2, 3]],
    ["before the start", decay(5, 1.5), [0, 0], [1, 2, 3]],
    // below 1 the score shrinks: 2 + 2 · (0.5^2 − 1) = 0.5
    ["a factor below 1", decay(0, 0.5), [0, 0], [1, 0.5, 3]],
  ])("%s", (_, entry, history, scores) => {
    expectBoth([1, 2, 3], entry, scores, { history });
  });

  test("a negative score rises too: −2 + |−2| · (1.5^2 − 1) = 0.5", () => {
    expectBoth([1, -2, 3], decay(0, 1.5), [1, 0.5, 3], { history: [0, 0] });
  });

  test("only generated tokens count", () => {
    expectBoth([1, 2, 3], decay(1, 1.5), [1, 2, 3], { history: [0, 0, 0, 0], prompt_length: 3 });
  });

  test("a banned token stays banned", () => {
    const chain: Entry[] = [{ stage: "logit_bias", logit_bias: { 1: null } }, decay(0, 1000)];
    expectClose(probabilitiesAfter([0, 5, 0], chain, { history: new Array(500).fill(0) }), [0.5, 0, 0.5]);
  });

  test("growth without bounds ends in a certain stop, not in a number that is none", () => {
    expectBoth([1, 2, 3], decay(0, 1000), [-1e9, 0, -1e9], {
      history: new Array(500).fill(0),
    });
    expectBoth([0, 0, 0], decay(0, 1000), [0, 0, 0], { history: new Array(500).fill(0) });
  });

  test.each([
    [[1], "must be [start, factor], got [1]", ""],
    [[1, 0], "must lie in (0, 1000], got 0", "/1"],
    [[-1, 2], "must be a whole number of at least 0, got -1", "/0"],
    ["no", 'must be [start, factor], got "no"', ""],
  ])("%j is refused", (exponential_decay_length_penalty, sentence, path) => {
    const problem = problemOf(() =>
      sample([0, 0], { exponential_decay_length_penalty, stop_token_ids: [1] }),
    );
    expect([problem.code, problem.pointer]).toEqual([
      "invalid_option",
      `/exponential_decay_length_penalty${path}`,
    ]);
    expect(problem.message).toContain(sentence);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("exponential_decay_length_penalty"),
      exponential_decay_length_penalty: fc.tuple(fc.integer({ min: 0, max: 6 }), stepsOf(0.5, 2)),
      stop_token_ids: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 1 }),
    }),
    neutral: [decay(0, 1), { ...decay(0, 2), stop_token_ids: [] }],
    renamed: renameStops,
  });
});
