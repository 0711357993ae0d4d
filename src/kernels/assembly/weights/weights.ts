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

import { block_scaled, block_weights } from "../state";

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

/**
 * y_min, log₂e/T, MAGIC − N, c_high, c_low, P0 to P5 with their powers of 1/T: each four times, in memory, because a
 * function that begins with eleven loads may be called for every block, and one with eleven splats may not.
 */
const CONSTANTS: usize = memory.data(11 * 16, 16);
/** r of a block, followed by t, which has n in its low bits */
const REDUCED: usize = memory.data(1024, 16);

export let y_min: f32 = 0;
/** true when y = x, so that no block has to be copied */
let plain: bool = true;
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
  const c_high = reinterpret<f32>(reinterpret<u32>(<f32>c) & 0xfffff000);
  y_min = <f32>((n - 124) * c);
  setConstant(0, y_min);
  setConstant(1, LOG2_E / t);
  setConstant(2, MAGIC - n);
  setConstant(3, c_high);
  setConstant(4, c - <f64>c_high);
  const f = 1 / t;
  const f2 = f * f;
  const f3 = f2 * f;
  setConstant(5, P0);
  setConstant(6, P1 * f);
  setConstant(7, P2 * f2);
  setConstant(8, P3 * f3);
  setConstant(9, P4 * (f2 * f2));
  setConstant(10, P5 * (f2 * f3));
  return n * LN_2 + (<f64>reference - <f64>largest) / temperature;
}

function setConstant(index: usize, value: f64): void {
  v128.store(CONSTANTS + (index << 4), f32x4.splat(<f32>value));
}

/** True when y = x for the prepared weights. */
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

/**
 * The weights of up to 128 values y, whole vectors, from `y` to `to`. First r and t of all of them, then P: the
 * constants of one half fit into 16 registers together with the intermediate values, those of both halves do
 * not (bench/LOG.md).
 */
export function weigh(y: usize, to: usize, bytes: usize): void {
  reduce(y, REDUCED + bytes);
  const p0 = v128.load(CONSTANTS, 80);
  const p1 = v128.load(CONSTANTS, 96);
  const p2 = v128.load(CONSTANTS, 112);
  const p3 = v128.load(CONSTANTS, 128);
  const p4 = v128.load(CONSTANTS, 144);
  const p5 = v128.load(CONSTANTS, 160);
  let at = REDUCED;
  const stop = at + bytes;
  do {
    const r = v128.load(at);
    const r2 = f32x4.mul(r, r);
    let p = f32x4.add(f32x4.mul(p5, r), p4);
    p = f32x4.add(f32x4.mul(p, r2), f32x4.add(f32x4.mul(p3, r), p2));
    p = f32x4.add(f32x4.mul(p, r2), f32x4.add(f32x4.mul(p1, r), p0));
    v128.store(to, i32x4.add(p, i32x4.shl(v128.load(at, 512), 23)));
    at += 16;
    to += 16;
  } while (at != stop);
}

// @ts-ignore: decorator
@inline
function reduce(y: usize, stop: usize): void {
  const least = v128.load(CONSTANTS);
  const inverse = v128.load(CONSTANTS, 16);
  const shift = v128.load(CONSTANTS, 32);
  const c_high = v128.load(CONSTANTS, 48);
  const c_low = v128.load(CONSTANTS, 64);
  let at = REDUCED;
  do {
    const x = f32x4.pmax(v128.load(y), least);
    const t = f32x4.add(f32x4.mul(x, inverse), shift);
    const n = f32x4.sub(t, shift);
    v128.store(at, f32x4.sub(f32x4.sub(x, f32x4.mul(n, c_high)), f32x4.mul(n, c_low)));
    v128.store(at, t, 512);
    y += 16;
    at += 16;
  } while (at != stop);
}

/** Where the y values of a block are: the block itself, or a copy as y = (x − reference)·scale when T or the row are extreme. */
// @ts-ignore: decorator
@inline
export function yBlock(from: usize): usize {
  return plain ? from : scaleBlock(from);
}

function scaleBlock(from: usize): usize {
  const move = f32x4.splat(reference);
  const factor = f32x4.splat(scale);
  const stop = from + 512;
  let to = block_scaled;
  do {
    v128.store(to, f32x4.mul(f32x4.sub(v128.load(from), move), factor));
    from += 16;
    to += 16;
  } while (from != stop);
  return block_scaled;
}

/** The 128 weights of a block, into `block_weights`. */
// @ts-ignore: decorator
@inline
export function weighBlock(from: usize): void {
  weigh(yBlock(from), block_weights, 512);
}

/** The weights of a list of any length; whole blocks are read and whole vectors written. */
export function weighList(from: usize, to: usize, length: i32): void {
  const end = from + ((<usize>((length + 3) & ~3)) << 2);
  while (from < end) {
    weigh(yBlock(from), to, min(end - from, <usize>512));
    from += 512;
    to += 512;
  }
}
