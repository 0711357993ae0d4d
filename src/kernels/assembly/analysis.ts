/**
 * The analysis module: one row of f32 logits, read in f64, two lanes at a time. Its plain twin is
 * src/analysis/moments.ts with src/analysis/exp.ts; the operations and their order are the same, so both give
 * the same bits. It keeps nothing: the caller says where the row and the results lie.
 *
 *   row      f32 logits, padded with −Infinity to a multiple of 8; 16-byte aligned
 *   results  f64: rest, first, square, second, max, id of max
 *   scratch  room for the weights of a block of 1,024, f64
 *
 * With y = (x − max)·log₂e/T the weight of a logit is 2^y. It is computed as 2^n · (1 + f·P(f)) with n = round(y) and
 * f = y − n, 1 + f·P(f) as exp.ts describes it. y is raised to −1023, where f = 0 and P = 1:
 * adding n to the exponent bits of 1 then leaves no bit at all, so a masked logit weighs exactly 0 without a test.
 */

/* In memory, twice each: a literal would become an immediate, which Node 24 builds anew in every round of a loop. */
const ROUNDER: usize = memory.data<f64>([6755399441055744, 6755399441055744], 16);
const LOWEST: usize = memory.data<f64>([-1023, -1023], 16);
const ONE: usize = memory.data<f64>([1, 1], 16);
const P0: usize = memory.data<f64>([0.6931471805599516, 0.6931471805599516], 16);
const P1: usize = memory.data<f64>([0.24022650695910472, 0.24022650695910472], 16);
const P2: usize = memory.data<f64>([0.055504108664346595, 0.055504108664346595], 16);
const P3: usize = memory.data<f64>([0.009618129107380722, 0.009618129107380722], 16);
const P4: usize = memory.data<f64>([0.001333355824647934, 0.001333355824647934], 16);
const P5: usize = memory.data<f64>([0.00015403530800807628, 0.00015403530800807628], 16);
const P6: usize = memory.data<f64>([1.5252647748458753e-5, 1.5252647748458753e-5], 16);
const P7: usize = memory.data<f64>([1.321523564006805e-6, 1.321523564006805e-6], 16);
const P8: usize = memory.data<f64>([1.0210506320316116e-7, 1.0210506320316116e-7], 16);
const P9: usize = memory.data<f64>([7.111757810496622e-9, 7.111757810496622e-9], 16);

/** 1,024 logits; their weights take twice as many bytes. */
const BLOCK_BYTES: usize = 4096;

