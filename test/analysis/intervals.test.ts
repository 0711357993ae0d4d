/**
 * The intervals of ECE, by simulation: how often they contain the true value, and that they contain their own estimate.
 */
import { describe, expect, test } from "vitest";
import { gapInterval } from "../../src/analysis/calibration/bootstrap.ts";
import { calibrate, type Interval, labelledLogits } from "../../src/analysis/index.ts";

const ROWS = 400;
const SETS = 80;
const BINS = 10;

/** Uniform numbers from a fixed seed. */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Rows (0, x) of two classes, whose labels are drawn with log-odds of x / stretch. */
function answered(count: number, stretch: number, next: () => number) {
  const logits = Array.from({ length: count }, () => 6 * (next() + next() + next() - 1.5));
  const targets = logits.map((x) => (next() < 1 / (1 + Math.exp(-x / stretch)) ? 1 : 0));
  return labelledLogits(
    logits.map((x) => [0, x]),
    targets,
  );
}

/** Σ over bins of |mean gap| × share, for a set so large that chance is negligible. */
function trueEce(stretch: number): number {
  const next = uniforms(99);
  const sums = new Float64Array(BINS);
  const count = 400_000;
  for (let i = 0; i < count; i++) {
    const x = Math.abs(6 * (next() + next() + next() - 1.5));
    const confidence = 1 / (1 + Math.exp(-x));
    const bin = Math.min(BINS - 1, Math.ceil(confidence * BINS) - 1);
    sums[bin]! += confidence - 1 / (1 + Math.exp(-x / stretch));
  }
  return sums.reduce((sum, gap) => sum + Math.abs(gap), 0) / count;
}

const holds = ({ low, high }: Interval, value: number) => low <= value && value <= high;

describe.each([1, 1.3, 2, 4])("answers %f times less sure than they say", (stretch) => {
  const truth = trueEce(stretch);
  const next = uniforms(stretch * 1000);
  const runs = Array.from({ length: SETS }, () =>
    calibrate(answered(ROWS, stretch, next), { bins: BINS, resamples: 100 }),
  );

  test(`the 95 % interval holds the true ECE in at least 85 % of ${SETS} sets`, () => {
    const held = runs.filter(({ intervals }) => holds(intervals!.ece_before, truth)).length;
    expect(held / SETS).toBeGreaterThanOrEqual(0.85);
  });

  test("an interval holds its own estimate", () => {
    for (const { before, after, intervals } of runs) {
      expect(holds(intervals!.ece_before, before.ece)).toBe(true);
      expect(holds(intervals!.ece_after, after.ece)).toBe(true);
    }
  });

  test("after scaling, nearly all of them begin at 0: the answers are honest then", () => {
    const from_zero = runs.filter(({ intervals }) => intervals!.ece_after.low === 0).length;
    expect(from_zero / SETS).toBeGreaterThanOrEqual(0.9);
  });
});

describe("an interval of gaps", () => {
  const all = (value: number) => new Float64Array(10).fill(value);

  test("lies on the other side of the estimate than the resamples", () => {
    expect(gapInterval(0.25, all(0.375), all(0), 0.95)).toEqual({ low: 0.125, high: 0.25 });
    expect(gapInterval(0.25, all(0.125), all(0), 0.95)).toEqual({ low: 0.25, high: 0.375 });
  });

  test("stays in [0, 1], and begins at 0 where an honest model might do as badly", () => {
    expect(gapInterval(0.25, all(0.75), all(0), 0.95)).toEqual({ low: 0, high: 0.25 });
    expect(gapInterval(0.75, all(0), all(0), 0.95)).toEqual({ low: 0.75, high: 1 });
    expect(gapInterval(0.25, all(0.375), all(0.25), 0.95).low).toBe(0);
  });
});
