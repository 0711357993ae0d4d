import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { uniform } from "../../../src/sampling/rng.ts";
import { sample } from "../sample.ts";
import { survivors } from "../survivors.ts";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow, probabilitiesAfter } from "./rows.ts";

const LN2 = Math.LN2;

describe("skew", () => {
  test.each([
    // a = 2: C = 0.5 0.8 1 → 0.25 0.64 1
    [{ skew: LN2 }, [0.5, 0.3, 0.2], [0.25, 0.39, 0.36]],
    // the same by rank, at any positions of the tokens
    [{ skew: LN2 }, [0.2, 0.5, 0.3], [0.36, 0.25, 0.39]],
    // by id: C = 0.2 0.7 1 → 0.04 0.49 1
    [{ skew: LN2, skew_order: "id" }, [0.2, 0.5, 0.3], [0.04, 0.45, 0.51]],
    // a = 1/2: C = 0.25 1 → 0.5 1
    [{ skew: -LN2, skew_order: "id" }, [0.25, 0.75], [0.5, 0.5]],
    // equal tokens rank by id: C = 0.5 1 → 0.25 1
    [{ skew: LN2 }, [0.5, 0.5], [0.25, 0.75]],
    [{ skew: 3 }, [1], [1]],
    [{ skew: 0 }, [0.2, 0.8], [0.2, 0.8]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "skew", ...options }, after);
  });

  test("drawing by it is drawing without it, with the random number raised to a power", () => {
    // u ≤ Cᵃ is u^(1/a) ≤ C: ExLlamaV2 changes u in place of the probabilities
    const row = [0.1, 0.2, 0.3, 0.4].map(Math.log);
    const power = Math.exp(0.7);
    for (let step = 0; step < 200; step++) {
      const { token_id } = sample(row, { skew: 0.7, skew_order: "id", seed: 1, step });
      const u = uniform("token", "1", step, 0) ** (1 / power);
      expect(token_id).toBe([0.1, 0.3, 0.6, 1].findIndex((cumulated) => u < cumulated));
    }
  });

  test("tokens of next to no probability keep their share to many digits", () => {
    // at the end of the row a · C^(a − 1) times the earlier probability
    const [, last] = probabilitiesAfter([0, -30], [{ stage: "skew", skew: LN2, skew_order: "id" }]) as [
      number,
      number,
    ];
    expect(last / (2 * Math.exp(-30))).toBeCloseTo(1, 9);
    const [, less] = probabilitiesAfter([0, -300], [{ stage: "skew", skew: LN2 }]) as [number, number];
    expect(less / (2 * Math.exp(-300))).toBeCloseTo(1, 9);
    // the series for 1 − (1 − x)ᵃ is used up to a bound: just below it and above
    for (const x of [0.9e-4, 1.1e-4, 4.9e-3, 5.1e-3]) {
      const [, p] = probabilitiesAfter(
        [Math.log(1 - x), Math.log(x)],
        [{ stage: "skew", skew: LN2 }],
      ) as number[];
      expect(p! / (2 * x - x * x)).toBeCloseTo(1, 6);
    }
  });

  test("a token too unlikely for a float64 goes", () => {
    expect(survivors([0, -800], { chain: [{ stage: "skew", skew: 1 }] }).token_ids).toEqual([0]);
  });

  obeysTheLaws({
    entry: fc.record({ stage: fc.constant("skew"), skew: stepsOf(-2, 2) }),
    neutral: [
      { stage: "skew", skew: 0 },
      { stage: "skew", skew: 0, skew_order: "id" },
    ],
  });
});
