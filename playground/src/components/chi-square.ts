/**
 * Pearson's test of observed counts against expected ones, and the probability of a statistic at least as large when
 * the counts come from the expected distribution: 1 − P(df/2, χ²/2), the regularised incomplete gamma function.
 */

/** One token or a pool of tokens. */
export interface Cell {
  readonly observed: number;
  readonly expected: number;
}

export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  /** of a statistic at least as large, when the draws are fair */
  readonly p: number;
}

/** The usual rule: cells that expect fewer than this are pooled (Cochran, 1954). */
const EXPECTED_MIN = 5;

/** undefined when fewer than two cells are left to compare. */
export function chiSquare(cells: readonly Cell[]): ChiSquare | undefined {
  const tested = pooled(cells);
  if (tested.length < 2) return undefined;
  const statistic = tested.reduce(
    (sum, { observed, expected }) => sum + (observed - expected) ** 2 / expected,
    0,
  );
  const degrees = tested.length - 1;
  return { statistic, degrees, p: upperGamma(degrees / 2, statistic / 2) };
}

/** Pools the rare cells into one; if the pool is still rare, it joins the smallest other cell. */
function pooled(cells: readonly Cell[]): Cell[] {
  const large = cells
    .filter(({ expected }) => expected >= EXPECTED_MIN)
    .sort((a, b) => b.expected - a.expected);
  const rare = cells
    .filter(({ expected }) => expected < EXPECTED_MIN)
    .reduce(add, { observed: 0, expected: 0 });
  if (rare.expected === 0 && rare.observed === 0) return large;
  if (rare.expected >= EXPECTED_MIN) return [...large, rare];
  const least = large.pop();
  return least === undefined ? [rare] : [...large, add(least, rare)];
}

function add(a: Cell, b: Cell): Cell {
  return { observed: a.observed + b.observed, expected: a.expected + b.expected };
}

/** Q(a, x): by series below a + 1, by Lentz's continued fraction above. Relative error about 1e-12. */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - lnGamma(a));
  return x < a + 1 ? 1 - scale * series(a, x) : scale * fraction(a, x);
}

const TERMS_MAX = 10_000;

function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < TERMS_MAX && term > sum * 1e-15; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < TERMS_MAX; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return h;
}

/** Stirling's series, after moving the argument above 10. */
function lnGamma(a: number): number {
  let shift = 0;
  let z = a;
  for (; z < 10; z++) shift += Math.log(z);
  const tail = 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5);
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + tail - shift;
}
