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

let bias: f32 = 5.192296858534828e33;
let infinite: u32 = 0x7f800000;

/** f16: exponent and fraction moved into place, then scaled by 2¹¹², which also makes subnormals exact. */
export function widenF16(from: usize, to: usize, elements: i32): void {
  if (elements <= 0) return;
  const stop = to + ((<usize>elements) << 2);
  const factor = f32x4.splat(bias);
  const limit = f32x4.splat(65536);
  const top = i32x4.splat(infinite);
  do {
    const halves = v128.load(from);
    v128.store(to, widen4(i32x4.extend_low_i16x8_u(halves), factor, limit, top));
    v128.store(to, widen4(i32x4.extend_high_i16x8_u(halves), factor, limit, top), 16);
    from += 16;
    to += 32;
  } while (to < stop);
}

// @ts-ignore: decorator
@inline
function widen4(h: v128, factor: v128, limit: v128, top: v128): v128 {
  const sign = i32x4.shl(i32x4.shr_u(h, 15), 31);
  const magnitude = f32x4.mul(i32x4.shr_u(i32x4.shl(h, 17), 4), factor);
  const special = v128.and(f32x4.ge(magnitude, limit), top);
  return v128.or(v128.or(magnitude, special), sign);
}
