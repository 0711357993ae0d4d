/** Compares every figure with 140 decimal digits: how many of a float64's last digits are right. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnose, logOdds, logSoftmax, logSumExp, softmax } from "../../src/analysis/index.ts";
import { expOf, fixed, lnOf, over, times, toNumber } from "../reference/exact.ts";

test("the reference itself knows e and ln 2", () => {
  expect(toNumber(expOf(fixed(-1)))).toBe(Math.exp(-1));
  expect(toNumber(lnOf(fixed(2)))).toBe(Math.LN2);
  expect(toNumber(lnOf(expOf(fixed(-20))))).toBe(-20);
});

const rows = fc
  .tuple(
    fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 25 }),
    fc.constantFrom(0.5, 4, 40),
  )
  // Whole multiples of 2⁻²⁰, so that the fixed-point numbers hold them exactly.
  .map(([row, scale]) => row.map((x) => Math.round(x * scale * 2 ** 20) / 2 ** 20));

/** The error divided by max(1, |exact|). */
function error(got: number, exact: bigint): number {
  const expected = toNumber(exact);
  return Math.abs(toNumber(fixed(got) - exact)) / Math.max(1, Math.abs(expected));
}

const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);

test("probabilities, log-probabilities, log-odds, entropy, varentropy and energy are right to the last digit or two", () => {
  fc.assert(
    fc.property(rows, fc.constantFrom(0.5, 1, 2), (row, temperature) => {
      const x = row.map((value) => fixed(value / temperature));
      const max = fixed(Math.max(...row) / temperature);
      const weights = x.map((value) => expOf(value - max));
      const total = sum(weights);
      const p = weights.map((w) => over(w, total));
      const lnp = x.map((value) => value - max - lnOf(total));
      const entropy = -sum(p.map((q, i) => times(q, lnp[i]!)));
      const varentropy = sum(p.map((q, i) => times(q, times(lnp[i]! + entropy, lnp[i]! + entropy))));
      const got = diagnose(row, temperature);
      const odds = logOdds(row, temperature);
      const probabilities = softmax(row, temperature);
      logSoftmax(row, temperature).forEach((logprob, i) => {
        expect(error(logprob, lnp[i]!)).toBeLessThan(1e-15);
        expect(error(odds[i]!, lnOf(over(p[i]!, sum(p.filter((_, j) => j !== i)))))).toBeLessThan(1e-15);
        expect(Math.abs(probabilities[i]! / toNumber(p[i]!) - 1)).toBeLessThan(2e-16 * (6 - logprob));
      });
      expect(error(got.entropy, entropy)).toBeLessThan(2e-15);
      expect(error(got.varentropy, varentropy)).toBeLessThan(4e-15);
      expect(error(got.energy, max + lnOf(total))).toBeLessThan(1e-15);
      expect(error(logSumExp(row, temperature), max + lnOf(total))).toBeLessThan(1e-15);
    }),
    { numRuns: 60 },
  );
});

test("a loss of 4e-44 and log-odds of 100 keep fourteen digits, where 1 − p is far below the spacing of float64", () => {
  const tail = toNumber(expOf(fixed(-100)));
  expect(Math.abs(-logSoftmax([100, 0])[0]! / tail - 1)).toBeLessThan(2e-14);
  expect(logOdds([100, 0])[0]).toBeCloseTo(100, 12);
});
