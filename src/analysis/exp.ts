/**
 * Powers of two with a negative exponent in plain float64 arithmetic, and ln(1 + x) for small x.
 *
 * `Math.exp` may differ between engines, so replies would depend on the machine. Here only +, − and × are used, in an
 * order that the SIMD kernel repeats (kernels/assembly/weights-f64.ts): both give the same bits.
 */
import { exp, ln } from "../kernels/float64.ts";

/** Bits per nat: log₂ e = 1 / ln 2. */
export const BITS_PER_NAT = Math.LOG2E;

/** Adding and subtracting 1.5 × 2⁵² rounds to the nearest integer, ties to even. */
const ROUNDER = 6755399441055744;
/** Below 2⁻¹⁰²³ the result is 0; the kernel's exponent bits end there. */
const LOWEST = -1023;

/**
 * (2ᶠ − 1) / f on |f| ≤ ½: the polynomial of degree 9 with the smallest relative error of 1 + f·P(f), found by Remez'
 * exchange in rational arithmetic. It differs from 2ᶠ by at most 3e-16 of its value, before the float64 roundings.
 */
const P0 = 0.6931471805599516;
const P1 = 0.24022650695910472;
const P2 = 0.055504108664346595;
const P3 = 0.009618129107380722;
const P4 = 0.001333355824647934;
const P5 = 0.00015403530800807628;
const P6 = 1.5252647748458753e-5;
const P7 = 1.321523564006805e-6;
const P8 = 1.0210506320316116e-7;
const P9 = 7.111757810496622e-9;

/** 2⁻ⁿ at index n, exactly. */
const HALVES = new Float64Array(1023);
HALVES[0] = 1;
for (let n = 1; n < HALVES.length; n++) HALVES[n] = HALVES[n - 1]! / 2;

const BITS = new Float64Array(1);
const WORDS = new Int32Array(BITS.buffer);

/**
 * 2^y for y ≤ 0, within 6e-16 of its value. 2⁰ is exactly 1, and from −1023 down it is exactly 0;
 * between, below 2⁻¹⁰²², only the size is right.
 */
export function exp2Negative(y: number): number {
  if (y <= LOWEST) return 0;
  const n = y + ROUNDER - ROUNDER;
  const f = y - n;
  const g = f * f;
  const even = P0 + g * (P2 + g * (P4 + g * (P6 + g * P8)));
  const odd = P1 + g * (P3 + g * (P5 + g * (P7 + g * P9)));
  const p = 1 + f * (even + f * odd);
  return n > LOWEST + 1 ? p * HALVES[-n]! : withExponent(p, n);
}

/**
 * Like the kernel, adds n to the exponent's bits: the result differs from p × 2ⁿ only for subnormal numbers.
 */
function withExponent(p: number, n: number): number {
  BITS[0] = p;
  WORDS[1]! += n << 20;
  return BITS[0];
}

/**
 * ln(1 + x) for x ≥ 0 without losing a small x: ln1p(1e-20) = 1e-20.
 *
 * The rounding error of u = 1 + x is put back by the factor x / (u − 1); within 2 units in the last place.
 * Source: W. Kahan; N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2002, §1.14.1.
 */
export function ln1p(x: number): number {
  const u = 1 + x;
  if (u === 1) return x;
  if (u === Number.POSITIVE_INFINITY) return u;
  return (ln(u) * x) / (u - 1);
}

/** ln(1 + eˣ) for any x, without overflow: x for large x, eˣ for very negative x. */
export function softplus(x: number): number {
  return x > 0 ? x + ln1p(exp(-x)) : ln1p(exp(x));
}
