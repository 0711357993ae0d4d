/**
 * Pearson's χ² and the likelihood-ratio G of counts against expected probabilities, and the probability of a
 * statistic at least as large: Q(k/2, x/2), the upper incomplete gamma function (DLMF 8.11 and 8.9).
 */

export interface Fit {
  readonly cells: number;
  /** probability of a χ² or G at least as large, if the expected distribution is right */
  readonly p_chi: number;
  readonly p_g: number;
}

/** The level: a right sampler falls below it once in 10⁸ tests. */
export const P_MIN = 1e-8;

/** Cells with a smaller expectation are counted as one, because the approximation by χ² needs some counts in each. */
const EXPECTED_MIN = 5;

/** Fits counts to probabilities that add up to 1; both are lists over the same cells. */
export function goodnessOfFit(counts: ArrayLike<number>, probabilities: ArrayLike<number>): Fit {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  let chi = 0;
  let g = 0;
  let cells = 0;
  const add = (count: number, expected: number) => {
    cells += 1;
    chi += (count - expected) ** 2 / expected;
    if (count > 0) g += 2 * count * Math.log(count / expected);
  };
  let rest_count = 0;
  let rest_expected = 0;
  for (let i = 0; i < counts.length; i++) {
    const expected = total * (probabilities[i] ?? 0);
    if (expected >= EXPECTED_MIN) add(counts[i] ?? 0, expected);
    else {
      rest_count += counts[i] ?? 0;
      rest_expected += expected;
    }
  }
  if (rest_expected >= EXPECTED_MIN) add(rest_count, rest_expected);
  const freedom = Math.max(1, cells - 1);
  return { cells, p_chi: upperTail(freedom, chi), p_g: upperTail(freedom, Math.max(0, g)) };
}

/** P(χ² ≥ x) with this many degrees of freedom. */
export function upperTail(freedom: number, x: number): number {
  const a = freedom / 2;
  const z = x / 2;
  if (z <= 0) return 1;
  return z < a + 1 ? 1 - lowerSeries(a, z) : upperFraction(a, z);
}

/** P(a, z) = zᵃe⁻ᶻ / Γ(a + 1) · Σ zⁿ / ((a + 1)…(a + n)). */
function lowerSeries(a: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n < 10_000 && term > sum * 1e-17; n++) {
    term *= z / (a + n);
    sum += term;
  }
  return sum * Math.exp(a * Math.log(z) - z - lnGamma(a + 1));
}

/** Q(a, z) as a continued fraction, by Lentz's method. */
function upperFraction(a: number, z: number): number {
  const tiny = 1e-300;
  let b = z + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b || tiny);
    c = b + an / c || tiny;
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return fraction * Math.exp(a * Math.log(z) - z - lnGamma(a));
}

/** ln Γ(x) for x > 0: Stirling's series after shifting x past 10; good to 1e-12. */
export function lnGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 10; y++) shift -= Math.log(y);
  const inverse = 1 / (y * y);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / y;
  return shift + (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series;
}
