/** Small steps on the four lanes of a vector, and on the bits of one float. */

// @ts-ignore: decorator
@inline
export function largestLane(x: v128): f32 {
  const pairs = f32x4.pmax(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Smallest float greater than x; +Infinity gives NaN, so that nothing compares at or above it. */
export function nextUp(x: f32): f32 {
  if (x == 0) return reinterpret<f32>(1);
  const bits = reinterpret<u32>(x);
  return reinterpret<f32>(bits >> 31 ? bits - 1 : bits + 1);
}

/** Largest float smaller than x; −Infinity gives NaN. */
export function nextDown(x: f32): f32 {
  return -nextUp(-x);
}

/** An integer that orders as the float does; −0 and +0 share one. NaN is not expected. */
// @ts-ignore: decorator
@inline
export function orderedBits(x: f32): u32 {
  const bits = reinterpret<u32>(x + <f32>0);
  return bits ^ (<u32>((<i32>bits) >> 31) | 0x80000000);
}

/** The float whose ordered bits these are. */
export function fromOrderedBits(order: u32): f32 {
  return reinterpret<f32>(order >> 31 ? order ^ 0x80000000 : ~order);
}

/** The four lanes, promoted and added as (0 + 1) + (2 + 3). */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f64 {
  return (
    (<f64>f32x4.extract_lane(x, 0) + <f64>f32x4.extract_lane(x, 1)) +
    (<f64>f32x4.extract_lane(x, 2) + <f64>f32x4.extract_lane(x, 3))
  );
}

/** One bit per float of four comparison results. */
// @ts-ignore: decorator
@inline
export function bits16(c0: v128, c1: v128, c2: v128, c3: v128): i32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(c0, c1), i16x8.narrow_i32x4_s(c2, c3)));
}

/** Largest finite f32: an edit that would overflow stops here, so that a row never gains an infinity. */
export const FLOAT_MAX: f64 = 3.4028234663852886e38;

/** Two f64: the largest finite f32 in place of what is beyond it; −Infinity stays. */
// @ts-ignore: decorator
@inline
export function withinF32(x: v128): v128 {
  const clamped = f64x2.pmin(f64x2.pmax(x, f64x2.splat(-FLOAT_MAX)), f64x2.splat(FLOAT_MAX));
  return v128.bitselect(x, clamped, f64x2.eq(x, f64x2.splat(-Infinity)));
}
