import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addClasswise,
  classwiseCalibrationError,
  startClasswise,
} from "../../../src/analysis/calibration/classwise.ts";
import {
  binEdges,
  binOf,
  expectedCalibrationError,
  maximumCalibrationError,
  reliabilityBins,
} from "../../../src/analysis/calibration/reliability.ts";
import { brier } from "../../../src/analysis/judge.ts";
import { median, medianDeviation, quantileSorted } from "../../../src/analysis/quantile.ts";

const f = (...values: number[]) => Float64Array.from(values);
const u = (...values: number[]) => Uint8Array.from(values);

describe("the reliability diagram", () => {
  test("two bins, checked by hand", () => {
    const confidence = f(0.3, 0.5, 0.6, 0.8, 1);
    const bins = reliabilityBins(confidence, u(0, 1, 0, 1, 1), binEdges(confidence, 2, "equal_width"));
    expect(bins).toEqual([
      { lower: 0, upper: 0.5, rows: 2, confidence: 0.4, accuracy: 0.5 },
      {
        lower: 0.5,
        upper: 1,
        rows: 3,
        confidence: expect.closeTo(0.8, 12),
        accuracy: expect.closeTo(2 / 3, 12),
      },
    ]);
    // 2/5 × 0.1 + 3/5 × 0.1333
    expect(expectedCalibrationError(bins)).toBeCloseTo(0.12, 12);
    expect(maximumCalibrationError(bins)).toBeCloseTo(0.8 - 2 / 3, 12);
  });

  test("an empty bin has no mean and counts nothing", () => {
    const bins = reliabilityBins(f(0.9), u(1), binEdges(f(0.9), 2, "equal_width"));
    expect(bins[0]).toEqual({ lower: 0, upper: 0.5, rows: 0, confidence: null, accuracy: null });
    expect(expectedCalibrationError(bins)).toBeCloseTo(0.1, 12);
  });

  test("equal mass: four bins of eight rows hold two each", () => {
    const confidence = f(0.2, 0.9, 0.4, 0.3, 0.8, 0.6, 0.5, 0.7);
    const bins = reliabilityBins(confidence, new Uint8Array(8), binEdges(confidence, 4, "equal_mass"));
    expect(bins.map((bin) => bin.rows)).toEqual([2, 2, 2, 2]);
    expect(bins.map((bin) => bin.upper)).toEqual([0.3, 0.5, 0.7, 1]);
  });

  test("equal confidences share a bin whatever the order of the rows", () => {
    const confidence = f(0.5, 0.5, 0.5, 0.9);
    const bins = reliabilityBins(confidence, u(1, 0, 1, 1), binEdges(confidence, 2, "equal_mass"));
    expect(bins.map((bin) => bin.rows)).toEqual([3, 1]);
  });

  test("every row is in exactly one bin, and its confidence inside its edges", () => {
    const confidences = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(
        confidences,
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom("equal_width", "equal_mass"),
        (list, n, binning) => {
          const confidence = Float64Array.from(list);
          const edges = binEdges(confidence, n, binning as "equal_width");
          for (const c of confidence) {
            const b = binOf(edges, c);
            expect(c).toBeLessThanOrEqual(edges[b]!);
            if (b > 0) expect(c).toBeGreaterThan(edges[b - 1]!);
          }
          const bins = reliabilityBins(confidence, new Uint8Array(list.length), edges);
          expect(bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(list.length);
        },
      ),
    );
  });
});

describe("class-wise", () => {
  test("one row, one bin: each class is off by |y − p|", () => {
    const sums = startClasswise(2, 1);
    addClasswise(sums, f(0.7, 0.3), 0);
    expect(classwiseCalibrationError(sums)).toBeCloseTo(0.3, 12);
  });

  test("70 % right of the time is no error", () => {
    const sums = startClasswise(2, 10);
    for (let r = 0; r < 10; r++) addClasswise(sums, f(0.7, 0.3), r < 7 ? 0 : 1);
    expect(classwiseCalibrationError(sums)).toBeCloseTo(0, 12);
  });
});

test.each([
  [[1, 0], 0, 0],
  [[1, 0], 1, 2],
  [[0.5, 0.5], 0, 0.5],
  [[0.2, 0.3, 0.5], 2, 0.38],
])("the Brier score of %j when class %i came is %f", (p, target, expected) => {
  expect(brier(Float64Array.from(p), target)).toBeCloseTo(expected, 12);
});

test("quantiles are R's type 7", () => {
  expect(quantileSorted([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantileSorted([1, 2, 3, 4], 0.1)).toBeCloseTo(1.3, 12);
  expect(median([5, 1, 9])).toBe(5);
  expect(medianDeviation([1, 2, 3, 4, 1000], 3)).toBeCloseTo(1.4826, 4);
});
