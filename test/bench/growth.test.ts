import { expect, test } from "vitest";
import { exponentOf } from "../../bench/growth/fit.ts";

test.each([
  ["linear", (x: number) => 3 * x, 1],
  ["quadratic", (x: number) => x * x, 2],
  ["constant", () => 7, 0],
  ["n log n", (x: number) => x * Math.log2(x), 1.09],
  ["linear behind a constant part", (x: number) => 1e5 + 3 * x, 0.74],
])("%s growth", (_, cost, exponent) => {
  const points = [1000, 4000, 16_000, 64_000, 256_000, 1_000_000].map((x) => [x, cost(x)] as const);
  expect(exponentOf(points)).toBeCloseTo(exponent, 2);
});

test("small sizes, where other code runs, say nothing of the growth", () => {
  const points = [1, 2, 3, 4, 5, 6].map((n) => [10 ** n, n < 3 ? 1e9 : 10 ** n] as const);
  expect(exponentOf(points)).toBeCloseTo(1, 10);
});
