import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactSum } from "../../../src/analysis/sums/exact-sum.ts";

function sumOf(numbers: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const x of numbers) sum.add(x);
  return sum;
}

const MAX = Number.MAX_VALUE;
const LEAST = Number.MIN_VALUE;

/** The sum in units of 2⁻¹⁰⁷⁴, as integers of any length. */
function integerOf(numbers: readonly number[]): bigint {
  return numbers.reduce((sum, x) => sum + unitsOf(x), 0n);
}

function unitsOf(x: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0]!;
  const exponent = (bits >> 52n) & 0x7ffn;
  const mantissa = bits & ((1n << 52n) - 1n);
  const size = exponent === 0n ? mantissa : (mantissa | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 0n ? size : -size;
}

describe("rows anyone can check", () => {
  test.each([
    ["nothing", [], 0],
    ["1e100 goes and comes, 1 stays", [1e100, 1, -1e100], 1],
    ["ten tenths are 1, not 0.9999999999999999", Array<number>(10).fill(0.1), 1],
    ["the least number twice", [LEAST, LEAST], 2 * LEAST],
    ["the least number beside the largest", [MAX, LEAST, -MAX], LEAST],
    ["a tie goes to the even number", [1, 2 ** -53], 1],
    ["a tie and the least number more goes up", [1, 2 ** -53, LEAST], 1 + 2 ** -52],
    ["a tie below goes to the even number", [-1, -(2 ** -53)], -1],
    ["the largest twice is too large", [MAX, MAX], Number.POSITIVE_INFINITY],
    ["and once again when one has gone", [MAX, MAX, -MAX], MAX],
    ["infinity wins", [1, Number.POSITIVE_INFINITY, -5], Number.POSITIVE_INFINITY],
    ["minus infinity wins", [1, Number.NEGATIVE_INFINITY], Number.NEGATIVE_INFINITY],
    ["both have no sum", [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], Number.NaN],
  ])("%s", (_, numbers, expected) => {
    expect(sumOf(numbers).value()).toBe(expected);
  });

  test.each([
    ["0p0", []],
    ["4p268", [1]],
    ["-1p0", [-LEAST]],
    ["0p0+inf×2-inf×1", [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  ])("%s is the text of its sum", (text, numbers) => {
    expect(sumOf(numbers).toText()).toBe(text);
    expect(ExactSum.fromText(text)?.toText()).toBe(text);
  });

  test.each(["", "4", "4p", "p1", "4p1000", "4p268 ", "G1p2", "--4p1", "4p268+inf×", `${"f".repeat(546)}p0`])(
    "%j is no sum",
    (text) => expect(ExactSum.fromText(text)).toBeUndefined(),
  );

  test("a NaN is a programmer's error", () => {
    expect(() => new ExactSum().add(Number.NaN)).toThrow("assertion failed");
  });
});

describe("properties", () => {
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 60 });

  test("the sum is that of whole numbers of any length, rounded once", () => {
    fc.assert(
      fc.property(numbers, (list) => {
        const exact = integerOf(list);
        const found = sumOf(list).value();
        if (!Number.isFinite(found)) return;
        // No float64 lies nearer.
        const distance = (x: number) => {
          const off = exact - unitsOf(x);
          return off < 0n ? -off : off;
        };
        const step = Math.max(LEAST, Math.abs(found) * 2 ** -52);
        expect(distance(found) <= distance(found + step)).toBe(true);
        expect(distance(found) <= distance(found - step)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("any order and any cut into parts give the same text", () => {
    fc.assert(
      fc.property(numbers, fc.infiniteStream(fc.nat()), (list, random) => {
        const whole = sumOf(list).toText();
        const shuffled = list.map((x) => [random.next().value, x] as const).sort(([a], [b]) => a - b);
        const parts: number[][] = [[], [], []];
        for (const [r, x] of shuffled) parts[r % 3]!.push(x);
        const merged = new ExactSum();
        for (const part of parts) merged.addSum(ExactSum.fromText(sumOf(part).toText())!);
        expect(merged.toText()).toBe(whole);
      }),
      { numRuns: 300 },
    );
  });

  test("more numbers than a digit takes are carried on: 2²¹ of the largest below 2³²", () => {
    const sum = new ExactSum();
    const x = 2 ** 32 - 1;
    for (let i = 0; i < 2 ** 21; i++) sum.add(x);
    for (let i = 0; i < 2 ** 21; i++) sum.add(-x);
    expect(sum.toText()).toBe("0p0");
    for (let i = 0; i < 2 ** 21 + 1; i++) sum.add(-x);
    expect(sum.value()).toBe(-x * (2 ** 21 + 1));
  });
});
