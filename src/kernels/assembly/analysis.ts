/**
 * The analysis module: one row of f32 logits, read in f64, two lanes at a time. Its plain twin is
 * src/analysis/moments.ts with src/analysis/exp.ts; the operations and their order are the same, so both give
 * the same bits. It keeps nothing: the caller says where the row and the results lie.
 *
 *   row      f32 logits, padded with −Infinity to a multiple of 8; 16-byte aligned
 *   results  f64: rest, first, square, second, max, id of max
 *
 * With y = (x − max)·log₂e/T the weight of a logit is 2^y. It is computed as 2^n · P(f) with n = round(y) and
 * f = y − n, P the polynomial of degree 11 that exp.ts describes. y is raised to −1023, where f = 0 and P = 1:
 * adding n to the exponent bits of 1 then leaves no bit at all, so a masked logit weighs exactly 0 without a test.
 */

/* No `const`: V8 would build an immediate vector anew in every round of a loop. */
let ROUNDER: f64 = 6755399441055744;
let LOWEST: f64 = -1023;
let ONE: f64 = 1;
let P0: f64 = 0.6931471805599453;
let P1: f64 = 0.24022650695910097;
let P2: f64 = 0.0555041086648216;
let P3: f64 = 0.009618129107606888;
let P4: f64 = 0.0013333558146416936;
let P5: f64 = 0.0001540353044173605;
let P6: f64 = 1.525273382983612e-5;
let P7: f64 = 1.321544258792169e-6;
let P8: f64 = 1.0178062445845774e-7;
let P9: f64 = 7.072585949269223e-9;
let P10: f64 = 4.4549605981865186e-10;

/** Everything that follows from one row; false when it holds NaN or +Infinity, or nothing finite. */
export function readMoments(row: usize, bytes: usize, factor: f64, results: usize): bool {
  const max = largest(row, bytes);
  if (!(max > -Infinity && max < Infinity)) return false;
  const at = row + (<usize>indexOf(row, max) << 2);
  store<f32>(at, -Infinity);
  const second = largest(row, bytes);
  sumMoments(row, row + bytes, max, factor, results);
  store<f32>(at, max);
  store<f64>(results, <f64>second, 24);
  store<f64>(results, <f64>max, 32);
  store<f64>(results, <f64>((at - row) >> 2), 40);
  return true;
}

/** Only `rest`, the maximum and its id: what a score needs. */
export function readSum(row: usize, bytes: usize, factor: f64, results: usize): bool {
  const max = largest(row, bytes);
  if (!(max > -Infinity && max < Infinity)) return false;
  const at = row + (<usize>indexOf(row, max) << 2);
  store<f32>(at, -Infinity);
  sumWeights(row, row + bytes, max, factor, results);
  store<f32>(at, max);
  store<f64>(results, <f64>max, 32);
  store<f64>(results, <f64>((at - row) >> 2), 40);
  return true;
}

/** The weights of all elements as f64, and `rest`, which leaves out the largest. */
export function readWeights(row: usize, bytes: usize, factor: f64, results: usize, to: usize): bool {
  const max = largest(row, bytes);
  if (!(max > -Infinity && max < Infinity)) return false;
  const id = <usize>indexOf(row, max);
  store<f32>(row + (id << 2), -Infinity);
  storeWeights(row, row + bytes, max, factor, results, to);
  store<f32>(row + (id << 2), max);
  store<f64>(to + (id << 3), 1);
  store<f64>(results, <f64>max, 32);
  store<f64>(results, <f64>id, 40);
  return true;
}

/** Multiplies f64 values in place; `bytes` is a multiple of 16. */
export function scale(at: usize, bytes: usize, factor: f64): void {
  const by = f64x2.splat(factor);
  const end = at + bytes;
  do {
    v128.store(at, f64x2.mul(v128.load(at), by));
    at += 16;
  } while (at != end);
}

/** The same, rounded to f32: the values move together at the start of where they were. `bytes` is a multiple of 32. */
export function scaleToF32(at: usize, bytes: usize, factor: f64): void {
  const by = f64x2.splat(factor);
  const end = at + bytes;
  let to = at;
  do {
    const low = f32x4.demote_f64x2_zero(f64x2.mul(v128.load(at), by));
    const high = f32x4.demote_f64x2_zero(f64x2.mul(v128.load(at, 16), by));
    v128.store(to, i64x2.shuffle(low, high, 0, 2));
    at += 32;
    to += 16;
  } while (at != end);
}

