import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logOdds, logSoftmax, logSumExp, softmax } from "../../src/analysis/index.ts";
import { Problem } from "../../src/errors.ts";

const rows = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 40 });

describe("rows anyone can check", () => {
  test.each([
    ["one class is certain", [7], [1]],
    ["equal logits share equally", [3, 3, 3, 3], [0.25, 0.25, 0.25, 0.25]],
    [
      "ln 1, ln 2, ln 3, ln 4 are 1 : 2 : 3 : 4",
      [0, Math.log(2), Math.log(3), Math.log(4)],
      [0.1, 0.2, 0.3, 0.4],
    ],
    ["a masked class has nothing", [0, Number.NEGATIVE_INFINITY, 0], [0.5, 0, 0.5]],
    ["1e30 does not overflow", [1e30, -1e30, 0], [1, 0, 0]],
    ["−1e30 does not underflow to 0 / 0", [-1e30, -1e30], [0.5, 0.5]],
    ["the largest float32 twice", [3.4028234663852886e38, 3.4028234663852886e38], [0.5, 0.5]],
    ["the largest float64 twice", [Number.MAX_VALUE, Number.MAX_VALUE], [0.5, 0.5]],
    ["from end to end of float64", [Number.MAX_VALUE, -Number.MAX_VALUE], [1, 0]],
  ])("%s", (_, row, expected) => {
    const p = softmax(row);
    expected.forEach((value, i) => {
      expect(Math.abs(p[i]! - value)).toBeLessThanOrEqual(2e-16);
    });
  });

  test("temperature 0.5 squares the odds, 2 takes their root", () => {
    expect(softmax([0, Math.log(4)], 0.5)[1]).toBeCloseTo(16 / 17, 15);
    expect(softmax([0, Math.log(4)], 2)[1]).toBeCloseTo(2 / 3, 15);
  });

  test("cat, dog, bird: 3.2, 1.3, 0.2 are 83.4 %, 12.5 %, 4.2 %", () => {
    expect(Array.from(softmax([3.2, 1.3, 0.2]), (p) => p.toFixed(3))).toEqual(["0.834", "0.125", "0.042"]);
  });
});

describe("properties", () => {
  test("probabilities sum to 1", () => {
    fc.assert(fc.property(rows, (row) => Math.abs(softmax(row).reduce((a, b) => a + b) - 1) < 1e-14));
  });

  test("a constant added to every logit changes nothing", () => {
    const whole = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(whole, fc.integer({ min: -1000, max: 1000 }), (row, shift) => {
        expect(softmax(row.map((x) => x + shift))).toEqual(softmax(row));
      }),
    );
  });

  test("log-probabilities agree with a plain float64 sum", () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0.1, max: 10, noNaN: true }), (row, temperature) => {
        const scaled = row.map((x) => x / temperature);
        const top = Math.max(...scaled);
        const lse = top + Math.log(scaled.reduce((sum, x) => sum + Math.exp(x - top), 0));
        const got = logSoftmax(row, temperature);
        scaled.forEach((x, i) => {
          expect(Math.abs(got[i]! - (x - lse))).toBeLessThan(1e-11);
        });
      }),
    );
  });

  test("log-odds are those of p against everything else", () => {
    fc.assert(
      fc.property(rows, (row) => {
        const p = softmax(row);
        logOdds(row).forEach((odds, i) => {
          if (p[i]! > 1e-3 && p[i]! < 0.999) expect(odds).toBeCloseTo(Math.log(p[i]! / (1 - p[i]!)), 9);
        });
      }),
    );
  });
});

describe("what float64 cannot hold as a probability, log-odds still hold", () => {
  test("a logit 100 above the other: p rounds to 1, its log-odds are 100", () => {
    expect(softmax([100, 0])[0]).toBe(1);
    expect(logOdds([100, 0])[0]).toBeCloseTo(100, 12);
    expect(logSoftmax([100, 0])[0]).toBeCloseTo(-Math.exp(-100), 55);
    expect(logSoftmax([100, 0])[0]).toBeLessThan(0);
  });

  test.each([
    ["at the end of exp's normal numbers", 707],
    ["where the weight of the other is a subnormal", 709],
    ["where it is 0", 710],
    ["far beyond", 1e6],
    ["at float32's ends", 1e30],
  ])("the margin of two classes is their log-odds: %s", (_, margin) => {
    for (const row of [[margin, 0], [0, -margin], [margin / 2, -margin / 2], Float32Array.of(0, -margin)]) {
      const exact = row[0]! - row[1]!;
      expect(Math.abs(logOdds(row)[0]! - exact)).toBeLessThanOrEqual(1e-15 * exact);
      expect(logOdds(row)[1]).toBe(-exact);
    }
  });

  test("several distant classes are one against all of them, at every temperature", () => {
    for (const margin of [599, 601, 708, 709, 1000, 1e9]) {
      const [top] = logOdds([margin, 0, 0, -1]);
      expect(Math.abs(top! - (margin - Math.log(2 + Math.exp(-1))))).toBeLessThanOrEqual(1e-14 * margin);
      expect(logOdds([margin * 2, 0, 0, -2], 2)[0]).toBe(top);
    }
  });

  test("a class alone has infinite odds, a masked one minus that", () => {
    expect(Array.from(logOdds([1, Number.NEGATIVE_INFINITY]))).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
  });
});

describe("log-sum-exp", () => {
  test.each([
    [[], Number.NEGATIVE_INFINITY],
    [[Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], Number.NEGATIVE_INFINITY],
    [[5], 5],
    [[1e30, 1e30], 1e30],
    [[-1e30, -1e30], -1e30],
    [[0, 0], Math.LN2],
  ])("of %j is %f", (row, expected) => {
    expect(logSumExp(row)).toBe(expected);
  });

  test("of 262,144 equal logits is ln 262,144, to the last digit", () => {
    expect(logSumExp(new Float32Array(262_144))).toBeCloseTo(18 * Math.LN2, 14);
  });
});

describe("rows without a softmax", () => {
  test.each([
    ["an empty row", [], "invalid_logits", "/logits"],
    ["NaN", [1, Number.NaN], "nan_logit", "/logits/1"],
    ["+Infinity", [Number.POSITIVE_INFINITY, 0], "invalid_logits", "/logits/0"],
    ["−Infinity throughout", [Number.NEGATIVE_INFINITY], "all_tokens_masked", "/logits"],
  ])("%s is a problem", (_, row, code, pointer) => {
    expect(() => softmax(row)).toThrow(expect.objectContaining({ code, pointer }));
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-7, 1e7])(
    "temperature %f is a problem",
    (temperature) => {
      expect(() => softmax([1, 2], temperature)).toThrow(Problem);
    },
  );
});
