/**
 * Sums from which entropy, varentropy, collision probability, mean and deviation follow, over the survivors of the
 * window. The results are f64s at `results`.
 */
import { results } from "./state";
import { sumLanes } from "./lanes";
import { block_high, block_low, windowBlock, windowFloor } from "./window";
import { c_high, c_low, inverse, p0, p1, p2, p3, p4, p5, shift, weigh, yBlock, y_min } from "./weights";

/** Weights of tokens this far below the largest, in units of T, have underflowed; so d is not followed further. */
let depth_max: f32 = -100;

/**
 * With d = (x − largest)/T: Σw, Σw·d, Σw·d², Σw². Four f32 lanes per block and sum, f64 across blocks.
 */
export function moments(values: usize, maxima: usize, blocks: i32, largest: f32, temperature: f64): void {
  const floor = windowFloor();
  const per_unit = <f32>(1 / temperature);
  store<f64>(results, 0);
  store<f64>(results, 0, 8);
  store<f64>(results, 0, 16);
  store<f64>(results, 0, 24);
  for (let block = 0; block < blocks; block++) {
    if (load<f32>(maxima + ((<usize>block) << 2)) >= floor) {
      const from = windowBlock(values, block);
      addMoments(from, yBlock(from), largest, per_unit);
    }
  }
}

function addMoments(from: usize, from_y: usize, largest: f32, per_unit: f32): void {
  const m = f32x4.splat(y_min);
  const a = f32x4.splat(inverse);
  const s = f32x4.splat(shift);
  const ch = f32x4.splat(c_high);
  const cl = f32x4.splat(c_low);
  const a0 = f32x4.splat(p0);
  const a1 = f32x4.splat(p1);
  const a2 = f32x4.splat(p2);
  const a3 = f32x4.splat(p3);
  const a4 = f32x4.splat(p4);
  const a5 = f32x4.splat(p5);
  const low = f32x4.splat(block_low);
  const high = f32x4.splat(block_high);
  const top = f32x4.splat(largest);
  const unit = f32x4.splat(per_unit);
  const least = f32x4.splat(depth_max);
  const stop = from + 512;
  let sum = f32x4.splat(0);
  let sum_d = sum;
  let sum_d2 = sum;
  let sum_w2 = sum;
  do {
    const x = v128.load(from);
    const inside = v128.and(f32x4.ge(x, low), f32x4.le(x, high));
    const w = v128.and(weigh(v128.load(from_y), m, a, s, ch, cl, a0, a1, a2, a3, a4, a5), inside);
    const d = f32x4.pmax(f32x4.mul(f32x4.sub(x, top), unit), least);
    const wd = f32x4.mul(w, d);
    sum = f32x4.add(sum, w);
    sum_d = f32x4.add(sum_d, wd);
    sum_d2 = f32x4.add(sum_d2, f32x4.mul(wd, d));
    sum_w2 = f32x4.add(sum_w2, f32x4.mul(w, w));
    from += 16;
    from_y += 16;
  } while (from != stop);
  store<f64>(results, load<f64>(results) + sumLanes(sum));
  store<f64>(results, load<f64>(results, 8) + sumLanes(sum_d), 8);
  store<f64>(results, load<f64>(results, 16) + sumLanes(sum_d2), 16);
  store<f64>(results, load<f64>(results, 24) + sumLanes(sum_w2), 24);
}

/** With d = x − largest: the number of survivors, Σd, Σd². All in f64. */
export function valueMoments(values: usize, maxima: usize, blocks: i32, largest: f32): void {
  const floor = windowFloor();
  let count = i64x2.splat(0);
  let sum = f64x2.splat(0);
  let sum_2 = f64x2.splat(0);
  const top = f64x2.splat(<f64>largest);
  for (let block = 0; block < blocks; block++) {
    if (load<f32>(maxima + ((<usize>block) << 2)) >= floor) {
      let from = windowBlock(values, block);
      const low = f32x4.splat(block_low);
      const high = f32x4.splat(block_high);
      const stop = from + 512;
      let found = i32x4.splat(0);
      do {
        const x = v128.load(from);
        const inside = v128.and(f32x4.ge(x, low), f32x4.le(x, high));
        const d0 = v128.and(f64x2.sub(f64x2.promote_low_f32x4(x), top), i64x2.extend_low_i32x4_s(inside));
        const x1 = i64x2.shuffle(x, x, 1, 1);
        const d1 = v128.and(f64x2.sub(f64x2.promote_low_f32x4(x1), top), i64x2.extend_high_i32x4_s(inside));
        found = i32x4.sub(found, inside);
        sum = f64x2.add(sum, f64x2.add(d0, d1));
        sum_2 = f64x2.add(sum_2, f64x2.add(f64x2.mul(d0, d0), f64x2.mul(d1, d1)));
        from += 16;
      } while (from != stop);
      count = i64x2.add(count, i64x2.add(i64x2.extend_low_i32x4_s(found), i64x2.extend_high_i32x4_s(found)));
    }
  }
  store<f64>(results, <f64>(i64x2.extract_lane(count, 0) + i64x2.extract_lane(count, 1)));
  store<f64>(results, f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1), 8);
  store<f64>(results, f64x2.extract_lane(sum_2, 0) + f64x2.extract_lane(sum_2, 1), 16);
}