/** Everything that follows from one row; false when it holds NaN or +Infinity, or nothing finite. */
export function readMoments(row: usize, bytes: usize, factor: f64, results: usize, scratch: usize): bool {
  const max = largest(row, bytes);
  if (!(max > -Infinity && max < Infinity)) return false;
  const at = row + (<usize>indexOf(row, max) << 2);
  store<f32>(at, -Infinity);
  const second = largest(row, bytes);
  sumMoments(row, row + bytes, max, factor, results, scratch);
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

/** The weights of all elements as f64, and `rest`, which leaves out the largest. */
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

/** Leaves `rest`: block by block, so that the weights between the two loops stay in the first-level cache. */
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

/** Leaves `rest`, `first` and `square`, in the same way. */
function sumMoments(row: usize, end: usize, max: f32, factor: f64, results: usize, scratch: usize): void {
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
    let at = scratch;
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

/**
 * The weights of eight logits a round, four vectors side by side and step by step: Node 20 orders instructions itself,
 * Node 24 keeps the order of the source. Even and odd powers go separately, so that fewer steps wait for each other.
 */
function weigh(row: usize, end: usize, max: f32, factor: f64, to: usize): void {
  const lowest = v128.load(LOWEST);
  const top = f64x2.splat(<f64>max);
  const by = f64x2.splat(factor);
  const rounder = v128.load(ROUNDER);
  const one = v128.load(ONE);
  const p0 = v128.load(P0);
  const p1 = v128.load(P1);
  const p2 = v128.load(P2);
  const p3 = v128.load(P3);
  const p4 = v128.load(P4);
  const p5 = v128.load(P5);
  const p6 = v128.load(P6);
  const p7 = v128.load(P7);
  const p8 = v128.load(P8);
  const p9 = v128.load(P9);
  do {
    const x0 = v128.load(row, 0);
    const x1 = v128.load(row, 16);
    const y0 = f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(x0), top), by), lowest);
    const y1 = f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(upper(x0)), top), by), lowest);
    const y2 = f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(x1), top), by), lowest);
    const y3 = f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(upper(x1)), top), by), lowest);
    const t0 = f64x2.add(y0, rounder);
    const t1 = f64x2.add(y1, rounder);
    const t2 = f64x2.add(y2, rounder);
    const t3 = f64x2.add(y3, rounder);
    const f0 = f64x2.sub(y0, f64x2.sub(t0, rounder));
    const f1 = f64x2.sub(y1, f64x2.sub(t1, rounder));
    const f2 = f64x2.sub(y2, f64x2.sub(t2, rounder));
    const f3 = f64x2.sub(y3, f64x2.sub(t3, rounder));
    const g0 = f64x2.mul(f0, f0);
    const g1 = f64x2.mul(f1, f1);
    const g2 = f64x2.mul(f2, f2);
    const g3 = f64x2.mul(f3, f3);
    let a0 = f64x2.add(p6, f64x2.mul(g0, p8));
    let a1 = f64x2.add(p6, f64x2.mul(g1, p8));
    let a2 = f64x2.add(p6, f64x2.mul(g2, p8));
    let a3 = f64x2.add(p6, f64x2.mul(g3, p8));
    let b0 = f64x2.add(p7, f64x2.mul(g0, p9));
    let b1 = f64x2.add(p7, f64x2.mul(g1, p9));
    let b2 = f64x2.add(p7, f64x2.mul(g2, p9));
    let b3 = f64x2.add(p7, f64x2.mul(g3, p9));
    a0 = f64x2.add(p4, f64x2.mul(g0, a0));
    a1 = f64x2.add(p4, f64x2.mul(g1, a1));
    a2 = f64x2.add(p4, f64x2.mul(g2, a2));
    a3 = f64x2.add(p4, f64x2.mul(g3, a3));
    b0 = f64x2.add(p5, f64x2.mul(g0, b0));
    b1 = f64x2.add(p5, f64x2.mul(g1, b1));
    b2 = f64x2.add(p5, f64x2.mul(g2, b2));
    b3 = f64x2.add(p5, f64x2.mul(g3, b3));
    a0 = f64x2.add(p2, f64x2.mul(g0, a0));
    a1 = f64x2.add(p2, f64x2.mul(g1, a1));
    a2 = f64x2.add(p2, f64x2.mul(g2, a2));
    a3 = f64x2.add(p2, f64x2.mul(g3, a3));
    b0 = f64x2.add(p3, f64x2.mul(g0, b0));
    b1 = f64x2.add(p3, f64x2.mul(g1, b1));
    b2 = f64x2.add(p3, f64x2.mul(g2, b2));
    b3 = f64x2.add(p3, f64x2.mul(g3, b3));
    a0 = f64x2.add(p0, f64x2.mul(g0, a0));
    a1 = f64x2.add(p0, f64x2.mul(g1, a1));
    a2 = f64x2.add(p0, f64x2.mul(g2, a2));
    a3 = f64x2.add(p0, f64x2.mul(g3, a3));
    b0 = f64x2.add(p1, f64x2.mul(g0, b0));
    b1 = f64x2.add(p1, f64x2.mul(g1, b1));
    b2 = f64x2.add(p1, f64x2.mul(g2, b2));
    b3 = f64x2.add(p1, f64x2.mul(g3, b3));
    const q0 = f64x2.add(a0, f64x2.mul(f0, b0));
    const q1 = f64x2.add(a1, f64x2.mul(f1, b1));
    const q2 = f64x2.add(a2, f64x2.mul(f2, b2));
    const q3 = f64x2.add(a3, f64x2.mul(f3, b3));
    v128.store(to, i64x2.add(f64x2.add(one, f64x2.mul(f0, q0)), i64x2.shl(t0, 52)), 0);
    v128.store(to, i64x2.add(f64x2.add(one, f64x2.mul(f1, q1)), i64x2.shl(t1, 52)), 16);
    v128.store(to, i64x2.add(f64x2.add(one, f64x2.mul(f2, q2)), i64x2.shl(t2, 52)), 32);
    v128.store(to, i64x2.add(f64x2.add(one, f64x2.mul(f3, q3)), i64x2.shl(t3, 52)), 48);
    row += 32;
    to += 64;
  } while (row != end);
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
