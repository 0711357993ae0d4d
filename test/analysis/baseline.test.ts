import { describe, expect, test } from "vitest";
import { areaUnderRoc, diagnose, fitBaseline, rocCurve, suspicion } from "../../src/analysis/index.ts";

/** Rows of three logits whose largest is 3 to 7 above the others. */
const cleanRows = (count: number) =>
  Array.from({ length: count }, (_, i) => [3 + 4 * ((i * 0.618) % 1), ((i * 0.41) % 1) - 0.5, 0]);
const clean = cleanRows(400).map((row) => diagnose(row));

describe("the baseline", () => {
  test("flags a clean row about as often as it was told to", () => {
    for (const rate of [0.01, 0.05, 0.2]) {
      const baseline = fitBaseline(clean, rate);
      const flagged = clean.filter((d) => suspicion(d, baseline).suspicious).length;
      expect(flagged).toBeLessThanOrEqual(rate * 401);
      expect(flagged).toBeGreaterThan(rate * 401 - 2);
    }
  });

  test("flags a row with weak evidence, and says by how many deviations", () => {
    const found = suspicion(diagnose([0.2, 0.1, 0]), fitBaseline(clean, 0.01));
    expect(found.suspicious).toBe(true);
    expect(found.z_scores.margin).toBeLessThan(-2);
    expect(found.z_scores.ln_entropy).toBeGreaterThan(2);
    expect(found.suspicion).toBeGreaterThan(2);
  });

  test("does not flag a row that is surer than any clean one: a heuristic against weak evidence only", () => {
    expect(suspicion(diagnose([50, 0, 0]), fitBaseline(clean, 0.01)).suspicious).toBe(false);
  });

  test("a tenth of outliers among the clean rows moves it little", () => {
    const spoilt = [...clean.slice(40), ...Array.from({ length: 40 }, () => diagnose([1e6, 0, 0]))];
    const { margin } = fitBaseline(spoilt, 0.05).features;
    const { margin: pure } = fitBaseline(clean, 0.05).features;
    expect(Math.abs(margin.median - pure.median)).toBeLessThan(0.5);
    expect(margin.deviation / pure.deviation).toBeLessThan(1.3);
  });

  test.each([
    ["a rate of 1 % needs 99 rows", clean.slice(0, 98), 0.01, "cannot_calibrate", "/logits"],
    ["rates lie in (0, 0.5]", clean, 0.6, "invalid_option", "/false_positive_rate"],
    ["rows that are all alike", clean.map(() => clean[0]!), 0.05, "cannot_calibrate", "/logits"],
  ])("%s", (_, rows, rate, code, pointer) => {
    expect(() => fitBaseline(rows, rate)).toThrow(expect.objectContaining({ code, pointer }));
  });

  test("99 rows are enough for 1 %", () => {
    expect(fitBaseline(clean.slice(0, 99), 0.01).rows).toBe(99);
  });

  test("a row with one live class has no margin, and is judged by the rest", () => {
    const found = suspicion(diagnose([5, Number.NEGATIVE_INFINITY]), fitBaseline(clean, 0.05));
    expect(found.z_scores.margin).toBeNull();
    expect(Number.isFinite(found.suspicion)).toBe(true);
  });
});

describe("the ROC", () => {
  test.each([
    ["apart", [1, 2], [3, 4], 1],
    ["the wrong way round", [3, 4], [1, 2], 0],
    ["all alike", [1, 1], [1, 1, 1], 0.5],
    ["one of four pairs in the wrong order", [1, 3], [2, 4], 0.75],
  ])("%s", (_, negatives, positives, area) => {
    expect(areaUnderRoc(negatives, positives)).toBeCloseTo(area, 12);
  });

  test("goes from (0, 0) to (1, 1)", () => {
    const curve = rocCurve([1, 2], [2, 3]);
    expect(curve[0]).toEqual({ threshold: 3, false_positive_rate: 0, true_positive_rate: 0 });
    expect(curve.at(-1)).toEqual({
      threshold: Number.NEGATIVE_INFINITY,
      false_positive_rate: 1,
      true_positive_rate: 1,
    });
  });
});
