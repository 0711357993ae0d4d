import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logistic, logisticPair, logit, logitOfPair, logLogistic } from "../../src/analysis/index.ts";

describe("rows anyone can check", () => {
  test.each([
    [0, 0.5],
    [Math.log(3), 0.75],
    [-Math.log(3), 0.25],
    [2.9444389791664403, 0.95],
    [1e30, 1],
    [-1e30, 0],
    [Number.POSITIVE_INFINITY, 1],
    [Number.NEGATIVE_INFINITY, 0],
  ])("logistic(%f) = %f", (x, p) => {
    expect(logistic(x)).toBeCloseTo(p, 15);
  });

  test.each([
    [0, Number.NEGATIVE_INFINITY],
    [1, Number.POSITIVE_INFINITY],
    [0.5, 0],
    [0.75, Math.log(3)],
    [0.25, -Math.log(3)],
    [1e-300, -300 * Math.LN10],
    [1 - 2 ** -53, 53 * Math.LN2],
  ])("logit(%f) = %f", (p, x) => {
    if (Number.isFinite(x)) expect(Math.abs(logit(p) - x)).toBeLessThanOrEqual(4e-16 * Math.abs(x));
    else expect(logit(p)).toBe(x);
  });

  test.each([-0.1, 1.1, Number.NaN])("logit(%f) is NaN", (p) => {
    expect(logit(p)).toBeNaN();
  });

  test("near one half the logit is 4 (p − 1/2), with all its digits", () => {
    expect(logit(0.5 + 2 ** -40)).toBe(2 ** -38);
    expect(logit(0.5 - 2 ** -40)).toBe(-(2 ** -38));
  });
});

describe("round trips", () => {
  test("probability → logit → probability over the whole of (0, 1)", () => {
    const exponents = fc.double({ min: -300, max: 0, noNaN: true, maxExcluded: true });
    fc.assert(
      fc.property(exponents, (exponent) => {
        const p = 10 ** exponent;
        // The logit is rounded to 1 part in 2⁵³, and p changes by as much as the logit does: |x| × 2⁻⁵³.
        const slack = 4e-16 * (1 + Math.abs(logit(p)));
        return Math.abs(logistic(logit(p)) - p) <= slack * p;
      }),
    );
  });

  test("log-odds → pair → log-odds, where p itself has long been rounded to 1", () => {
    fc.assert(
      fc.property(fc.double({ min: -690, max: 690, noNaN: true }), (x) => {
        return Math.abs(logitOfPair(logisticPair(x)) - x) <= 1e-15 * Math.max(1, Math.abs(x));
      }),
    );
  });

  test("1 − 1e-16 and 1 − 1e-300 as log-odds", () => {
    expect(logitOfPair({ probability: 1, complement: 1e-16 })).toBeCloseTo(16 * Math.LN10, 13);
    expect(logitOfPair({ probability: 1, complement: 1e-300 })).toBeCloseTo(300 * Math.LN10, 11);
    expect(logisticPair(300 * Math.LN10)).toEqual({
      probability: 1,
      complement: expect.closeTo(1e-300, 310),
    });
  });
});

test("ln of the logistic function is finite for every finite logit", () => {
  expect(logLogistic(-1e30)).toBe(-1e30);
  expect(logLogistic(1e30)).toBe(0);
  expect(logLogistic(40)).toBeCloseTo(-Math.exp(-40), 30);
  expect(logLogistic(0)).toBeCloseTo(-Math.LN2, 15);
});
