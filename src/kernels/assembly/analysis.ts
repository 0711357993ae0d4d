/**
 * The analysis module: one row of f32 logits, read in f64, two lanes at a time. Its plain twin is
 * src/analysis/moments.ts with src/analysis/exp.ts; the operations and their order are the same, so both give
 * the same bits. It has no state: the caller gives the addresses of the row and the results.
 *
 *   row f32 logits, padded with −Infinity to a multiple of 8; 16-byte aligned
 *   results f64: rest, first, square, second, max, id of max
 *   scratch room for the weights of a block of 1,024, f64
 */
import { exponents, LOWEST, upper, weigh } from "./weights/weights-f64";

/** 1,024 logits; their weights take twice as many bytes. */
const BLOCK_BYTES: usize = 4096;

/** Everything that follows from one row; false when it holds NaN or +Infinity, or nothing finite. */
export function readMoments(row: usize, bytes: usize, factor: f64, results: usize, scratch: usize): bool {
  return moments(row, bytes, factor, results, scratch, false);
}

/** The same; also writes the weights of all elements as f64 to `to`, which must have room for them. */
export function readAll(row: usize, bytes: usize, factor: f64, results: usize, to: usize): bool {
  if (!moments(row, bytes, factor, results, to, true)) return false;
  store<f64>(to + (<usize>load<f64>(results, 40) << 3), 1);
  return true;
}

function moments(row: usize, bytes: usize, factor: f64, results: usize, to: usize, keeps: bool): bool {
  const max = largest(row, bytes);
  if (!(max > -Infinity && max < Infinity)) return false;
  const at = row + (<usize>indexOf(row, max) << 2);
  store<f32>(at, -Infinity);
  const second = largest(row, bytes);
  sumMoments(row, row + bytes, max, factor, results, to, keeps);
  store<f32>(at, max);
  store<f64>(results, <f64>second, 24);
  store<f64>(results, <f64>max, 32);
  store<f64>(results, <f64>((at - row) >> 2), 40);
  return true;
}

/** Only `rest`, the maximum and its id: what a score needs. */
export function readSum(row: usize, bytes: usize, factor: f64, results: usize, scratch: usize): bool {
  const max = largest(row, bytes);
  if (!(max > -Infinity && max < Infinity)) return false;
  const at = row + (<usize>indexOf(row, max) << 2);
  store<f32>(at, -Infinity);
  sumWeights(row, row + bytes, max, factor, results, scratch);
  store<f32>(at, max);
  store<f64>(results, <f64>max, 32);
  store<f64>(results, <f64>((at - row) >> 2), 40);
  return true;
}

/** The weights of all elements as f64, and `rest`, which excludes the largest. */
export function readWeights(row: usize, bytes: usize, factor: f64, results: usize, to: usize): bool {
  const max = largest(row, bytes);
  if (!(max > -Infinity && max < Infinity)) return false;
  const id = <usize>indexOf(row, max);
  store<f32>(row + (id << 2), -Infinity);
  weigh(row, row + bytes, max, factor, to);
  store<f64>(results, sumOf(to, to + (bytes << 1)));
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
  const at_id = row + (<usize>id << 2);
  const mixed = at_id & ~15;
  let counts = i32x4.splat(0);
  let at = row;
  while (at != mixed) {
    counts = i32x4.sub(counts, f32x4.ge(v128.load(at), wanted));
    at += 16;
  }
  let count: i32 = 0;
  for (at = mixed; at != mixed + 16; at += 4) {
    const other = load<f32>(at);
    count += i32(other > x) | (i32(other == x) & i32(at < at_id));
  }
  while (at != end) {
    counts = i32x4.sub(counts, f32x4.gt(v128.load(at), wanted));
    at += 16;
  }
  count += i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  return count + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
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

/** Lowest index of a value that occurs in the row. */
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

/**
 * Computes `rest` block by block, so that the weights between the two loops stay in the first-level cache.
 */
function sumWeights(row: usize, end: usize, max: f32, factor: f64, results: usize, scratch: usize): void {
  let r0 = f64x2.splat(0);
  let r1 = r0;
  do {
    const stop = row + BLOCK_BYTES < end ? row + BLOCK_BYTES : end;
    let at = scratch;
    weigh(row, stop, max, factor, at);
    do {
      r0 = f64x2.add(r0, v128.load(at));
      r1 = f64x2.add(r1, v128.load(at, 16));
      row += 16;
      at += 32;
    } while (row != stop);
  } while (row != end);
  store<f64>(results, total(r0, r1));
}

/**
 * Computes `rest`, `first` and `square` in the same way; with `keep`, also stores the weights of all blocks one after the other.
 */
function sumMoments(
  row: usize,
  end: usize,
  max: f32,
  factor: f64,
  results: usize,
  to: usize,
  keeps: bool,
): void {
  const lowest = v128.load(LOWEST);
  const top = f64x2.splat(<f64>max);
  const by = f64x2.splat(factor);
  let r0 = f64x2.splat(0);
  let r1 = r0;
  let f0 = r0;
  let f1 = r0;
  let s0 = r0;
  let s1 = r0;
  do {
    const stop = row + BLOCK_BYTES < end ? row + BLOCK_BYTES : end;
    let at = to;
    weigh(row, stop, max, factor, at);
    do {
      const x = v128.load(row);
      const w0 = v128.load(at);
      const w1 = v128.load(at, 16);
      const y0 = exponents(x, top, by, lowest);
      const y1 = exponents(upper(x), top, by, lowest);
      const a0 = f64x2.mul(w0, y0);
      const a1 = f64x2.mul(w1, y1);
      r0 = f64x2.add(r0, w0);
      r1 = f64x2.add(r1, w1);
      f0 = f64x2.add(f0, a0);
      f1 = f64x2.add(f1, a1);
      s0 = f64x2.add(s0, f64x2.mul(a0, y0));
      s1 = f64x2.add(s1, f64x2.mul(a1, y1));
      row += 16;
      at += 32;
    } while (row != stop);
    if (keeps) to = at;
  } while (row != end);
  store<f64>(results, total(r0, r1));
  store<f64>(results, total(f0, f1), 8);
  store<f64>(results, total(s0, s1), 16);
}

/** The sum of f64 values in the same order. */
function sumOf(at: usize, end: usize): f64 {
  let r0 = f64x2.splat(0);
  let r1 = r0;
  do {
    r0 = f64x2.add(r0, v128.load(at));
    r1 = f64x2.add(r1, v128.load(at, 16));
    at += 32;
  } while (at != end);
  return total(r0, r1);
}

/** Four lanes, in the order of the plain twin. */
// @ts-ignore: decorator
@inline
function total(a: v128, b: v128): f64 {
  const pair = f64x2.add(a, b);
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}
