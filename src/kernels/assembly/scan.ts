/**
 * The first pass over a row: one maximum per block of 128, and a test for NaN. Every later pass uses the block
 * maxima to skip blocks that cannot matter.
 */
import { largestLane } from "./lanes";

export const BLOCK_BYTES: usize = 512;
/** as bits */
const INFINITY: i32 = 0x7f800000;
const NEGATIVE_INFINITY: i32 = 0xff800000;
export const LEAST: i32 = i32.MIN_VALUE;

/**
 * Writes the maximum of each block; true when a value is NaN, and then the maximum of its block is any. Compares the
 * bits, since a maximum of integers and one of unsigned integers cost less than one of floats and a test for NaN:
 *
 *     signed     negative floats by magnitude, then the others in their order; at the top NaN without a sign
 *     unsigned   the others in their order, then negative floats by magnitude; at the top NaN with a sign
 *
 * A block of negative floats (−0 is one here) wants the least unsigned integer besides. It is found by reading the
 * block again, and along with the rest in the blocks that follow one.
 */
export function scan(values: usize, maxima: usize, blocks: i32): bool {
  const end = maxima + ((<usize>blocks) << 2);
  let top = i32x4.splat(LEAST);
  let negative_top0 = i32x4.splat(0);
  let negative_top1 = negative_top0;
  let after_negative = false;
  do {
    const stop = values + BLOCK_BYTES;
    let max0 = i32x4.splat(LEAST);
    let max1 = max0;
    let max: i32;
    if (after_negative) {
      let nearest0 = i32x4.splat(-1);
      let nearest1 = nearest0;
      do {
        const x0 = v128.load(values);
        const x1 = v128.load(values, 16);
        const x2 = v128.load(values, 32);
        const x3 = v128.load(values, 48);
        max0 = i32x4.max_s(max0, x0);
        max1 = i32x4.max_s(max1, x1);
        negative_top0 = i32x4.max_u(negative_top0, x0);
        negative_top1 = i32x4.max_u(negative_top1, x1);
        nearest0 = i32x4.min_u(nearest0, x0);
        nearest1 = i32x4.min_u(nearest1, x1);
        max0 = i32x4.max_s(max0, x2);
        max1 = i32x4.max_s(max1, x3);
        negative_top0 = i32x4.max_u(negative_top0, x2);
        negative_top1 = i32x4.max_u(negative_top1, x3);
        nearest0 = i32x4.min_u(nearest0, x2);
        nearest1 = i32x4.min_u(nearest1, x3);
        values += 64;
      } while (values != stop);
      max0 = i32x4.max_s(max0, max1);
      max = largestInteger(max0);
      after_negative = max < 0;
      if (after_negative) max = leastUnsigned(i32x4.min_u(nearest0, nearest1));
    } else {
      do {
        const x0 = v128.load(values);
        const x1 = v128.load(values, 16);
        const x2 = v128.load(values, 32);
        const x3 = v128.load(values, 48);
        max0 = i32x4.max_s(max0, x0);
        max1 = i32x4.max_s(max1, x1);
        negative_top0 = i32x4.max_u(negative_top0, x0);
        negative_top1 = i32x4.max_u(negative_top1, x1);
        max0 = i32x4.max_s(max0, x2);
        max1 = i32x4.max_s(max1, x3);
        negative_top0 = i32x4.max_u(negative_top0, x2);
        negative_top1 = i32x4.max_u(negative_top1, x3);
        values += 64;
      } while (values != stop);
      max0 = i32x4.max_s(max0, max1);
      max = largestInteger(max0);
      after_negative = max < 0;
      if (after_negative) max = nearestOfBlock(values - BLOCK_BYTES);
    }
    top = i32x4.max_s(top, max0);
    store<i32>(maxima, max);
    maxima += 4;
  } while (maxima != end);
  return isNaNAmong(top, i32x4.max_u(negative_top0, negative_top1));
}

/** True when one of the values is NaN; the arguments are their largest as signed and as unsigned integers. */
// @ts-ignore: decorator
@inline
export function isNaNAmong(top: v128, negative_top: v128): bool {
  const nan = i32x4.gt_s(top, i32x4.splat(INFINITY));
  const negative_nan = i32x4.gt_u(negative_top, i32x4.splat(NEGATIVE_INFINITY));
  return v128.any_true(v128.or(nan, negative_nan));
}

/** The smallest value of a block as unsigned integers: the largest of negative floats. */
export function nearestOfBlock(values: usize): i32 {
  const stop = values + BLOCK_BYTES;
  let nearest0 = i32x4.splat(-1);
  let nearest1 = nearest0;
  do {
    nearest0 = i32x4.min_u(nearest0, v128.load(values));
    nearest1 = i32x4.min_u(nearest1, v128.load(values, 16));
    values += 32;
  } while (values != stop);
  return leastUnsigned(i32x4.min_u(nearest0, nearest1));
}

// @ts-ignore: decorator
@inline
export function largestInteger(x: v128): i32 {
  const pairs = i32x4.max_s(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.max_s(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

// @ts-ignore: decorator
@inline
function leastUnsigned(x: v128): i32 {
  const pairs = i32x4.min_u(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.min_u(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Largest of the block maxima. `blocks` is rounded up to a multiple of 4; the padding is −Infinity. */
export function largest(maxima: usize, blocks: i32): f32 {
  const end = maxima + ((<usize>((blocks + 3) & ~3)) << 2);
  let max = f32x4.splat(-Infinity);
  do {
    max = f32x4.pmax(max, v128.load(maxima));
    maxima += 16;
  } while (maxima != end);
  return largestLane(max);
}

/** Lowest id whose value equals `max`, the row's maximum; −1 when there is none. */
export function argmax(values: usize, maxima: usize, blocks: i32, max: f32): i32 {
  const wanted = f32x4.splat(max);
  let block = 0;
  // The maxima are padded to four with −Infinity.
  let equal = i32x4.bitmask(f32x4.eq(v128.load(maxima), wanted));
  while (equal == 0) {
    block += 4;
    if (block >= blocks) return -1;
    maxima += 16;
    equal = i32x4.bitmask(f32x4.eq(v128.load(maxima), wanted));
  }
  let id = (block + ctz(equal)) << 7;
  equal = i32x4.bitmask(f32x4.eq(v128.load(values + ((<usize>id) << 2)), wanted));
  while (equal == 0) {
    id += 4;
    equal = i32x4.bitmask(f32x4.eq(v128.load(values + ((<usize>id) << 2)), wanted));
  }
  return id + ctz(equal);
}

/** Lowest id whose value is NaN; −1 when there is none. */
export function firstNaN(values: usize, blocks: i32): i32 {
  const start = values;
  const end = values + ((<usize>blocks) << 9);
  do {
    const x = v128.load(values);
    const lanes = i32x4.bitmask(f32x4.ne(x, x));
    if (lanes != 0) return <i32>((values - start) >> 2) + ctz(lanes);
    values += 16;
  } while (values != end);
  return -1;
}
