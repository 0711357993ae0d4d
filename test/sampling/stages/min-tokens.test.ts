import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws } from "./properties.ts";
import type { Entry } from "./rows.ts";

const X = Number.NEGATIVE_INFINITY;
const renameStops = (entry: Entry, rename: readonly number[]) => ({
  ...entry,
  stop_token_ids: (entry["stop_token_ids"] as number[]).map((id) => rename[id]!),
});

describe("min_tokens", () => {
  const min = (min_tokens: number, rules: Readonly<Record<string, unknown>> = {}) => ({
    stage: "min_tokens",
    min_tokens,
    stop_token_ids: [1, 3],
    ...rules,
  });

  test.each([
    ["nothing was generated", 2, [], 0, [1, X, 3, X]],
    ["one was, of two", 2, [0], 0, [1, X, 3, X]],
    ["as many as asked for were", 2, [0, 0], 0, [1, 2, 3, 4]],
    ["only the prompt is there", 2, [0, 0, 0], 3, [1, X, 3, X]],
    ["prompt and enough", 2, [0, 0, 0], 1, [1, 2, 3, 4]],
  ])(
    "%s: at least %i tokens behind %j with a prompt of %i give %j",
    (_, n, history, prompt_length, scores) => {
      expectBoth([1, 2, 3, 4], min(n), scores, { history, prompt_length });
    },
  );

  test("transformers' min_length counts the prompt too", () => {
    const entry = min(2, { min_tokens_scope: "history" });
    expectBoth([1, 2, 3, 4], entry, [1, X, 3, X], { history: [0], prompt_length: 1 });
    expectBoth([1, 2, 3, 4], entry, [1, 2, 3, 4], { history: [0, 0], prompt_length: 2 });
  });

  test("a row of nothing but stop tokens is an error that names the stage", () => {
    const problem = problemOf(() => sample([0, 0], { min_tokens: 1, stop_token_ids: [0, 1] }));
    expect(problem.code).toBe("all_tokens_masked");
    expect(problem.message).toContain("min_tokens");
  });

  test("it needs to be told which tokens end a text", () => {
    const problem = problemOf(() => sample([0, 0], { min_tokens: 1 }));
    expect([problem.code, problem.pointer]).toEqual(["invalid_option", "/stop_token_ids"]);
    expect(problem.message).toContain("must be an array of token ids, got nothing");
  });

  test("a stop token outside the vocabulary is an error that points at it", () => {
    const problem = problemOf(() => sample([0, 0], { min_tokens: 1, stop_token_ids: [0, 2] }));
    expect([problem.code, problem.pointer]).toEqual(["token_id_out_of_range", "/stop_token_ids/1"]);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("min_tokens"),
      min_tokens: fc.integer({ min: 0, max: 6 }),
      stop_token_ids: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      min_tokens_scope: fc.constantFrom("generated", "history"),
    }),
    neutral: [min(0), { stage: "min_tokens", min_tokens: 5, stop_token_ids: [] }],
    renamed: renameStops,
  });
});
