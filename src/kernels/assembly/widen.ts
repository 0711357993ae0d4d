/**
 * f16 and bf16 to f32, exactly. Eight elements at a time; up to seven places past the end get arbitrary
 * values, which the next chunk or the row's padding overwrites.
 */

import { BLOCK_BYTES, isNaNAmong, largestInteger, LEAST, nearestOfBlock, scan } from "./scan";

/** bf16 is the upper half of an f32. */
export function widenBF16(from: usize, to: usize, elements: i32): void {
  if (elements <= 0) return;
  const stop = to + ((<usize>elements) << 2);
  do {
    const halves = v128.load(from);
    v128.store(to, i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16));
    v128.store(to, i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16), 16);
    from += 16;
    to += 32;
  } while (to < stop);
}

const EXPONENT_F16: u32 = 0x7c007c00;
const EXPONENT_F32: u32 = 0x7f800000;
/** sign, exponent and fraction of an f16 that was sign-extended and shifted into place */
const PLACES: u32 = 0x8fffe000;
/** 2¹¹² as f32 */
const SCALE: u32 = 0x77800000;

/**
 * f16: sign-extended and shifted, so that exponent and fraction are in place, then scaled by 2¹¹², which also makes
 * subnormals exact. An exponent of all ones becomes that of f32: infinity, or NaN.
 */
export function widenF16(from: usize, to: usize, elements: i32): void {
  if (elements <= 0) return;
  const stop = to + ((<usize>elements) << 2);
  // Constants hidden from the compiler: Node 24 would build known ones again wherever they are used.
  const none = (<u32>elements) >> 31;
  const ones = i32x4.splat(EXPONENT_F16 + none);
  const top = i32x4.splat(EXPONENT_F32 + none);
  const places = i32x4.splat(PLACES + none);
  const scale = i32x4.splat(SCALE + none);
  do {
    const halves = v128.load(from);
    const special = i16x8.eq(v128.and(halves, ones), ones);
    const low = f32x4.mul(v128.and(i32x4.shl(i32x4.extend_low_i16x8_s(halves), 13), places), scale);
    const high = f32x4.mul(v128.and(i32x4.shl(i32x4.extend_high_i16x8_s(halves), 13), places), scale);
    v128.store(to, v128.or(low, v128.and(i32x4.extend_low_i16x8_s(special), top)));
    v128.store(to, v128.or(high, v128.and(i32x4.extend_high_i16x8_s(special), top)), 16);
    from += 16;
    to += 32;
  } while (to < stop);
}

/** Widens whole blocks and writes the maximum of each, as `scan` finds it, while their values are in registers; true when one is NaN. */
export function widenBlocksOfBF16(from: usize, to: usize, maxima: usize, blocks: i32): bool {
  const end = maxima + ((<usize>blocks) << 2);
  let top = i32x4.splat(LEAST);
  let negative_top = i32x4.splat(0);
  do {
    const stop = to + BLOCK_BYTES;
    let max0 = i32x4.splat(LEAST);
    let max1 = max0;
    do {
      const halves = v128.load(from);
      const low = i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16);
      const high = i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16);
      v128.store(to, low);
      v128.store(to, high, 16);
      max0 = i32x4.max_s(max0, low);
      max1 = i32x4.max_s(max1, high);
      negative_top = i32x4.max_u(negative_top, i32x4.max_u(low, high));
      from += 16;
      to += 32;
    } while (to != stop);
    max0 = i32x4.max_s(max0, max1);
    top = i32x4.max_s(top, max0);
    store<i32>(maxima, maximumOf(max0, to));
    maxima += 4;
  } while (maxima != end);
  return isNaNAmong(top, negative_top);
}

/** The same for f16. Blocks with infinities or NaN are widened and scanned once more, correctly. */
export function widenBlocksOfF16(from: usize, to: usize, maxima: usize, blocks: i32): bool {
  const end = maxima + ((<usize>blocks) << 2);
  const none = (<u32>blocks) >> 31;
  const ones = i32x4.splat(EXPONENT_F16 + none);
  const places = i32x4.splat(PLACES + none);
  const scale = i32x4.splat(SCALE + none);
  let has_nan = false;
  do {
    const stop = to + BLOCK_BYTES;
    let max0 = i32x4.splat(LEAST);
    let max1 = max0;
    let special = i32x4.splat(0);
    do {
      const halves = v128.load(from);
      special = v128.or(special, i16x8.eq(v128.and(halves, ones), ones));
      const low = f32x4.mul(v128.and(i32x4.shl(i32x4.extend_low_i16x8_s(halves), 13), places), scale);
      const high = f32x4.mul(v128.and(i32x4.shl(i32x4.extend_high_i16x8_s(halves), 13), places), scale);
      v128.store(to, low);
      v128.store(to, high, 16);
      max0 = i32x4.max_s(max0, low);
      max1 = i32x4.max_s(max1, high);
      from += 16;
      to += 32;
    } while (to != stop);
    if (v128.any_true(special)) {
      widenF16(from - BLOCK_BYTES / 2, to - BLOCK_BYTES, 128);
      has_nan = scan(to - BLOCK_BYTES, maxima, 1) || has_nan;
    } else store<i32>(maxima, maximumOf(i32x4.max_s(max0, max1), to));
    maxima += 4;
  } while (maxima != end);
  return has_nan;
}

/** The maximum of the block that ends at `end`, of whose values `lanes` holds the largest as signed integers. */
// @ts-ignore: decorator
@inline
function maximumOf(lanes: v128, end: usize): i32 {
  const max = largestInteger(lanes);
  return max < 0 ? nearestOfBlock(end - BLOCK_BYTES) : max;
}
