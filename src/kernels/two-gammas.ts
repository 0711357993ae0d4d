/**
 * The exact tail of w₁·X + w₂·Y for independent X and Y, both Gamma(n, 1): the law of the score of dual watermark keys.
 *
 * P(w₁X + w₂Y > s) = P(w₂Y > s) + ∫₀^{s/w₂} f(y)·Q(n, (s − w₂y)/w₁) dy, where f is the density of Gamma(n, 1), w₁ ≥ w₂. The
 * integrand is smooth and has one peak. The peak lies where the tilted law with mean s has it, and the integral is taken
 * around it by Gauss's rule in panels (Abramowitz and Stegun 25.4.29; the tilt: Daniels, Saddlepoint Approximations in
 * Statistics, 1954).
 */
import { exp, ln } from "./float64.ts";
import { gammaQ, lnGamma } from "./special.ts";

/** Nodes and weights of Gauss's rule of 16 points on (−1, 1): the positive half. */
const NODES = [
  0.09501250983763744, 0.2816035507792589, 0.45801677765722737, 0.6178762444026438, 0.755404408355003,
  0.8656312023878318, 0.9445750230732326, 0.9894009349916499,
] as const;
const WEIGHTS = [
  0.18945061045506864, 0.18260341504492364, 0.16915651939500265, 0.1495959888165767, 0.12462897125553407,
  0.0951585116824926, 0.062253523938647456, 0.027152459411754176,
] as const;

const PANELS = 5;
/** At most 2·e^−TAIL of the tilted distribution's mass lies outside the panels. */
const TAIL = 40;

/**
 * P(w₁·X + w₂·Y > s) for whole n ≥ 1 and weights ≥ 0 of which one is positive. s ≤ 0 gives 1. Relative error for n up to
 * 10⁴, against mpmath's quadrature with 30 digits: below 1e-11 for tails down to 1e-20, below 2e-8 for tails down to 1e-120.
 */
export function twoGammasTail(n: number, weight_1: number, weight_2: number, s: number): number {
  if (s <= 0) return 1;
  const large = Math.max(weight_1, weight_2);
  const small = Math.min(weight_1, weight_2);
  if (small === 0) return gammaQ(n, s / large);
  if (small === large) return gammaQ(2 * n, s / large);
  const end = s / small;
  const scale = 1 / (1 - small * tiltOf(n, large, small, s));
  const spread = Math.sqrt(2 * TAIL * n);
  const first = scale * Math.max(0, n - spread);
  const last = Math.min(end, scale * (n + spread + TAIL));
  const beyond = gammaQ(n, end);
  return first >= last ? beyond : Math.min(1, beyond + integral(n, large, small, s, first, last));
}

/** θ ≥ 0 under which the tilted sum has the mean s; 0 where s lies below the mean. */
function tiltOf(n: number, large: number, small: number, s: number): number {
  if (s <= n * (large + small)) return 0;
  // n·w₁/(1 − w₁θ) + n·w₂/(1 − w₂θ) = s: the smaller root of a quadratic, below 1/w₁.
  const a = s * large * small;
  const half = (s * (large + small) - 2 * n * large * small) / 2;
  const c = s - n * (large + small);
  return c / (half + Math.sqrt(half * half - a * c));
}

function integral(n: number, large: number, small: number, s: number, first: number, last: number): number {
  const half = (last - first) / (2 * PANELS);
  const front = lnGamma(n);
  const at = (y: number) => exp((n - 1) * ln(y) - y - front) * gammaQ(n, (s - small * y) / large);
  let sum = 0;
  for (let panel = 0; panel < PANELS; panel++) {
    const middle = first + (2 * panel + 1) * half;
    for (let i = 0; i < NODES.length; i++) {
      const shift = half * NODES[i]!;
      sum += WEIGHTS[i]! * (at(middle - shift) + at(middle + shift));
    }
  }
  return sum * half;
}
