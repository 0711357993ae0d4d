/** The distance of every token's probability to a target: one pass over the kept weights of a row, in f64. */
import { largestLane } from "./lanes";
import { row_weights } from "./state";
import { upper } from "./weights/weights-f64";

/**
 * Writes peak − sharpness·d²/(1 + d), d = |w·share − target|/width, for each kept weight w, and the block maxima. A token
 * at −Infinity stays so.
 */
export function distanceRow(
  values: usize,
  blocks: i32,
  to: usize,
  maxima: usize,
  share: f64,
  target: f64,
  width: f64,
  peak: f64,
  sharpness: f64,
): void {
  // d in units of the width: w·share/width − target/width saves a division.
  const unit = f64x2.splat(share / width);
  const centre = f64x2.splat(target / width);
  const top = f64x2.splat(peak);
  const factor = f64x2.splat(sharpness);
  const one = f64x2.splat(1);
  const lowest = f32x4.splat(-Infinity);
  let weights = row_weights;
  const end = values + ((<usize>blocks) << 9);
  do {
    const stop = values + 512;
    let most = lowest;
    do {
      const w = v128.load(weights);
      const low = score(f64x2.promote_low_f32x4(w), unit, centre, top, factor, one);
      const high = score(f64x2.promote_low_f32x4(upper(w)), unit, centre, top, factor, one);
      const y = i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
      const x = v128.load(values);
      const result = v128.bitselect(x, y, f32x4.eq(x, lowest));
      v128.store(to, result);
      most = f32x4.pmax(most, result);
      values += 16;
      weights += 16;
      to += 16;
    } while (values != stop);
    store<f32>(maxima, largestLane(most));
    maxima += 4;
  } while (values != end);
}

// @ts-ignore: decorator
@inline
function score(w: v128, unit: v128, centre: v128, top: v128, factor: v128, one: v128): v128 {
  const d = f64x2.abs(f64x2.sub(f64x2.mul(w, unit), centre));
  return f64x2.sub(top, f64x2.div(f64x2.mul(factor, f64x2.mul(d, d)), f64x2.add(one, d)));
}
