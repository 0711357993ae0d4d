/**
 * Lists of f64 scores: their exponentials, which equal those of float64.ts to the bit, and the sums of these in the
 * order of the list.
 */

const LOG2_E: f64 = 1.4426950408889634;
/** 1.5·2⁵²: adding it leaves an integer in the low bits of the sum */
const ROUNDER: f64 = 6755399441055744;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const C13: f64 = 1.0 / 6227020800;
const C12: f64 = 1.0 / 479001600;
const C11: f64 = 1.0 / 39916800;
const C10: f64 = 1.0 / 3628800;
const C9: f64 = 1.0 / 362880;
const C8: f64 = 1.0 / 40320;
const C7: f64 = 1.0 / 5040;
const C6: f64 = 1.0 / 720;
const C5: f64 = 1.0 / 120;
const C4: f64 = 1.0 / 24;
const C3: f64 = 1.0 / 6;

/** Each constant twice, in memory: literals would be built again for every two scores. */
const CONSTANTS: usize = memory.data<f64>(
  [
    -707, -707, 709, 709, LOG2_E, LOG2_E, ROUNDER, ROUNDER, LN2_HIGH, LN2_HIGH, LN2_LOW, LN2_LOW, C13, C13, C12, C12,
    C11, C11, C10, C10, C9, C9, C8, C8, C7, C7, C6, C6, C5, C5, C4, C4, C3, C3, 0.5, 0.5, 1, 1,
  ],
  16,
);
/** Of up to 128 scores: r, what r lost, 2ⁿ, and q. */
const REDUCED: usize = memory.data(1024, 16);
const LOST: usize = memory.data(1024, 16);
const POWERS: usize = memory.data(1024, 16);
const SERIES: usize = memory.data(1024, 16);

/** Writes e^(score − max) from `to` on, with a stride of `step` (1, or 0 to keep none), and returns their sum. */
export function weighScores(scores: usize, count: i32, max: f64, to: usize, step: usize): f64 {
  const top = f64x2.splat(max);
  const end = scores + ((<usize>(count & ~1)) << 3);
  let sum: f64 = 0;
  while (scores != end) {
    const bytes = min(end - scores, <usize>1024);
    sum = reduce(scores, bytes, top) ? expOfAll(bytes, to, step, sum) : expOfEach(scores, bytes, max, to, step, sum);
    scores += bytes;
    to += bytes * step;
  }
  if ((count & 1) != 0) sum = expOfEach(scores, 8, max, to, step, sum);
  return sum;
}

/** x = n·ln 2 + r for all; false when one leaves the range in which 2ⁿ is a normal number. */
function reduce(scores: usize, bytes: usize, top: v128): bool {
  const least = v128.load(CONSTANTS);
  const most = v128.load(CONSTANTS, 16);
  let near = i64x2.splat(-1);
  for (let at: usize = 0; at != bytes; at += 16) {
    const x = f64x2.sub(v128.load(scores + at), top);
    near = v128.and(near, v128.and(f64x2.ge(x, least), f64x2.le(x, most)));
    const rounder = v128.load(CONSTANTS, 48);
    const t = f64x2.add(f64x2.mul(x, v128.load(CONSTANTS, 32)), rounder);
    const n = f64x2.sub(t, rounder);
    const high = f64x2.sub(x, f64x2.mul(n, v128.load(CONSTANTS, 64)));
    const low = f64x2.mul(n, v128.load(CONSTANTS, 80));
    const r = f64x2.sub(high, low);
    v128.store(REDUCED + at, r);
    v128.store(LOST + at, f64x2.sub(f64x2.sub(high, r), low));
    v128.store(POWERS + at, i64x2.shl(i64x2.add(t, i64x2.splat(1023)), 52));
  }
  return i64x2.all_true(near);
}

/**
 * The series for the reduced values, in a separate loop, because a processor looks further ahead in a short
 * loop.
 */
