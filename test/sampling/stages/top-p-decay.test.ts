import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { problemOf, sample } from "../sample.ts";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectClose, probabilitiesAfter } from "./rows.ts";

const ROW = [0.5, 0.25, 0.15, 0.1].map(Math.log);

/** The number of kept tokens of four. */
function kept(
  options: Readonly<Record<string, unknown>>,
  history: readonly number[],
  prompt_length = 0,
): number {
  const left = probabilitiesAfter(ROW, [{ stage: "top_p_decay", ...options }], { history, prompt_length });
  return left.filter((p) => p > 0).length;
}

describe("top_p_decay", () => {
  test.each([
    // 0.9, 0.72, 0.576, 0.4608: three, two, two, one
    [{ top_p: 0.9, top_p_decay: 0.8 }, [3, 2, 2, 1]],
    // without top_p the decay begins at 1
    [{ top_p_decay: 0.8 }, [4, 3, 2, 2, 1]],
    // never below the least
    [{ top_p: 0.9, top_p_decay: 0.1, top_p_min: 0.6 }, [3, 2, 2, 2]],
    // … which may be above the first value, and applies from the first decay on
    [{ top_p: 0.4, top_p_decay: 0.9, top_p_min: 0.76 }, [1, 3, 3]],
    [{ top_p: 0.9, top_p_decay: 1 }, [3, 3, 3]],
  ])("with %j keeps %j from step to step", (options, counts) => {
    for (const [n, count] of counts.entries())
      expect(kept(options, new Array(n).fill(0)), `step ${n}`).toBe(count);
  });

  test("only generated tokens make it shrink", () => {
    expect(kept({ top_p: 0.9, top_p_decay: 0.5 }, [0, 0, 0], 3)).toBe(3);
    expect(kept({ top_p: 0.9, top_p_decay: 0.5 }, [0, 0, 0], 2)).toBe(1);
  });

  test.each([
    [[1, 2, 2], 3],
    [[1, 2, 0], 2],
    [[2, 1, 0, 0], 1],
    // a reset token in the prompt has no effect: three tokens have been generated
    [[2, 0, 0, 0], 1, 1],
    [[2, 0, 2, 0], 2, 1],
  ])("behind %j, with 2 as reset, keeps %i", (history, count, prompt_length = 0) => {
    expect(kept({ top_p: 0.9, top_p_decay: 0.7, top_p_reset_ids: [2, 3] }, history, prompt_length)).toBe(
      count,
    );
  });

  test("takes the rules of top_p, and its place", () => {
    const entry = { stage: "top_p_decay", top_p: 1, top_p_decay: 0.5, top_p_inclusive: true };
    expectClose(probabilitiesAfter(ROW, [entry], { history: [0] }), [2 / 3, 1 / 3, 0, 0]);
    const { chain } = parseStepOptions({ top_p: 0.9, top_p_decay: 0.98 });
    expect(chain.map(({ stage, options }) => [stage.name, options])).toMatchObject([
      ["top_p_decay", { top_p: 0.9, top_p_decay: 0.98 }],
    ]);
  });

  test("a reset token that does not exist is an error", () => {
    const problem = problemOf(() => sample(ROW, { top_p_decay: 0.5, top_p_reset_ids: [0, 4] }));
    expect([problem.code, problem.pointer]).toEqual(["token_id_out_of_range", "/top_p_reset_ids/1"]);
  });

  test.each([
    [{ top_p_decay: 0 }, "top_p_decay must lie in (0, 1], got 0"],
    [{ top_p_decay: 1.01 }, "top_p_decay must lie in (0, 1], got 1.01"],
    [{ top_p_decay: 0.5, top_p_min: 0 }, "top_p_min must lie in (0, 1], got 0"],
  ])("%j is refused", (options, sentence) => {
    expect(problemOf(() => sample(ROW, options)).message).toBe(sentence);
  });

  const entry = fc.record({
    stage: fc.constant("top_p_decay"),
    top_p: stepsOf(0, 1),
    top_p_decay: stepsOf(0.5, 1),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "top_p_decay", top_p_decay: 1 }] });
  keepsRatios(entry);
});
