import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ShareSums } from "../../../src/analysis/sums/share-sums.ts";
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
  test("are within 2⁻⁵³ a number of the sum", () => {
    const sums = new ShareSums(1);
    for (let i = 0; i < 1000; i++) sums.add(0, 0.1);
    expect(Math.abs(sums.value(0) - 100)).toBeLessThan(1000 * 2 ** -53);
  });

  test("0 and 1 and the least share are taken as they are, or as nothing", () => {
    const sums = new ShareSums(3);
    sums.add(0, 0);
    sums.add(1, 1);
    sums.add(2, 2 ** -54);
    expect([0, 1, 2].map((i) => sums.value(i))).toEqual([0, 1, 0]);
  });

  test("of parts, added up, are those of the whole, part by part", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(share), fc.array(share), (first, second) => {
        const add = (sums: ShareSums, list: readonly number[]) => {
          for (const x of list) sums.add(0, x);
          return sums;
        };
        const whole = add(add(new ShareSums(1), second), first);
        whole.carry();
        const merged = add(new ShareSums(1), first);
        merged.addSums(add(new ShareSums(1), second));
        expect([merged.high[0], merged.low[0]]).toEqual([whole.high[0], whole.low[0]]);
      }),
    );
  });
});
