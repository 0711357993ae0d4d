import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exp2Negative, ln1p, softplus } from "../../src/analysis/exp.ts";

describe("2^y for y ≤ 0", () => {
  test.each([
    [0, 1],
    [-0, 1],
    [-1, 0.5],
    [-10, 1 / 1024],
    [-1021, 2 ** -1021],
    [-1023, 0],
    [-1e300, 0],
    [Number.NEGATIVE_INFINITY, 0],
  ])("2^%f is exactly %f", (y, expected) => {
    expect(exp2Negative(y)).toBe(expected);
  });

  test("differs from Math.pow by at most 6e-16 of its value", () => {
    fc.assert(
      fc.property(fc.double({ min: -1021, max: 0, noNaN: true }), (y) => {
        const expected = 2 ** y;
        return Math.abs(exp2Negative(y) - expected) <= 6e-16 * expected;
      }),
    );
  });

  test("is no larger than 2^−1022 where the normal numbers end", () => {
    for (let y = -1023; y < -1022; y += 1 / 64) expect(exp2Negative(y)).toBeLessThanOrEqual(2 ** -1022);
  });
});

describe("ln(1 + x)", () => {
  test.each([0, 5e-324, 1e-300, 1e-20, 1e-16, 1e-8, 0.1, 1, 3, 1e10, 1e300])(
    "agrees with Math.log1p at %f",
    (x) => {
      expect(Math.abs(ln1p(x) - Math.log1p(x))).toBeLessThanOrEqual(4e-16 * Math.log1p(x));
    },
  );

  test("keeps a small x and Infinity as they are", () => {
    expect(ln1p(1e-300)).toBe(1e-300);
    expect(ln1p(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });
});

test("softplus never overflows: x for large x, eˣ for very negative x", () => {
  expect(softplus(1e30)).toBe(1e30);
  expect(softplus(-700)).toBe(Math.exp(-700));
  expect(softplus(0)).toBeCloseTo(Math.LN2, 15);
});