/** How many values are larger than x, or equal to it with an index below id. */
export function countBefore(row: usize, bytes: usize, x: f32, id: i32): i32 {
  const wanted = f32x4.splat(x);
  const end = row + bytes;
  let counts = i32x4.splat(0);
  let at = row;
  do {
    counts = i32x4.sub(counts, f32x4.gt(v128.load(at), wanted));
    counts = i32x4.sub(counts, f32x4.gt(v128.load(at, 16), wanted));
    at += 32;
  } while (at != end);
  let count = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  count += i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
  const stop = row + (<usize>id << 2);
  for (at = row; at != stop; at += 4) count += i32(load<f32>(at) == x);
  return count;
}

/** The largest value; +Infinity when there is one or a NaN. */
function largest(row: usize, bytes: usize): f32 {
  const end = row + bytes;
  const infinity = f32x4.splat(Infinity);
  let m0 = f32x4.splat(-Infinity);
  let m1 = m0;
  let finite = i32x4.splat(-1);
  do {
    const a = v128.load(row);
    const b = v128.load(row, 16);
    m0 = f32x4.pmax(m0, a);
    m1 = f32x4.pmax(m1, b);
    finite = v128.and(finite, v128.and(f32x4.lt(a, infinity), f32x4.lt(b, infinity)));
    row += 32;
  } while (row != end);
  if (!i32x4.all_true(finite)) return Infinity;
  const lanes = f32x4.pmax(m0, m1);
  const pairs = f32x4.pmax(lanes, i32x4.shuffle(lanes, lanes, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Lowest index of a value that is there. */
function indexOf(row: usize, x: f32): i32 {
  const wanted = f32x4.splat(x);
  let at = row;
  let mask = i32x4.bitmask(f32x4.eq(v128.load(at), wanted));
  while (mask == 0) {
    at += 16;
    mask = i32x4.bitmask(f32x4.eq(v128.load(at), wanted));
  }
  return <i32>((at - row) >> 2) + ctz<i32>(mask);
}

function sumWeights(row: usize, end: usize, max: f32, factor: f64, results: usize): void {
  const lowest = f64x2.splat(LOWEST);
  const top = f64x2.splat(<f64>max);
  const by = f64x2.splat(factor);
  const rounder = f64x2.splat(ROUNDER);
  const one = f64x2.splat(ONE);
  const p0 = f64x2.splat(P0);
  const p1 = f64x2.splat(P1);
  const p2 = f64x2.splat(P2);
  const p3 = f64x2.splat(P3);
  const p4 = f64x2.splat(P4);
  const p5 = f64x2.splat(P5);
  const p6 = f64x2.splat(P6);
  const p7 = f64x2.splat(P7);
  const p8 = f64x2.splat(P8);
  const p9 = f64x2.splat(P9);
  const p10 = f64x2.splat(P10);
  let r0 = f64x2.splat(0);
  let r1 = r0;
  do {
    const x = v128.load(row);
    r0 = f64x2.add(r0, power(exponents(x, top, by, lowest), rounder, one, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10));
    r1 = f64x2.add(r1, power(exponents(upper(x), top, by, lowest), rounder, one, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10));
    row += 16;
  } while (row != end);
  store<f64>(results, total(r0, r1));
}

function sumMoments(row: usize, end: usize, max: f32, factor: f64, results: usize): void {
  const lowest = f64x2.splat(LOWEST);
  const top = f64x2.splat(<f64>max);
  const by = f64x2.splat(factor);
  const rounder = f64x2.splat(ROUNDER);
  const one = f64x2.splat(ONE);
  const p0 = f64x2.splat(P0);
  const p1 = f64x2.splat(P1);
  const p2 = f64x2.splat(P2);
  const p3 = f64x2.splat(P3);
  const p4 = f64x2.splat(P4);
  const p5 = f64x2.splat(P5);
  const p6 = f64x2.splat(P6);
  const p7 = f64x2.splat(P7);
  const p8 = f64x2.splat(P8);
  const p9 = f64x2.splat(P9);
  const p10 = f64x2.splat(P10);
  let r0 = f64x2.splat(0);
  let r1 = r0;
  let f0 = r0;
  let f1 = r0;
  let s0 = r0;
  let s1 = r0;
  do {
    const x = v128.load(row);
    const y0 = exponents(x, top, by, lowest);
    const w0 = power(y0, rounder, one, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10);
    const a0 = f64x2.mul(w0, y0);
    r0 = f64x2.add(r0, w0);
    f0 = f64x2.add(f0, a0);
    s0 = f64x2.add(s0, f64x2.mul(a0, y0));
    const y1 = exponents(upper(x), top, by, lowest);
    const w1 = power(y1, rounder, one, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10);
    const a1 = f64x2.mul(w1, y1);
    r1 = f64x2.add(r1, w1);
    f1 = f64x2.add(f1, a1);
    s1 = f64x2.add(s1, f64x2.mul(a1, y1));
    row += 16;
  } while (row != end);
  store<f64>(results, total(r0, r1));
  store<f64>(results, total(f0, f1), 8);
  store<f64>(results, total(s0, s1), 16);
}

function storeWeights(row: usize, end: usize, max: f32, factor: f64, results: usize, to: usize): void {
  const lowest = f64x2.splat(LOWEST);
  const top = f64x2.splat(<f64>max);
  const by = f64x2.splat(factor);
  const rounder = f64x2.splat(ROUNDER);
  const one = f64x2.splat(ONE);
  const p0 = f64x2.splat(P0);
  const p1 = f64x2.splat(P1);
  const p2 = f64x2.splat(P2);
  const p3 = f64x2.splat(P3);
  const p4 = f64x2.splat(P4);
  const p5 = f64x2.splat(P5);
  const p6 = f64x2.splat(P6);
  const p7 = f64x2.splat(P7);
  const p8 = f64x2.splat(P8);
  const p9 = f64x2.splat(P9);
  const p10 = f64x2.splat(P10);
  let r0 = f64x2.splat(0);
  let r1 = r0;
  do {
    const x = v128.load(row);
    const w0 = power(exponents(x, top, by, lowest), rounder, one, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10);
    const w1 = power(exponents(upper(x), top, by, lowest), rounder, one, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10);
    v128.store(to, w0);
    v128.store(to, w1, 16);
    r0 = f64x2.add(r0, w0);
    r1 = f64x2.add(r1, w1);
    row += 16;
    to += 32;
  } while (row != end);
  store<f64>(results, total(r0, r1));
}

/** 2^y for y ≤ 0. Sums are taken pairwise (Estrin), so that few of them wait for each other. */
// @ts-ignore: decorator
@inline
function power(
  y: v128,
  rounder: v128,
  one: v128,
  p0: v128,
  p1: v128,
  p2: v128,
  p3: v128,
  p4: v128,
  p5: v128,
  p6: v128,
  p7: v128,
  p8: v128,
  p9: v128,
  p10: v128,
): v128 {
  const t = f64x2.add(y, rounder);
  const f = f64x2.sub(y, f64x2.sub(t, rounder));
  const f2 = f64x2.mul(f, f);
  const f4 = f64x2.mul(f2, f2);
  const u = f64x2.add(f64x2.add(p0, f64x2.mul(f, p1)), f64x2.mul(f2, f64x2.add(p2, f64x2.mul(f, p3))));
  const v = f64x2.add(f64x2.add(p4, f64x2.mul(f, p5)), f64x2.mul(f2, f64x2.add(p6, f64x2.mul(f, p7))));
  const w = f64x2.add(f64x2.add(p8, f64x2.mul(f, p9)), f64x2.mul(f2, p10));
  const q = f64x2.add(u, f64x2.mul(f4, f64x2.add(v, f64x2.mul(f4, w))));
  return i64x2.add(f64x2.add(one, f64x2.mul(f, q)), i64x2.shl(t, 52));
}

/** y = (x − max)·factor of the lower two floats, at least −1023. */
// @ts-ignore: decorator
@inline
function exponents(x: v128, max: v128, factor: v128, lowest: v128): v128 {
  return f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(x), max), factor), lowest);
}

/** The upper two floats, where the lower two were. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return i64x2.shuffle(x, x, 1, 1);
}

/** Four lanes, in the order of the plain twin. */
// @ts-ignore: decorator
@inline
function total(a: v128, b: v128): f64 {
  const pair = f64x2.add(a, b);
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}
