import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exp, ln } from "../../src/kernels/float64.ts";

/**
 * The distance in units of the last place of `expected`, that is the spacing of its neighbours, also among subnormals.
 */
function unitsApart(actual: number, expected: number): number {
  if (Object.is(actual, expected)) return 0;
  const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(expected))) - 52), Number.MIN_VALUE);
  return Math.abs(actual - expected) / unit;
}

describe("exp", () => {
  test.each([
    [0, 1],
    [-0, 1],
    [1, Math.E],
    [Math.LN2, 2],
    [-Infinity, 0],
    [Infinity, Infinity],
    [710, Infinity],
    [-746, 0],
    [-745.1, Number.MIN_VALUE],
    [709.782712893384, 1.797693134862273e308],
  ])("e^%d is %d", (x, expected) => {
    expect(unitsApart(exp(x), expected)).toBeLessThanOrEqual(1);
  });

  test("NaN stays NaN", () => {
    expect(exp(Number.NaN)).toBeNaN();
  });

  test("it lies within 1.5 units in the last place of Math.exp everywhere", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -745, max: 709.7, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (x, y) => {
          expect(unitsApart(exp(x), Math.exp(x))).toBeLessThanOrEqual(1.5);
          expect(unitsApart(exp(y), Math.exp(y))).toBeLessThanOrEqual(1.5);
        },
      ),
      { seed: 1, numRuns: 20000 },
    );
  });
});

describe("ln", () => {
  test.each([
    [1, 0],
    [2, Math.LN2],
    [Math.E, 1],
    [0, -Infinity],
    [-0, -Infinity],
    [Infinity, Infinity],
    [Number.MIN_VALUE, -744.4400719213812],
    [Number.MAX_VALUE, 709.782712893384],
  ])("ln %d is %d", (x, expected) => {
    expect(unitsApart(ln(x), expected)).toBeLessThanOrEqual(1);
  });

  test.each([-1, -Infinity, Number.NaN])("ln %d is not a number", (x) => {
    expect(ln(x)).toBeNaN();
  });

  test("it lies within 1.5 units in the last place of Math.log everywhere", () => {
    fc.assert(
      fc.property(
        fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }),
        fc.double({ min: 0.5, max: 2, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        (x, near, usual) => {
          for (const value of [x, near, usual])
            expect(unitsApart(ln(value), Math.log(value))).toBeLessThanOrEqual(1.5);
        },
      ),
      { seed: 2, numRuns: 20000 },
    );
  });

  test("a handful of results keep their bits for ever", () => {
    const bits = [exp(-0.7), exp(3.3), exp(-41.25), ln(3), ln(0.1), ln(128256)].map((x) =>
      new BigUint64Array(Float64Array.of(x).buffer)[0]!.toString(16),
    );
    expect(bits).toMatchInlineSnapshot(`
      [
        "3fdfc80db9dd5542",
        "403b1cd5e7807b7b",
        "3c3673f0ec026e5e",
        "3ff193ea7aad030b",
        "c0026bb1bbb55515",
        "402786087e2da908",
      ]
    `);
  });
});