function expOfAll(bytes: usize, to: usize, step: usize, before: f64): f64 {
  for (let at: usize = 0; at != bytes; at += 16) {
    const r = v128.load(REDUCED + at);
    let q = f64x2.add(f64x2.mul(v128.load(CONSTANTS, 96), r), v128.load(CONSTANTS, 112));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 128));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 144));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 160));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 176));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 192));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 208));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 224));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 240));
    q = f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 256));
    v128.store(SERIES + at, f64x2.add(f64x2.mul(q, r), v128.load(CONSTANTS, 272)));
  }
  let sum = before;
  for (let at: usize = 0; at != bytes; at += 16) {
    const r = v128.load(REDUCED + at);
    const square = f64x2.mul(f64x2.mul(r, r), v128.load(SERIES + at));
    const p = f64x2.add(f64x2.splat(1), f64x2.add(r, f64x2.add(square, v128.load(LOST + at))));
    const w = f64x2.mul(p, v128.load(POWERS + at));
    v128.store(to, w);
    to += 16 * step;
    sum += f64x2.extract_lane(w, 0);
    sum += f64x2.extract_lane(w, 1);
  }
  return sum;
}

function expOfEach(scores: usize, bytes: usize, max: f64, to: usize, step: usize, before: f64): f64 {
  let sum = before;
  for (let at: usize = 0; at != bytes; at += 8) {
    const w = exp(load<f64>(scores + at) - max);
    store<f64>(to + at * step, w);
    sum += w;
  }
  return sum;
}

/** Largest of a list; −Infinity for an empty list. */
export function largestScore(scores: usize, count: i32): f64 {
  const end = scores + ((<usize>(count & ~3)) << 3);
  let pair = f64x2.splat(-Infinity);
  let next = pair;
  for (; scores != end; scores += 32) {
    pair = f64x2.pmax(pair, v128.load(scores));
    next = f64x2.pmax(next, v128.load(scores, 16));
  }
  pair = f64x2.pmax(pair, next);
  let most = max(f64x2.extract_lane(pair, 0), f64x2.extract_lane(pair, 1));
  for (let i = count & 3; i > 0; i--) {
    most = max(most, load<f64>(scores));
    scores += 8;
  }
  return most;
}

/** score ← peak − sharpness·d²/(1 + d), d = |weight − target|/width. */
export function scoreByDistance(
  scores: usize,
  weights: usize,
  count: i32,
  target: f64,
  width: f64,
  peak: f64,
  sharpness: f64,
): void {
  const t = f64x2.splat(target);
  const unit = f64x2.splat(width);
  const top = f64x2.splat(peak);
  const factor = f64x2.splat(sharpness);
  const one = f64x2.splat(1);
  // The place after an odd last one exists in every list.
  const end = scores + ((<usize>count) << 3);
  for (; scores < end; scores += 16) {
    const d = f64x2.div(f64x2.abs(f64x2.sub(v128.load(weights), t)), unit);
    v128.store(scores, f64x2.sub(top, f64x2.div(f64x2.mul(f64x2.mul(factor, d), d), f64x2.add(one, d))));
    weights += 16;
  }
}

/** Divides each score of a list. */
export function divideEach(list: usize, count: i32, by: f64): void {
  const divisor = f64x2.splat(by);
  // The place after an odd last one exists in every list.
  const end = list + ((<usize>count) << 3);
  for (; list < end; list += 16) v128.store(list, f64x2.div(v128.load(list), divisor));
}

/** eˣ, with the same steps as float64.ts. */
export function exp(x: f64): f64 {
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const n = x * LOG2_E + ROUNDER - ROUNDER;
  const high = x - n * LN2_HIGH;
  const low = n * LN2_LOW;
  const r = high - low;
  const lost = high - r - low;
  let q = C13 * r + C12;
  q = q * r + C11;
  q = q * r + C10;
  q = q * r + C9;
  q = q * r + C8;
  q = q * r + C7;
  q = q * r + C6;
  q = q * r + C5;
  q = q * r + C4;
  q = q * r + C3;
  q = q * r + 0.5;
  const p = 1 + (r + (r * r * q + lost));
  if (n > 1023) return p * power(n - 1) * 2;
  if (n < -1021) return p * power(n + 200) * power(-200);
  return p * power(n);
}

/** 2ⁿ, a normal number. */
function power(n: f64): f64 {
  return reinterpret<f64>((<i64>n + 1023) << 52);
}
