/**
 * A table of rows that are combined, 32 bytes each: the addresses of the values and of the block maxima (i32), a factor
 * (f32), and a top (f32), a scale and an offset (f64). Values are counted from the top, so that rows far from zero keep
 * their digits. The rows have no NaN and no +Infinity.
 */

export const ENTRY: usize = 32;
export const FACTOR: usize = 8;
export const TOP: usize = 12;
export const SCALE: usize = 16;
export const OFFSET: usize = 24;

/** (x − top)·scale + offset: ln p of two tokens of a row. */
// @ts-ignore: decorator
@inline
export function lnOf(x: v128, top: v128, scale: v128, offset: v128): v128 {
  return f64x2.add(f64x2.mul(f64x2.sub(x, top), scale), offset);
}

// @ts-ignore: decorator
@inline
export function topOf(entry: usize): v128 {
  return f64x2.splat(<f64>load<f32>(entry + TOP));
}
