import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SHARE_ROUNDER, SHARE_UNITS, ShareSums } from "../../../src/analysis/sums/share-sums.ts";
import { Sketch } from "../../../src/analysis/sums/sketch.ts";

function sketchOf(numbers: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const x of numbers) sketch.add(x);
  return sketch;
}

describe("a sketch", () => {
  test("of 1 … 1000 tells quantiles within 0.8 %", () => {
    const sketch = sketchOf(Array.from({ length: 1000 }, (_, i) => i + 1));
    for (const q of [0.01, 0.25, 0.5, 0.75, 0.99])
      expect(Math.abs(sketch.quantile(q)! / (1000 * q) - 1)).toBeLessThan(0.008);
    expect(sketch.range).toEqual([1, 1000]);
  });

  test("of nothing has no quantile and no range", () => {
    expect([new Sketch().quantile(0.5), new Sketch().range]).toEqual([undefined, undefined]);
  });

  test("of one number tells that number", () => {
    for (const x of [0, -3.7, 5e-324, Number.MAX_VALUE]) expect(sketchOf([x]).quantile(0.5)).toBe(x);
  });

  test("keeps the order across zero and signs", () => {
    const sketch = sketchOf([-1e300, -1, -1e-300, 0, 1e-300, 1, 1e300]);
    const quantiles = [0.1, 0.2, 0.4, 0.5, 0.7, 0.8, 1].map((q) => Math.sign(sketch.quantile(q)!));
    expect(quantiles).toEqual([-1, -1, -1, 0, 1, 1, 1]);
  });

  test("of parts, added up, is that of the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), fc.nat(50), (list, at) => {
        const merged = sketchOf(list.slice(at));
        merged.addSketch(sketchOf(list.slice(0, at)).save());
        expect(merged.save()).toEqual(sketchOf(list).save());
      }),
    );
  });
});

describe("sums of shares", () => {
  const add = (sums: ShareSums, at: number, share: number) => {
    sums.units[at]! += share * SHARE_UNITS + SHARE_ROUNDER - SHARE_ROUNDER;
    sums.counted();
  };

  test("are within 2⁻⁴⁵ a number of the sum", () => {
    const sums = new ShareSums(1);
    for (let i = 0; i < 1000; i++) add(sums, 0, 0.1);
    expect(Math.abs(sums.value(0) - 100)).toBeLessThan(1000 * 2 ** -45);
  });

  test("0 and 1 and the least share are taken as they are, or as nothing", () => {
    const sums = new ShareSums(3);
    for (const [at, share] of [0, 1, 2 ** -46].entries()) add(sums, at, share);
    expect([0, 1, 2].map((i) => sums.value(i))).toEqual([0, 1, 0]);
  });

  test("of parts, added up, are those of the whole, part by part", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const shares = fc.array(share, { maxLength: 700 });
    fc.assert(
      fc.property(shares, shares, (first, second) => {
        const sumsOf = (list: readonly number[]) => {
          const sums = new ShareSums(1);
          for (const x of list) add(sums, 0, x);
          return sums;
        };
        const whole = sumsOf([...second, ...first]);
        whole.carry();
        const merged = sumsOf(first);
        merged.addSums(sumsOf(second));
        expect([merged.ones[0], merged.units[0]]).toEqual([whole.ones[0], whole.units[0]]);
      }),
    );
  });
});
