import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws } from "./properties.ts";
import { type Entry, expectClose, probabilitiesAfter } from "./rows.ts";

const FLAT = [0, 0, 0, 0];
const X = Number.NEGATIVE_INFINITY;

describe("bad_words_ids", () => {
  const bad = (bad_words_ids: readonly unknown[], rules: Readonly<Record<string, unknown>> = {}) => ({
    stage: "bad_words_ids",
    bad_words_ids,
    ...rules,
  });

  test.each([
    ["a single token is banned outright", [[2]], [], [0, 0, X, 0]],
    ["the last token of a sequence that is about to be completed", [[0, 1, 2]], [3, 0, 1], [0, 0, X, 0]],
    ["nothing while a sequence is not about to be completed", [[0, 1, 2]], [0, 3], [0, 0, 0, 0]],
    ["several at once", [[1, 2], [1, 3], [0]], [1], [X, 0, X, X]],
    ["nothing when the sequence is longer than the history", [[3, 3, 3, 1]], [3], [0, 0, 0, 0]],
  ])("bans %s", (_, bad_words_ids, history, scores) => {
    expectBoth(FLAT, bad(bad_words_ids), scores, { history });
  });

  test.each([
    ["that alone is a sequence", [[2], [1]], [], [0, X, 0, 0]],
    ["but may still not end a longer one", [[0, 2], [2]], [0], [0, 0, X, 0]],
  ])("a spared token is not banned %s", (_, bad_words_ids, history, scores) => {
    expectBoth(FLAT, bad(bad_words_ids, { bad_words_spared_ids: [2, 3] }), scores, { history });
  });

  test("a spared token that does not exist is an error", () => {
    const problem = problemOf(() => sample(FLAT, { bad_words_ids: [[1]], bad_words_spared_ids: [2, 4] }));
    expect([problem.code, problem.pointer]).toEqual(["token_id_out_of_range", "/bad_words_spared_ids/1"]);
  });

  test("a banned token stays banned whatever is added later", () => {
    const chain: Entry[] = [bad([[1]]), { stage: "logit_bias", logit_bias: { 1: 100 } }];
    expectClose(probabilitiesAfter([0, 0], chain), [1, 0]);
  });

  test("banning every token is an error that names the stage", () => {
    const problem = problemOf(() => sample([0, 0], { bad_words_ids: [[0], [1]] }));
    expect(problem.code).toBe("all_tokens_masked");
    expect(problem.message).toContain("bad_words_ids masked the last one");
  });

  test.each([
    [[[1, 9]], "/bad_words_ids/0/1", "token_id_out_of_range"],
    [[[]], "/bad_words_ids/0", "invalid_option"],
    [[3], "/bad_words_ids/0", "invalid_option"],
    [3, "/bad_words_ids", "invalid_option"],
  ])("%j is refused at %s", (bad_words_ids, pointer, code) => {
    const problem = problemOf(() => sample(FLAT, { bad_words_ids, history: [1] }));
    expect([problem.code, problem.pointer]).toEqual([code, pointer]);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("bad_words_ids"),
      bad_words_ids: fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 3 }), {
        maxLength: 4,
      }),
    }),
    neutral: [bad([])],
    renamed: (entry, rename) => ({
      ...entry,
      bad_words_ids: (entry["bad_words_ids"] as number[][]).map((ids) => ids.map((id) => rename[id]!)),
    }),
  });
});
