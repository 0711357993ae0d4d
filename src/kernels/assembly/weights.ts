/**
 * The weight of a logit x at temperature T, in f32:
 *
 *     w(x) = e^((x − reference)/T) · 2^−N,   N = round(largest/T·log₂e)
 *
 * so that the largest logit weighs 2^±½. y = (x − reference)·scale and T·scale are used instead of x and T;
 * both are exact for every token that can matter: scale is a power of two that brings T near 1 when it is
 * extreme, and the reference is 0 unless |N| > REACH, when it is the largest logit itself.
 *
 *     n = round(y·log₂e/T);  r = (y − n·c_high) − n·c_low with c = T·ln 2, n·c_high exact;
 *     w = 2^(n − N) · P(r/T),  P the degree-5 minimax polynomial of e^f over ±ln 2/2
 *
 * with 1/T folded into the coefficients of P. y is raised to N − 124 powers of two, so that no exponent leaves
 * the normal range. No fused multiply-add, so that every machine gives the same bits. Relative error ≤ 3e-7.
 */

const LOG2_E: f64 = 1.4426950408889634;
const LN_2: f64 = 0.6931471805599453;
/** 1.5·2²³: adding it to |n| < 2²² leaves n in the low bits of the sum */
const MAGIC: f64 = 12582912;
/** n and c_high have 12 significant bits each, so their product fits in 24 */
const REACH: f64 = 3900;

/* Remez, relative error 7.52e-8 over ±ln 2/2. */
const P0: f64 = 1.0000000718663848;
const P1: f64 = 0.9999996910699437;
const P2: f64 = 0.49998892661192695;
const P3: f64 = 0.16667576541808804;
const P4: f64 = 0.04191562925056718;
const P5: f64 = 0.008297619466280623;

export let y_min: f32 = 0;
export let inverse: f32 = 0;
export let shift: f32 = 0;
export let c_high: f32 = 0;
export let c_low: f32 = 0;
export let p0: f32 = 0;
export let p1: f32 = 0;
export let p2: f32 = 0;
export let p3: f32 = 0;
export let p4: f32 = 0;
export let p5: f32 = 0;

/** true when y = x: no block has to be copied */
export let plain: bool = true;
export let reference: f32 = 0;
export let scale: f32 = 1;

/**
 * Fixes the weights for rows whose largest survivor is `largest` (finite), at temperature 1e-30 ≤ T ≤ 1e30.
 * Returns ln of the weight of a logit of 0, negated: ln Σ exp(x/T) = ln Σ w + that.
 */
export function prepareWeights(largest: f32, temperature: f64): f64 {
  const power = powerNear(temperature);
  const t = temperature / power;
  let n = nearest((<f64>largest * LOG2_E) / temperature);
  const far = abs(n) > REACH;
  reference = far ? largest : 0;
  if (far) n = 0;
  scale = <f32>(1 / power);
  plain = !far && power == 1;

  const c = t * LN_2;
  y_min = <f32>((n - 124) * c);
  inverse = <f32>(LOG2_E / t);
  shift = <f32>(MAGIC - n);
  c_high = reinterpret<f32>(reinterpret<u32>(<f32>c) & 0xfffff000);
  c_low = <f32>(c - <f64>c_high);
  const f = 1 / t;
  const f2 = f * f;
  const f3 = f2 * f;
  p0 = <f32>P0;
  p1 = <f32>(P1 * f);
  p2 = <f32>(P2 * f2);
  p3 = <f32>(P3 * f3);
  p4 = <f32>(P4 * (f2 * f2));
  p5 = <f32>(P5 * (f2 * f3));
  return n * LN_2 + <f64>reference / temperature;
}

/** 1 for temperatures of 1/1024 to 1024, otherwise the power of two just below. */
function powerNear(temperature: f64): f64 {
  if (temperature >= 1.0 / 1024 && temperature <= 1024) return 1;
  return reinterpret<f64>(reinterpret<u64>(temperature) & 0x7ff0000000000000);
}

/** Four weights; the arguments are the splatted parameters, which callers hold in locals outside their loops. */
// @ts-ignore: decorator
@inline
export function weigh(
  y: v128,
  y_min: v128,
  inverse: v128,
  shift: v128,
  c_high: v128,
  c_low: v128,
  p0: v128,
  p1: v128,
  p2: v128,
  p3: v128,
  p4: v128,
  p5: v128,
): v128 {
  const clamped = f32x4.pmax(y, y_min);
  const t = f32x4.add(f32x4.mul(clamped, inverse), shift);
  const n = f32x4.sub(t, shift);
  const r = f32x4.sub(f32x4.sub(clamped, f32x4.mul(n, c_high)), f32x4.mul(n, c_low));
  let p = f32x4.add(f32x4.mul(p5, r), p4);
  p = f32x4.add(f32x4.mul(p, r), p3);
  p = f32x4.add(f32x4.mul(p, r), p2);
  p = f32x4.add(f32x4.mul(p, r), p1);
  p = f32x4.add(f32x4.mul(p, r), p0);
  return i32x4.add(p, i32x4.shl(t, 23));
}

/** Copies 128 values as y = (x − reference)·scale. */
export function scaleBlock(from: usize, to: usize): void {
  const move = f32x4.splat(reference);
  const factor = f32x4.splat(scale);
  const stop = from + 512;
  do {
    v128.store(to, f32x4.mul(f32x4.sub(v128.load(from), move), factor));
    from += 16;
    to += 16;
  } while (from != stop);
}
