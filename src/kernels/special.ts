/**
 * The tails of the distributions that tests of watermarks need, in plain float64 arithmetic over our own exp and ln: the
 * same bits on every machine.
 */
import { exp, ln } from "./float64.ts";

const HALF_LN_2PI = 0.9189385332046728;
/** From here on Stirling's series is as exact as float64. */
const STIRLING_MIN = 16;

/** ln Γ(a) for a > 0: Stirling's series, small a raised first by Γ(a) = Γ(a + 1) / a. */
export function lnGamma(a: number): number {
  let x = a;
  let product = 1;
  while (x < STIRLING_MIN) {
    product *= x;
    x += 1;
  }
  const z = 1 / (x * x);
  const series =
    (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - (z * 691) / 360360))))) / x;
  return (x - 0.5) * ln(x) - x + HALF_LN_2PI + series - ln(product);
}

/** Terms after which neither a series nor a fraction is pursued; both end long before, in about 6·√a. */
const TERMS_MAX = 100_000;
const EPSILON = 1e-17;
const TINY = 1e-300;

/**
 * Q(a, x) = Γ(a, x) / Γ(a), the probability that a Gamma(a, 1) variable is larger than x, for a > 0. x ≤ 0 gives 1,
 * +Infinity 0. By its power series below a + 1 and by Lentz's continued fraction above (Press et al., Numerical Recipes,
 * 6.2). Relative error about 1e-13 for a up to 10⁴, against mpmath.
 */
export function gammaQ(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const front = frontOf(a, x);
  return x < a + 1 ? 1 - Math.min(1, front * seriesP(a, x)) : Math.min(1, front * fractionQ(a, x));
}

/**
 * x^a·e^−x / Γ(a). Its exponent is a difference of large numbers where x is near a: there it is written with
 * d = x − a, so that what is large cancels before it is rounded.
 */
function frontOf(a: number, x: number): number {
  if (a < STIRLING_MIN) return exp(a * ln(x) - x - lnGamma(a));
  const z = 1 / (a * a);
  const stirling =
    (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - (z * 691) / 360360))))) / a;
  // a·ln x − x − ln Γ(a) = −a·φ(d/a) + ½ ln a − ½ ln 2π − series, φ(t) = t − ln(1 + t).
  return exp(-a * phi((x - a) / a) + 0.5 * ln(a) - HALF_LN_2PI - stirling);
}

/** t − ln(1 + t), for t > −1: near 0 by its series in s = t/(2 + t), ln(1 + t) = 2·artanh s. */
function phi(t: number): number {
  if (Math.abs(t) > 0.5) return t - ln(1 + t);
  const s = t / (2 + t);
  const square = s * s;
  let sum = 0;
  for (let k = 41; k >= 3; k -= 2) sum = sum * square + 1 / k;
  // t − 2s = t·s, and the rest of the series is 2·s³·sum.
  return t * s - 2 * s * square * sum;
}

/** Σ x^k / (a·(a + 1)…(a + k)): P(a, x) over x^a·e^−x / Γ(a). */
function seriesP(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; k < TERMS_MAX && term > sum * EPSILON; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

/** The continued fraction of Q(a, x) over the same, from its front on. */
function fractionQ(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let k = 1; k < TERMS_MAX; k++) {
    const factor = -k * (k - a);
    b += 2;
    d = factor * d + b;
    if (Math.abs(d) < TINY) d = TINY;
    c = b + factor / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const ratio = d * c;
    h *= ratio;
    if (Math.abs(ratio - 1) < 1e-16) break;
  }
  return h;
}

const EULER = 0.5772156649015329;

/** H(x) = ψ(x + 1) + γ for x ≥ 0, the harmonic number of a real: by its asymptotic series, small x raised first. Error about 1e-15. */
export function harmonic(x: number): number {
  let y = x;
  let below = 0;
  while (y < STIRLING_MIN) {
    y += 1;
    below += 1 / y;
  }
  const z = 1 / (y * y);
  const series = 1 / (2 * y) - z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z / 240)));
  return ln(y) + EULER + series - below;
}

/** ½·erfc(z/√2), the probability that a standard normal variable is larger than z. */
export function normalTail(z: number): number {
  const half = z === 0 ? 0.5 : 0.5 * gammaQ(0.5, (z * z) / 2);
  return z < 0 ? 1 - half : half;
}

/**
 * P(X ≥ k) of a binomial variable X of n trials with probability p in (0, 1); k and n are whole numbers, k ≤ 0 gives 1, k > n
 * 0. Terms of the shorter side are added, each from the one before. Relative error about 1e-11 for n in the thousands, against sums of fractions.
 */
export function binomialTail(n: number, k: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  const odds = p / (1 - p);
  if (k <= n * p) return 1 - binomialSum(n, k - 1, p, (j) => j / ((n - j + 1) * odds), -1);
  return binomialSum(n, k, p, (j) => ((n - j) * odds) / (j + 1), 1);
}

/** P(X = from) and the terms beyond it, on the side where they get smaller. */
function binomialSum(n: number, from: number, p: number, ratio: (j: number) => number, by: 1 | -1): number {
  const choices = lnGamma(n + 1) - lnGamma(from + 1) - lnGamma(n - from + 1);
  let term = exp(choices + from * ln(p) + (n - from) * ln(1 - p));
  let sum = term;
  for (let j = from; term > sum * EPSILON; j += by) {
    term *= ratio(j);
    sum += term;
  }
  return Math.min(1, sum);
}
