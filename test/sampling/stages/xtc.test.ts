import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow, probabilitiesAfter } from "./rows.ts";

describe("xtc", () => {
  test.each([
    // top choices 0.2 0.3 0.4: the least of them and all tokens below it stay
    [{ xtc_threshold: 0.2 }, [0.1, 0.2, 0.3, 0.4], [1 / 3, 2 / 3, 0, 0]],
    [{ xtc_threshold: 0.3 }, [0.1, 0.2, 0.3, 0.4], [1 / 6, 2 / 6, 3 / 6, 0]],
    // a single top choice is never removed
    [{ xtc_threshold: 0.35 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [{ xtc_threshold: 0.6 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // the default threshold is 0.1
    [{}, [0.05, 0.1, 0.4, 0.45], [1 / 3, 2 / 3, 0, 0]],
    // equal top choices: the highest id ranks last
    [{ xtc_threshold: 0.4 }, [0.4, 0.4, 0.2], [0, 2 / 3, 1 / 3]],
    // a threshold of 0 makes every token a top choice
    [{ xtc_threshold: 0 }, [0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]],
    // two would stay: too few
    [{ xtc_threshold: 0.2, min_keep: 3 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [{ xtc_threshold: 0.2, min_keep: 2 }, [0.1, 0.2, 0.3, 0.4], [1 / 3, 2 / 3, 0, 0]],
  ])("probability 1 and %j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "xtc", xtc_probability: 1, ...options }, after);
  });

  test("it strikes in a share P of the steps, and in the same ones every time", () => {
    const chain = [{ stage: "xtc", xtc_probability: 0.3, xtc_threshold: 0.2 }];
    const struck = (step: number) => probabilitiesAfter([0, 0, 0], chain, { seed: 7, step })[0] === 0;
    const steps = Array.from({ length: 3000 }, (_, step) => step);
    const count = steps.filter(struck).length;
    // binomial, n = 3000, P = 0.3: mean 900, σ = 25.1; the seed is fixed
    expect(Math.abs(count - 900)).toBeLessThan(4 * 25.1);
    expect(steps.filter(struck).length).toBe(count);
  });

  test("it removes alike from a long row, whether it was cut before or not", () => {
    const logits = Array.from({ length: 20_000 }, (_, id) =>
      id % 4000 === 0 ? 12 + id / 1e5 : Math.sin(id),
    );
    const xtc = { stage: "xtc", xtc_probability: 1, xtc_threshold: 0.05 };
    const whole = survivors(logits, { chain: [xtc] });
    const cut = survivors(logits, { chain: [{ stage: "min_p", min_p: 1e-9 }, xtc] });
    const listed = survivors(logits, { chain: [{ stage: "top_k", top_k: 20_000 }, xtc] });
    expect(whole.token_ids.length).toBe(20_000 - 4);
    expect(whole.token_ids[0]).toBe(0);
    expect(cut.token_ids.join()).toBe(whole.token_ids.join());
    expect(listed.token_ids.join()).toBe(whole.token_ids.join());
  });

  test.each([
    // 0.4 and 0.3 are excluded, m = 0.7: with P = 0.5, 0.2 and 0.15 remain, and the others get 0.5 · (1 + 1 / 0.3)
    [{ xtc_threshold: 0.2, xtc_probability: 0.5 }, [13 / 60, 26 / 60, 0.15, 0.2]],
    [{ xtc_threshold: 0.3, xtc_probability: 0.5 }, [2 / 15, 4 / 15, 6 / 15, 0.2]],
    // P = 1: the same as a removal
    [{ xtc_threshold: 0.2, xtc_probability: 1 }, [1 / 3, 2 / 3, 0, 0]],
    [{ xtc_threshold: 0.2, xtc_probability: 1, min_keep: 3 }, [0.1, 0.2, 0.3, 0.4]],
    // no token is removed, so min_keep has no effect
    [{ xtc_threshold: 0.2, xtc_probability: 0.5, min_keep: 4 }, [13 / 60, 26 / 60, 0.15, 0.2]],
    [{ xtc_threshold: 0.35, xtc_probability: 0.5 }, [0.1, 0.2, 0.3, 0.4]],
  ])("the average of both outcomes with %j on 0.1 0.2 0.3 0.4 is %j", (options, after) => {
    expectRow([0.1, 0.2, 0.3, 0.4], { stage: "xtc", xtc_outcome: "average", ...options }, after);
  });

  test("an average over everything leaves the last its own mass, however small", () => {
    const chain = [{ stage: "xtc", xtc_outcome: "average", xtc_probability: 0.5, xtc_threshold: 0 }];
    // P times the row of the last choice alone, plus 1 − P times the whole row
    const [first, last] = probabilitiesAfter([0, -60], chain) as [number, number];
    expect(first).toBeCloseTo(0.5, 9);
    expect(last).toBeCloseTo(0.5, 9);
  });

  test("the average is what drawing comes to over many steps", () => {
    const row = [0.1, 0.2, 0.3, 0.4].map(Math.log);
    const xtc = { stage: "xtc", xtc_probability: 0.3, xtc_threshold: 0.2 };
    const steps = 4000;
    const mean = [0, 0, 0, 0];
    for (let step = 0; step < steps; step++)
      for (const [id, p] of probabilitiesAfter(row, [xtc], { step }).entries())
        mean[id] = mean[id]! + p / steps;
    const average = probabilitiesAfter(row, [{ ...xtc, xtc_outcome: "average" }]);
    // σ of the share of steps is 0.0072, and no probability differs by more than 0.47 between the two outcomes
    for (const [id, p] of average.entries()) expect(Math.abs(p - mean[id]!)).toBeLessThan(4 * 0.0072 * 0.47);
  });

  test.each([
    // 0.4 is not a top choice; of 0.2 and 0.3 the lesser stays
    ["aside", [3], { xtc_threshold: 0.2 }, [1 / 7, 2 / 7, 0, 4 / 7]],
    // 0.2 is not a top choice, so 0.3 is the least of the others
    ["aside", [1], { xtc_threshold: 0.2 }, [1 / 6, 2 / 6, 3 / 6, 0]],
    ["stay", [3], { xtc_threshold: 0.2 }, [1 / 7, 2 / 7, 0, 4 / 7]],
    // 0.2 is a top choice, and is the one that stays anyway
    ["stay", [1], { xtc_threshold: 0.2 }, [1 / 3, 2 / 3, 0, 0]],
    ["refuse", [3], { xtc_threshold: 0.2 }, [0.1, 0.2, 0.3, 0.4]],
    ["refuse", [1], { xtc_threshold: 0.2 }, [1 / 3, 2 / 3, 0, 0]],
    ["refuse", [0], { xtc_threshold: 0.2 }, [1 / 3, 2 / 3, 0, 0]],
    ["aside", [2, 3], { xtc_threshold: 0.2 }, [0.1, 0.2, 0.3, 0.4]],
    ["stay", [0, 1, 2, 3], { xtc_threshold: 0.2 }, [0.1, 0.2, 0.3, 0.4]],
  ])(
    "%s with %j spared and %j: 0.1 0.2 0.3 0.4 gives %j",
    (xtc_spared_rule, xtc_spared_ids, options, after) => {
      const entry = { stage: "xtc", xtc_probability: 1, xtc_spared_rule, xtc_spared_ids, ...options };
      expectRow([0.1, 0.2, 0.3, 0.4], entry, after);
    },
  );

  test("of equal top choices all may stay", () => {
    const entry = { stage: "xtc", xtc_probability: 1, xtc_threshold: 0.15 };
    expectRow([0.2, 0.2, 0.5, 0.1], { ...entry, xtc_ties: "cut" }, [0, 2 / 3, 0, 1 / 3]);
    expectRow([0.2, 0.2, 0.5, 0.1], { ...entry, xtc_ties: "keep" }, [0.4, 0.4, 0, 0.2]);
    expectRow([0.4, 0.4, 0.2], { ...entry, xtc_threshold: 0.4, xtc_ties: "keep" }, [0.4, 0.4, 0.2]);
  });

  test("averages alike on a long row, whether it was cut before or not", () => {
    const logits = Array.from({ length: 20_000 }, (_, id) =>
      id % 4000 === 0 ? 12 + id / 1e5 : Math.sin(id),
    );
    const xtc = { stage: "xtc", xtc_probability: 0.4, xtc_threshold: 0.05, xtc_outcome: "average" };
    const whole = survivors(logits, { chain: [xtc] });
    const listed = survivors(logits, { chain: [{ stage: "top_k", top_k: 20_000 }, xtc] });
    expect(whole.token_ids.length).toBe(20_000);
    for (const [id, p] of whole.probabilities.entries()) expect(p).toBeCloseTo(listed.probabilities[id]!, 6);
  });

  test("a spared token that does not exist is an error that points at it", () => {
    const problem = problemOf(() => sample([1, 2], { xtc_probability: 0.5, xtc_spared_ids: [1, 2] }));
    expect([problem.code, problem.pointer]).toEqual(["token_id_out_of_range", "/xtc_spared_ids/1"]);
    expect(problem.message).toBe("token ids must be below 2, got 2");
  });

  const entry = fc.record({
    stage: fc.constant("xtc"),
    xtc_probability: fc.constantFrom(0.5, 1),
    xtc_threshold: stepsOf(0.01, 0.5),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({
    entry: fc
      .tuple(entry, fc.constantFrom("draw", "average"))
      .map(([each, xtc_outcome]) => ({ ...each, xtc_outcome })),
    neutral: [
      { stage: "xtc", xtc_probability: 0 },
      { stage: "xtc", xtc_probability: 0, xtc_outcome: "average" },
      { stage: "xtc", xtc_probability: 1, xtc_threshold: 0.51 },
    ],
  });
  keepsRatios(entry);
});
