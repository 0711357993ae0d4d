import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws, stepsOf } from "./properties.ts";

const FLAT = [0, 0, 0, 0];
const X = Number.NEGATIVE_INFINITY;

describe("sequence_bias", () => {
  const biased = (sequence_bias: readonly unknown[], rules: Readonly<Record<string, unknown>> = {}) => ({
    stage: "sequence_bias",
    sequence_bias,
    ...rules,
  });

  test.each([
    ["a single token is always about to be completed", [{ token_ids: [2], bias: 1.5 }], [], [0, 0, 1.5, 0]],
    [
      "the beginning stands at the end of the history",
      [{ token_ids: [0, 1, 2], bias: 2 }],
      [3, 0, 1],
      [0, 0, 2, 0],
    ],
    ["the beginning stands elsewhere", [{ token_ids: [0, 1, 2], bias: 2 }], [0, 1, 3], [0, 0, 0, 0]],
    ["only a part of it stands there", [{ token_ids: [0, 1, 2], bias: 2 }], [1], [0, 0, 0, 0]],
    ["the history is exactly the beginning", [{ token_ids: [0, 1, 2], bias: 2 }], [0, 1], [0, 0, 2, 0]],
    [
      "the sequence is longer than the history",
      [{ token_ids: [0, 1, 0, 1, 2], bias: 2 }],
      [0, 1],
      [0, 0, 0, 0],
    ],
    // 1 + 2 on token 2, −3 on token 3
    [
      "biases of several sequences add up",
      [
        { token_ids: [2], bias: 1 },
        { token_ids: [1, 2], bias: 2 },
        { token_ids: [1, 3], bias: -3 },
      ],
      [1],
      [0, 0, 3, -3],
    ],
    ["-inf bans", [{ token_ids: [1, 2], bias: "-inf" }], [1], [0, 0, X, 0]],
    ["null bans", [{ token_ids: [1, 2], bias: null }], [1], [0, 0, X, 0]],
    [
      "a ban stays whatever is added",
      [
        { token_ids: [2], bias: null },
        { token_ids: [1, 2], bias: 100 },
      ],
      [1],
      [0, 0, X, 0],
    ],
  ])("%s", (_, sequence_bias, history, scores) => {
    expectBoth(FLAT, biased(sequence_bias), scores, { history });
  });

  test("under transformers' rule the history must be as long as the sequence", () => {
    const entry = biased([{ token_ids: [0, 1, 2], bias: 2 }], { sequence_min_history: "sequence" });
    expectBoth(FLAT, entry, [0, 0, 0, 0], { history: [0, 1] });
    expectBoth(FLAT, entry, [0, 0, 2, 0], { history: [3, 0, 1] });
    const single = biased([{ token_ids: [2], bias: 1 }], { sequence_min_history: "sequence" });
    expectBoth(FLAT, single, [0, 0, 1, 0], { history: [] });
  });

  test("under vLLM's rule the beginning may not stand in the prompt", () => {
    const entry = biased([{ token_ids: [0, 1, 2], bias: 2 }], { sequence_scope: "generated" });
    expectBoth(FLAT, entry, [0, 0, 0, 0], { history: [0, 1], prompt_length: 1 });
    expectBoth(FLAT, entry, [0, 0, 2, 0], { history: [3, 0, 1], prompt_length: 1 });
  });

  test.each([
    [{}, "/sequence_bias", "must be an array of objects of token_ids and bias, got {}"],
    [[1], "/sequence_bias/0", "must be an object of token_ids and bias, got 1"],
    [[{ token_ids: [1] }], "/sequence_bias/0/bias", 'must be a finite number, "-inf" or null, got nothing'],
    [[{ token_ids: [], bias: 1 }], "/sequence_bias/0/token_ids", "must hold at least one token id, got 0"],
    [
      [{ token_ids: [1, -1], bias: 1 }],
      "/sequence_bias/0/token_ids/1",
      "must be a token id (0, 1, 2, …) or the text of a token, got -1",
    ],
    [[{ token_ids: [1], bias: 1, weight: 2 }], "/sequence_bias/0/weight", "is no option here"],
  ])("%j is refused", (sequence_bias, pointer, sentence) => {
    const problem = problemOf(() => sample(FLAT, { sequence_bias }));
    expect([problem.code, problem.pointer]).toEqual(["invalid_option", pointer]);
    expect(problem.message).toContain(sentence);
  });

  test("an id outside the vocabulary is an error that points at it", () => {
    const problem = problemOf(() =>
      sample(FLAT, { sequence_bias: [{ token_ids: [1, 4], bias: 1 }], history: [1] }),
    );
    expect([problem.code, problem.pointer]).toEqual([
      "token_id_out_of_range",
      "/sequence_bias/0/token_ids/1",
    ]);
  });

  const sequence = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 });
  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("sequence_bias"),
      sequence_bias: fc.array(fc.record({ token_ids: sequence, bias: stepsOf(-4, 4) }), { maxLength: 4 }),
      sequence_scope: fc.constantFrom("history", "generated"),
      sequence_min_history: fc.constantFrom("prefix", "sequence"),
    }),
    neutral: [biased([])],
    renamed: (entry, rename) => ({
      ...entry,
      sequence_bias: (entry["sequence_bias"] as { token_ids: number[]; bias: number }[]).map((each) => ({
        ...each,
        token_ids: each.token_ids.map((id) => rename[id]!),
      })),
    }),
  });
});
