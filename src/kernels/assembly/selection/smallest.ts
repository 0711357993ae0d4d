/** The smallest survivor of the window. */
import { block_high, block_low, windowBlock, windowFloor } from "../window";

/** Smallest surviving value; +Infinity when none survives. */
export function smallest(values: usize, maxima: usize, blocks: i32): f32 {
  const floor = windowFloor();
  const none = f32x4.splat(Infinity);
  let least = none;
  let other = none;
  for (let block = 0; block < blocks; block++) {
    if (load<f32>(maxima + ((<usize>block) << 2)) < floor) continue;
    let from = windowBlock(values, block);
    const low = f32x4.splat(block_low);
    const high = f32x4.splat(block_high);
    const stop = from + 512;
    do {
      least = f32x4.pmin(least, inside(v128.load(from), low, high, none));
      other = f32x4.pmin(other, inside(v128.load(from, 16), low, high, none));
      least = f32x4.pmin(least, inside(v128.load(from, 32), low, high, none));
      other = f32x4.pmin(other, inside(v128.load(from, 48), low, high, none));
      from += 64;
    } while (from != stop);
  }
  least = f32x4.pmin(least, other);
  const left = min(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1));
  return min(left, min(f32x4.extract_lane(least, 2), f32x4.extract_lane(least, 3)));
}

/** Values within the bounds; +Infinity in place of the others. */
// @ts-ignore: decorator
@inline
function inside(x: v128, low: v128, high: v128, none: v128): v128 {
  return v128.bitselect(x, none, v128.and(f32x4.ge(x, low), f32x4.le(x, high)));
}
