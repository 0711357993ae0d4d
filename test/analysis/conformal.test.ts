import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CONFORMAL_METHODS,
  type Conformal,
  type ConformalMethod,
  conformalSet,
  conformity,
  coverageOf,
  thresholdPlace,
} from "../../src/analysis/conformal.ts";
import { softmax } from "../../src/analysis/index.ts";

/** The threshold of these conformities: the one at this index. */
function thresholdOf(conformities: Float64Array, miscoverage: number): number | null {
  const place = thresholdPlace(conformities.length, miscoverage);
  return place === 0 ? null : conformities.toSorted()[place - 1]!;
}

const ROW = Float64Array.of(0.5, 0.2, 0.2, 0.1);
const choice = (method: ConformalMethod) => ({ method, miscoverage: 0.1, rank_penalty: 0.1, free_ranks: 1 });
const found = (method: ConformalMethod, threshold: number | null): Conformal => ({
  ...choice(method),
  threshold,
  temperature: 1,
  rows: 10,
});

describe("rows anyone can check", () => {
  test.each<[ConformalMethod, number[]]>([
    ["lac", [0.5, 0.2, 0.2, 0.1]],
    ["aps", [0.5, 0.3, 0.1, 0]], // the mass behind each, the lower id first
    ["raps", [0.5, 0.2, -0.1, -0.3]], // less 0.1 for every rank behind the first
  ])("%s", (method, expected) => {
    for (const [id, value] of expected.entries())
      expect(conformity(ROW, id, choice(method))).toBeCloseTo(value, 15);
  });

  test.each<[ConformalMethod, number | null, number[]]>([
    ["lac", 0.15, [0, 1, 2]],
    ["lac", 0.2, [0, 1, 2]],
    ["lac", 0.6, [0]],
    ["aps", 0.25, [0, 1]],
    ["aps", 0, [0, 1, 2, 3]],
    ["raps", 0, [0, 1]],
    ["raps", -0.2, [0, 1, 2]],
    ["lac", null, [0, 1, 2, 3]],
  ])("%s from %d on: %j", (method, threshold, expected) => {
    expect(conformalSet(ROW, found(method, threshold))).toEqual(expected);
  });

  test("of 9 rows the smallest is the threshold of 0.1, of 8 there is none, of 19 it is the second", () => {
    const rows = (count: number) => Float64Array.from({ length: count }, (_, i) => count - i);
    expect([8, 9, 18, 19].map((count) => thresholdOf(rows(count), 0.1))).toEqual([null, 1, 1, 2]);
  });

  test.each([
    [10, 10, 0.7225, 1],
    [10, 0, 0, 0.2775],
    [100, 90, 0.8256, 0.9448],
  ])("of %d rows %d covered: Wilson's interval", (rows, covered, low, high) => {
    const { interval, coverage, set_size } = coverageOf(rows, covered, 2 * rows);
    expect([coverage, set_size]).toEqual([covered / rows, 2]);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

describe("properties", () => {
  const row = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 12 });

  test("a set is every class that conforms as much, ties and all, and the likeliest", () => {
    const coarse = row.map((list) => list.map((x) => Math.round(x)));
    fc.assert(
      fc.property(
        fc.oneof(row, coarse),
        fc.constantFrom(...CONFORMAL_METHODS),
        fc.nat(11),
        (logits, method, at) => {
          const p = softmax(logits);
          const top = p.indexOf(Math.max(...p));
          const all = Array.from(p, (_, id) => conformity(p, id, choice(method)));
          // Halfway between two values, so that the last digit of a sum does not decide.
          const sorted = all.toSorted((a, b) => a - b);
          const i = at % sorted.length;
          const threshold = i === 0 ? sorted[0]! - 1 : (sorted[i - 1]! + sorted[i]!) / 2;
          if (i > 0 && sorted[i]! - sorted[i - 1]! < 1e-9) return;
          const expected = all.flatMap((value, id) => (value >= threshold || id === top ? [id] : []));
          expect(conformalSet(p, found(method, threshold))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("sets miss in the share that was promised, of rows like those of the threshold", () => {
    let state = 9;
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 0) / 2 ** 32;
    };
    const drawn = () => {
      const logits = Array.from({ length: 8 }, () => 6 * (next() + next() - 1));
      const honest = softmax(logits, 2);
      let left = next();
      let target = 0;
      while (target < 7 && left >= honest[target]!) left -= honest[target++]!;
      return { p: softmax(logits), target };
    };
    for (const method of CONFORMAL_METHODS) {
      const conformities = Float64Array.from({ length: 999 }, () => {
        const { p, target } = drawn();
        return conformity(p, target, choice(method));
      });
      const sets = found(method, thresholdOf(conformities, 0.1));
      let covered = 0;
      for (let r = 0; r < 4000; r++) {
        const { p, target } = drawn();
        if (conformalSet(p, sets).includes(target)) covered += 1;
      }
      // The expectation is 0.9; 0.0107 is one standard deviation of both draws together.
      expect(Math.abs(covered / 4000 - 0.9), method).toBeLessThan(3.5 * 0.0107);
    }
  });
});
