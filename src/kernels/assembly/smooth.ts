/** A polynomial of every token's distance to the largest: one pass, in f64. */
import { withinF32 } from "./lanes";

/**
 * Writes largest + d²·(square + cube·d) for each x, d = x/T − largest, kept within f32's range; −Infinity stays.
 * `to` may be where the values are.
 */
export function smooth(
  values: usize,
  blocks: i32,
  to: usize,
  temperature: f64,
  largest: f64,
  square: f64,
  cube: f64,
): void {
  // Dividing would cost half of the pass.
  const t = f64x2.splat(1 / temperature);
  const top = f64x2.splat(largest);
  const two = f64x2.splat(square);
  const three = f64x2.splat(cube);
  const end = values + ((<usize>blocks) << 9);
  do {
    const x = v128.load(values);
    const low = smoothed(f64x2.promote_low_f32x4(x), t, top, two, three);
    const high = smoothed(f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3)), t, top, two, three);
    const y = i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
    const masked = f32x4.eq(x, f32x4.splat(-Infinity));
    v128.store(to, v128.bitselect(x, y, masked));
    values += 16;
    to += 16;
  } while (values != end);
}

// @ts-ignore: decorator
@inline
function smoothed(x: v128, t: v128, top: v128, square: v128, cube: v128): v128 {
  const d = f64x2.sub(f64x2.mul(x, t), top);
  return withinF32(f64x2.add(top, f64x2.mul(f64x2.mul(d, d), f64x2.add(square, f64x2.mul(cube, d)))));
}
