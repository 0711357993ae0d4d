/** A polynomial of every token's distance to the largest score: one pass, in f64. */
import { largestLane, withinF32 } from "./lanes";

/** 1/T, the largest score, and the factors of d² and d³: each twice */
let inverse: v128 = f64x2.splat(1);
let top: v128 = f64x2.splat(0);
let two: v128 = f64x2.splat(0);
let three: v128 = f64x2.splat(0);

/**
 * Writes largest + d²·(square + cube·d) for each x, d = x/T − largest, kept within f32's range, and the block maxima;
 * −Infinity stays.
 */
export function smooth(
  values: usize,
  blocks: i32,
  to: usize,
  maxima: usize,
  temperature: f64,
  largest: f64,
  square: f64,
  cube: f64,
): void {
  // Dividing would cost half of the pass.
  inverse = f64x2.splat(1 / temperature);
  top = f64x2.splat(largest);
  two = f64x2.splat(square);
  three = f64x2.splat(cube);
  const end = values + ((<usize>blocks) << 9);
  do {
    // Few blocks leave f32's range, and checking each value would cost a third of the pass.
    const left = cube == 0 ? smoothSquare(values, to, maxima) : smoothCube(values, to, maxima);
    if (left) smoothWithin(values, to, maxima);
    values += 512;
    to += 512;
    maxima += 4;
  } while (values != end);
}

/** The pass without the cubic term, when its factor is 0. */
function smoothSquare(values: usize, to: usize, maximum: usize): bool {
  return smoothBlock(values, to, maximum, false);
}

function smoothCube(values: usize, to: usize, maximum: usize): bool {
  return smoothBlock(values, to, maximum, true);
}

/** True when a value left f32's range and became an infinity. */
// @ts-ignore: decorator
@inline
function smoothBlock(values: usize, to: usize, maximum: usize, cubic: bool): bool {
  const t = inverse;
  const m = top;
  const c2 = two;
  const c3 = three;
  const infinity = f32x4.splat(Infinity);
  const lowest = f32x4.splat(-Infinity);
  const stop = values + 512;
  let most = lowest;
  let beyond = f32x4.splat(0);
  do {
    const x = v128.load(values);
    const low = smoothed(f64x2.promote_low_f32x4(x), t, m, c2, c3, cubic);
    const high = smoothed(f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3)), t, m, c2, c3, cubic);
    const y = i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
    const masked = f32x4.eq(x, lowest);
    const result = v128.bitselect(x, y, masked);
    v128.store(to, result);
    most = f32x4.pmax(most, result);
    beyond = v128.or(beyond, v128.andnot(f32x4.eq(f32x4.abs(result), infinity), masked));
    values += 16;
    to += 16;
  } while (values != stop);
  store<f32>(maximum, largestLane(most));
  return v128.any_true(beyond);
}

/** The same with every value kept within f32's range. */
function smoothWithin(values: usize, to: usize, maximum: usize): void {
  const lowest = f32x4.splat(-Infinity);
  const stop = values + 512;
  let most = lowest;
  do {
    const x = v128.load(values);
    const low = smoothed(f64x2.promote_low_f32x4(x), inverse, top, two, three, true);
    const high = smoothed(f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3)), inverse, top, two, three, true);
    const y = i32x4.shuffle(
      f32x4.demote_f64x2_zero(withinF32(low)),
      f32x4.demote_f64x2_zero(withinF32(high)),
      0,
      1,
      4,
      5,
    );
    const result = v128.bitselect(x, y, f32x4.eq(x, lowest));
    v128.store(to, result);
    most = f32x4.pmax(most, result);
    values += 16;
    to += 16;
  } while (values != stop);
  store<f32>(maximum, largestLane(most));
}

// @ts-ignore: decorator
@inline
function smoothed(x: v128, t: v128, top: v128, square: v128, cube: v128, cubic: bool): v128 {
  const d = f64x2.sub(f64x2.mul(x, t), top);
  const factor = cubic ? f64x2.add(square, f64x2.mul(cube, d)) : square;
  return f64x2.add(top, f64x2.mul(f64x2.mul(d, d), factor));
}
