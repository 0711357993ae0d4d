import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws } from "./properties.ts";
import { probabilitiesAfter } from "./rows.ts";

const FLAT = [0, 0, 0, 0];
const X = Number.NEGATIVE_INFINITY;
const ngram = (no_repeat_ngram_size: number) => ({ stage: "no_repeat_ngram_size", no_repeat_ngram_size });

describe("no_repeat_ngram_size", () => {
  test.each([
    // the history contains "0 1" and the last token is 0: 1 would repeat it
    [2, [0, 1, 0], [0, X, 0, 0]],
    // 0 was followed by 1 and by 2
    [2, [0, 1, 0, 2, 0], [0, X, X, 0]],
    // the last two are "0 1", which was followed by 2
    [3, [0, 1, 2, 0, 1], [0, 0, X, 0]],
    // … and here by nothing
    [3, [1, 2, 0, 1], [0, 0, 0, 0]],
    // a run of the same token overlaps with itself
    [3, [3, 3, 3], [0, 0, 0, X]],
    // 1 bans every token of the history
    [1, [2, 0, 2], [X, 0, X, 0]],
    // shorter than n − 1: nothing can repeat
    [4, [0, 1], [0, 0, 0, 0]],
    [3, [0], [0, 0, 0, 0]],
    [2, [], [0, 0, 0, 0]],
    [1, [], [0, 0, 0, 0]],
    [100, [0, 1, 0, 1, 0], [0, 0, 0, 0]],
  ])("n = %i behind %j gives the scores %j", (n, history, scores) => {
    expectBoth(FLAT, ngram(n), scores, { history });
  });

  test("the prompt counts", () => {
    expectBoth(FLAT, ngram(2), [0, X, 0, 0], { history: [0, 1, 0], prompt_length: 3 });
  });

  test.each([
    // "0 1" begins at the third token from the end
    [2, 2, [0, 1, 0], [0, 0, 0, 0]],
    [2, 3, [0, 1, 0], [0, X, 0, 0]],
    [2, 4, [0, 1, 0], [0, X, 0, 0]],
    [2, -1, [0, 1, 0], [0, X, 0, 0]],
    [2, 0, [0, 1, 0], [0, 0, 0, 0]],
    // "0 1 2" begins at the fifth token from the end
    [3, 4, [0, 1, 2, 0, 1], [0, 0, 0, 0]],
    [3, 5, [0, 1, 2, 0, 1], [0, 0, X, 0]],
    [1, 1, [2, 0, 1], [0, X, 0, 0]],
    [1, 2, [2, 0, 1], [X, X, 0, 0]],
    // a window shorter than the n-gram contains none
    [3, 2, [3, 3, 3, 3], [0, 0, 0, 0]],
    [3, 3, [3, 3, 3, 3], [0, 0, 0, X]],
  ])(
    "n = %i in a window of %i behind %j gives the scores %j",
    (n, no_repeat_ngram_window, history, scores) => {
      expectBoth(FLAT, { ...ngram(n), no_repeat_ngram_window }, scores, { history });
    },
  );

  test.each([
    [3, [0, 0, 0, 0]],
    [1, [0, X, 0, 0]],
    [0, [0, X, 0, 0]],
  ])("only generated tokens count, when a prompt of %i is set apart", (prompt_length, scores) => {
    const entry = { ...ngram(2), no_repeat_ngram_scope: "generated" };
    expectBoth(FLAT, entry, scores, { history: [2, 0, 1, 0], prompt_length });
  });

  test("spared tokens are never banned", () => {
    const history = [0, 1, 0, 2, 0];
    expectBoth(FLAT, { ...ngram(2), no_repeat_ngram_spared_ids: [1] }, [0, 0, X, 0], { history });
    expectBoth(FLAT, { ...ngram(1), no_repeat_ngram_spared_ids: [2, 0] }, [0, X, 0, 0], { history });
    const problem = problemOf(() =>
      sample(FLAT, { ...ngram(2), stage: undefined, no_repeat_ngram_spared_ids: [4] }),
    );
    expect([problem.code, problem.pointer]).toEqual([
      "token_id_out_of_range",
      "/no_repeat_ngram_spared_ids/0",
    ]);
  });

  test("banning every token is an error that names the stage", () => {
    const problem = problemOf(() => sample([0, 0], { no_repeat_ngram_size: 1, history: [0, 1] }));
    expect(problem.code).toBe("all_tokens_masked");
    expect(problem.message).toContain("no_repeat_ngram_size");
  });

  test("after drawing with it no n tokens in a row ever occur twice", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const history: number[] = [];
        for (let step = 0; step < 20; step++)
          history.push(
            sample(new Array(40).fill(0), { no_repeat_ngram_size: n, history, seed, step }).token_id,
          );
        const grams = history.slice(n - 1).map((_, i) => history.slice(i, i + n).join(" "));
        expect(new Set(grams).size).toBe(grams.length);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test("the quick way bans the same tokens as trying every place", () => {
    const sequences = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 40 });
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 5 }), (history, n) => {
        const suffix = history.slice(history.length - (n - 1)).join(" ");
        const follows = (id: number) =>
          history.length >= n - 1 &&
          history.some(
            (each, end) =>
              each === id && end >= n - 1 && history.slice(end - n + 1, end).join(" ") === suffix,
          );
        const left = probabilitiesAfter([0, 0, 0, 0], [ngram(n)], { history });
        for (const id of [0, 1, 2, 3])
          expect(left[id] === 0).toBe(n === 1 ? history.includes(id) : follows(id));
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("no_repeat_ngram_size"),
      no_repeat_ngram_size: fc.integer({ min: 2, max: 4 }),
    }),
    neutral: [ngram(0), { ...ngram(2), no_repeat_ngram_window: 0 }],
  });
});
