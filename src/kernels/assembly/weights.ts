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

import { block_weights } from "./state";

export const LOG2_E: f64 = 1.4426950408889634;
const LN_2: f64 = 0.6931471805599453;
/** 1.5·2²³: adding it to |n| < 2²² leaves n in the low bits of the sum */
export const MAGIC: f64 = 12582912;
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
 * Returns what is missing in ln Σ exp((x − largest)/T) = ln Σ w + that.
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
  return n * LN_2 + (<f64>reference - <f64>largest) / temperature;
}

/** Whether y = x for the weights as they are prepared. */
export function weightsArePlain(): bool {
  return plain;
}

/** y per unit of x: 1 unless the temperature is extreme. */
export function weightScale(): f32 {
  return scale;
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
  const x = f32x4.pmax(y, y_min);
  const t = f32x4.add(f32x4.mul(x, inverse), shift);
  const n = f32x4.sub(t, shift);
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, c_high)), f32x4.mul(n, c_low));
  const r2 = f32x4.mul(r, r);
  let p = f32x4.add(f32x4.mul(p5, r), p4);
  p = f32x4.add(f32x4.mul(p, r2), f32x4.add(f32x4.mul(p3, r), p2));
  p = f32x4.add(f32x4.mul(p, r2), f32x4.add(f32x4.mul(p1, r), p0));
  return i32x4.add(p, i32x4.shl(t, 23));
}

/**
 * The sum (w₀ + w₁) + (w₂ + w₃) of the weights of the 16 values at `from`, one of each quadruple a lane. The same
 * arithmetic as `weigh`, written step by step across four vectors, because Node 24 keeps the order in which it is
 * written and waits otherwise (bench/LOG.md). Whether the weights are also stored, at `to`, is decided when
 * compiling: Keep is u8 or void.
 */
// @ts-ignore: decorator
@inline
export function weigh16<Keep>(
  from: usize,
  to: usize,
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
  const x0 = f32x4.pmax(v128.load(from), y_min);
  const x1 = f32x4.pmax(v128.load(from, 16), y_min);
  const x2 = f32x4.pmax(v128.load(from, 32), y_min);
  const x3 = f32x4.pmax(v128.load(from, 48), y_min);
  const t0 = f32x4.add(f32x4.mul(x0, inverse), shift);
  const t1 = f32x4.add(f32x4.mul(x1, inverse), shift);
  const t2 = f32x4.add(f32x4.mul(x2, inverse), shift);
  const t3 = f32x4.add(f32x4.mul(x3, inverse), shift);
  const n0 = f32x4.sub(t0, shift);
  const n1 = f32x4.sub(t1, shift);
  const n2 = f32x4.sub(t2, shift);
  const n3 = f32x4.sub(t3, shift);
  const r0 = f32x4.sub(f32x4.sub(x0, f32x4.mul(n0, c_high)), f32x4.mul(n0, c_low));
  const r1 = f32x4.sub(f32x4.sub(x1, f32x4.mul(n1, c_high)), f32x4.mul(n1, c_low));
  const r2 = f32x4.sub(f32x4.sub(x2, f32x4.mul(n2, c_high)), f32x4.mul(n2, c_low));
  const r3 = f32x4.sub(f32x4.sub(x3, f32x4.mul(n3, c_high)), f32x4.mul(n3, c_low));
  const q0 = f32x4.mul(r0, r0);
  const q1 = f32x4.mul(r1, r1);
  const q2 = f32x4.mul(r2, r2);
  const q3 = f32x4.mul(r3, r3);
  let a0 = f32x4.add(f32x4.mul(p5, r0), p4);
  let a1 = f32x4.add(f32x4.mul(p5, r1), p4);
  let a2 = f32x4.add(f32x4.mul(p5, r2), p4);
  let a3 = f32x4.add(f32x4.mul(p5, r3), p4);
  const b0 = f32x4.add(f32x4.mul(p3, r0), p2);
  const b1 = f32x4.add(f32x4.mul(p3, r1), p2);
  const b2 = f32x4.add(f32x4.mul(p3, r2), p2);
  const b3 = f32x4.add(f32x4.mul(p3, r3), p2);
  a0 = f32x4.add(f32x4.mul(a0, q0), b0);
  a1 = f32x4.add(f32x4.mul(a1, q1), b1);
  a2 = f32x4.add(f32x4.mul(a2, q2), b2);
  a3 = f32x4.add(f32x4.mul(a3, q3), b3);
  const c0 = f32x4.add(f32x4.mul(p1, r0), p0);
  const c1 = f32x4.add(f32x4.mul(p1, r1), p0);
  const c2 = f32x4.add(f32x4.mul(p1, r2), p0);
  const c3 = f32x4.add(f32x4.mul(p1, r3), p0);
  a0 = f32x4.add(f32x4.mul(a0, q0), c0);
  a1 = f32x4.add(f32x4.mul(a1, q1), c1);
  a2 = f32x4.add(f32x4.mul(a2, q2), c2);
  a3 = f32x4.add(f32x4.mul(a3, q3), c3);
  const w0 = i32x4.add(a0, i32x4.shl(t0, 23));
  const w1 = i32x4.add(a1, i32x4.shl(t1, 23));
  const w2 = i32x4.add(a2, i32x4.shl(t2, 23));
  const w3 = i32x4.add(a3, i32x4.shl(t3, 23));
  if (!isVoid<Keep>()) {
    v128.store(to, w0);
    v128.store(to, w1, 16);
    v128.store(to, w2, 32);
    v128.store(to, w3, 48);
  }
  return f32x4.add(f32x4.add(w0, w1), f32x4.add(w2, w3));
}

/** Copies 128 values as y = (x − reference)·scale; returns where to. */
export function scaleBlock(from: usize, to: usize): usize {
  const move = f32x4.splat(reference);
  const factor = f32x4.splat(scale);
  const stop = from + 512;
  do {
    v128.store(to, f32x4.mul(f32x4.sub(v128.load(from), move), factor));
    from += 16;
    to += 16;
  } while (from != stop);
  return to - 512;
}

/** Where the y values of a block are: the block itself, unless T or the row are extreme. */
// @ts-ignore: decorator
@inline
export function yBlock(from: usize): usize {
  if (plain) return from;
  return scaleBlock(from, block_weights);
}
