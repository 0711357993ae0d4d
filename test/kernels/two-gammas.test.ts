/** The tail of a weighted sum of two gammas, against its mixture of gammas, mpmath and the closed form of one token. */
import { expect, test } from "vitest";
import { exp, ln } from "../../src/kernels/float64.ts";
import { gammaQ, lnGamma } from "../../src/kernels/special.ts";
import { twoGammasTail } from "../../src/kernels/two-gammas.ts";

function near(found: number, expected: number, relative = 1e-11): void {
  expect(Math.abs(found - expected) / expected).toBeLessThanOrEqual(relative);
}

/** Gamma(n) of scale w₁ is a negative binomial mixture of gammas of scale w₂: P = Σ NB(k; n, w₂/w₁)·Q(2n + k, s/w₂). */
function mixture(n: number, large: number, small: number, s: number): number {
  const p = small / large;
  let sum = 0;
  for (let k = 0; k < 40 * n * (1 / p + 1) + 2000; k++) {
    const weight = lnGamma(n + k) - lnGamma(n) - lnGamma(k + 1) + n * ln(p) + k * ln(1 - p);
    sum += exp(weight) * gammaQ(2 * n + k, s / small);
  }
  return sum;
}

const CASES = [1, 2, 5, 20, 60].flatMap((n) =>
  [0.1, 0.3, 0.9].flatMap((alpha) =>
    [-0.5, 0.5, 3, 8].map((z) => ({ n, alpha, s: Math.max(0.1 * n, n + z * Math.sqrt(0.7 * n)) })),
  ),
);

test.each(CASES)("n $n, alpha $alpha, s $s: the mixture's tail", ({ n, alpha, s }) => {
  const expected = mixture(n, Math.max(alpha, 1 - alpha), Math.min(alpha, 1 - alpha), s);
  near(twoGammasTail(n, 1 - alpha, alpha, s), expected, 1e-10);
});

test("one token: the closed form of two exponentials", () => {
  for (const s of [0.01, 0.5, 3, 20, 400]) {
    const [a, b] = [0.9, 0.1];
    near(twoGammasTail(1, a, b, s), (a * exp(-s / a) - b * exp(-s / b)) / (a - b));
  }
});

test("one weight, equal weights, and nothing", () => {
  near(twoGammasTail(7, 1, 0, 9), gammaQ(7, 9));
  near(twoGammasTail(7, 0.5, 0.5, 9), gammaQ(14, 18));
  expect(twoGammasTail(7, 0.9, 0.1, 0)).toBe(1);
  expect(twoGammasTail(7, 0.9, 0.1, 1e5)).toBe(0);
});

test.each([
  [0.1, 1, 1.46],
  [0.1, 100, 1.13],
  [0.3, 1, 1.76],
])("alpha %d, %d tokens: where two moments say 1e-4, the truth is %d times as much", (alpha, n, times) => {
  const v = (1 - alpha) ** 2 + alpha ** 2;
  let [low, high] = [0, 1000];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (gammaQ(n / v, middle / v) > 1e-4) low = middle;
    else high = middle;
  }
  expect(twoGammasTail(n, 1 - alpha, alpha, low) / 1e-4).toBeCloseTo(times, 1);
});
