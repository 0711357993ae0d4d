import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws } from "./properties.ts";

const FLAT = [0, 0, 0, 0];
const X = Number.NEGATIVE_INFINITY;
const FREE = FLAT;
const only = (id: number) => FLAT.map((_, each) => (each === id ? 0 : X));

/** 0 begins a block, 1 ends it, 2 and 3 are text. */
const budget = (reasoning_budget: number, more: Readonly<Record<string, unknown>> = {}) => ({
  stage: "reasoning_budget",
  reasoning_budget,
  reasoning_start_ids: [0],
  reasoning_end_ids: [1],
  ...more,
});

describe("reasoning_budget", () => {
  test.each([
    // no block yet, and a block that has not spent its budget
    [2, [], FREE],
    [2, [3, 3, 3], FREE],
    [2, [0], FREE],
    [2, [0, 3], FREE],
    // spent: the end is forced
    [2, [0, 3, 3], only(1)],
    // the end of the block was forced, whichever token was drawn for it
    [2, [0, 3, 3, 1], FREE],
    [2, [0, 3, 3, 3], FREE],
    [2, [0, 3, 3, 1, 3, 3, 3], FREE],
    // the block ended by itself, just in time
    [2, [0, 3, 1, 3, 3, 3], FREE],
    [2, [0, 1, 3, 3, 3], FREE],
    // a new block has a new budget
    [2, [0, 3, 3, 1, 0, 3], FREE],
    [2, [0, 3, 3, 1, 0, 3, 3], only(1)],
    [2, [0, 3, 1, 0, 3, 3], only(1)],
    // a start inside a block is plain text
    [2, [0, 0, 3], only(1)],
    // 0 ends each at once
    [0, [0], only(1)],
    [0, [3], FREE],
    [0, [0, 1], FREE],
    [1, [0, 3], only(1)],
    [-1, [0, 3, 3, 3], FREE],
  ])("of %i behind %j leaves the scores %j", (tokens, history, scores) => {
    expectBoth(FLAT, budget(tokens), scores, { history });
  });

  test.each([
    [[0, 3], only(2)],
    [[0, 3, 2], only(3)],
    [[0, 3, 2, 3], only(1)],
    [[0, 3, 2, 3, 1], FREE],
    // the token drawn instead counts as well
    [[0, 3, 0, 0, 0], FREE],
    [[0, 3, 0, 0, 0, 0, 3], only(2)],
  ])("a message is forced token by token: behind %j the scores are %j", (history, scores) => {
    expectBoth(FLAT, budget(1, { reasoning_forced_ids: [2, 3, 1] }), scores, { history });
  });

  test.each([
    // "0 2" begins and "3 1" ends
    [[0, 3, 3, 3], FREE],
    [[0, 2, 3], FREE],
    [[0, 2, 3, 3], only(3)],
    [[0, 2, 3, 3, 3], only(1)],
    [[0, 2, 3, 1, 3, 3], FREE],
    // the beginning of a mark is found again inside it
    [[0, 0, 2, 3, 3], only(3)],
  ])("marks of several tokens: behind %j the scores are %j", (history, scores) => {
    const marks = { reasoning_start_ids: [0, 2], reasoning_end_ids: [3, 1] };
    expectBoth(FLAT, budget(2, marks), scores, { history });
  });

  test("a mark shares no token with the one before it", () => {
    // "0 1" begins and "1 2" ends: the 1 of the beginning is not part of an end
    const marks = { reasoning_start_ids: [0, 1], reasoning_end_ids: [1, 2] };
    expectBoth(FLAT, budget(2, marks), FREE, { history: [0, 1, 2] });
    expectBoth(FLAT, budget(2, marks), only(1), { history: [0, 1, 2, 3] });
  });

  test("a block may begin in the prompt, unless only generated tokens count", () => {
    const sequence = { history: [3, 0, 3, 3], prompt_length: 2 };
    expectBoth(FLAT, budget(2), only(1), sequence);
    expectBoth(FLAT, budget(2, { reasoning_scope: "generated" }), FREE, sequence);
  });

  test("drawing with it, no block is longer than its budget", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1000 }), (tokens, seed) => {
        const { stage: _, ...options } = budget(tokens);
        const history: number[] = [];
        for (let step = 0; step < 60; step++)
          history.push(sample([1, -1, 0, 0], { ...options, history, seed, step }).token_id);
        const blocks = history.join("").match(/0[^1]*/g) ?? [];
        expect(Math.max(0, ...blocks.map((block) => block.length - 1))).toBeLessThanOrEqual(tokens);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test.each([
    [{ reasoning_start_ids: [] }, "/reasoning_start_ids"],
    [{ reasoning_end_ids: undefined }, "/reasoning_end_ids"],
    [{ reasoning_forced_ids: [] }, "/reasoning_forced_ids"],
    [{ reasoning_forced_ids: [1, 4] }, "/reasoning_forced_ids/1"],
    [{ reasoning_end_ids: [4] }, "/reasoning_end_ids/0"],
    [{ reasoning_start_ids: new Array(65).fill(0) }, "/reasoning_start_ids"],
    [{ reasoning_budget: -2 }, "/reasoning_budget"],
  ])("%j is refused at %s", (options, pointer) => {
    const { stage: _, ...rest } = budget(3, options);
    expect(problemOf(() => sample(FLAT, rest)).pointer).toBe(pointer);
  });

  test("marks of 64 tokens are taken", () => {
    const { stage: _, ...rest } = budget(3, { reasoning_start_ids: new Array(64).fill(0) });
    expect(sample(FLAT, { ...rest, seed: 1 }).kept).toBe(4);
  });

  obeysTheLaws({
    entry: fc
      .tuple(
        fc.integer({ min: 0, max: 4 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 3 }),
      )
      .map(([tokens, [start, end, forced]]) =>
        budget(tokens, {
          reasoning_start_ids: [start],
          reasoning_end_ids: [end],
          reasoning_forced_ids: [forced],
        }),
      ),
    neutral: [budget(-1)],
    renamed: (entry, rename) => {
      const moved = (name: string) => (entry[name] as number[]).map((id) => rename[id]!);
      return {
        ...entry,
        reasoning_start_ids: moved("reasoning_start_ids"),
        reasoning_end_ids: moved("reasoning_end_ids"),
        reasoning_forced_ids: moved("reasoning_forced_ids"),
      };
    },
  });
});
