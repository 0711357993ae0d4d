import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws } from "./properties.ts";

const FLAT = [0, 0, 0, 0];
const X = Number.NEGATIVE_INFINITY;
const begin = (begin_suppress_tokens: readonly number[], begin_suppress_index = 0) => ({
  stage: "begin_suppress_tokens",
  begin_suppress_tokens,
  begin_suppress_index,
});

describe("begin_suppress_tokens", () => {
  test.each([
    [0, [], 0, [0, X, X, 0]],
    [0, [3, 3], 2, [0, X, X, 0]],
    [0, [3, 3], 1, FLAT],
    [1, [], 0, FLAT],
    [1, [3, 3], 1, [0, X, X, 0]],
    [1, [3, 3], 0, FLAT],
  ])("at %i, behind %j of which %i are prompt, gives %j", (index, history, prompt_length, scores) => {
    expectBoth(FLAT, begin([1, 2], index), scores, { history, prompt_length });
  });

  test("banning every token is an error that names the stage", () => {
    const problem = problemOf(() => sample([0, 0], { begin_suppress_tokens: [0, 1] }));
    expect(problem.message).toContain("begin_suppress_tokens masked the last one");
  });

  test("a token that does not exist is an error, wherever the text stands", () => {
    const problem = problemOf(() => sample(FLAT, { begin_suppress_tokens: [0, 4], history: [1] }));
    expect([problem.code, problem.pointer]).toEqual(["token_id_out_of_range", "/begin_suppress_tokens/1"]);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("begin_suppress_tokens"),
      begin_suppress_tokens: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      begin_suppress_index: fc.integer({ min: 0, max: 2 }),
    }),
    neutral: [begin([])],
    renamed: (entry, rename) => ({
      ...entry,
      begin_suppress_tokens: (entry["begin_suppress_tokens"] as number[]).map((id) => rename[id]!),
    }),
  });
});
