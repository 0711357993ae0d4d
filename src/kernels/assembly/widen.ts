/**
 * f16 and bf16 to f32, exactly. Eight elements at a time; up to seven places past the end are written with
 * rubbish, which the next chunk or the row's padding overwrites.
 */

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
 * subnormals exact. An exponent of ones is made one of f32: infinity, or NaN.
 */
export function widenF16(from: usize, to: usize, elements: i32): void {
  if (elements <= 0) return;
  const stop = to + ((<usize>elements) << 2);
  // Constants that no compiler sees through: Node 24 would make known ones anew wherever they are used.
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
