/**
 * Sums from which entropy, varentropy, collision probability, mean and deviation follow, over the survivors of the
 * window. The results are f64s at `results`.
 */
import { block_weights, results } from "../state";
import { sumLanes } from "../lanes";
import { block_high, block_low, windowBlock, windowFloor } from "../window";
import { reference, scale, weigh, yBlock, y_min } from "./weights";

/**
 * With d = y − y(largest), at least y_min − y(largest): Σw, Σw·d, Σw·d², Σw². Four f32 lanes per block and sum, f64
 * across blocks.
 */
export function moments(values: usize, maxima: usize, blocks: i32, largest: f32): void {
  const m = f32x4.splat(y_min);
  const top = f32x4.splat((largest - reference) * scale);
  const floor = windowFloor();
  let total: f64 = 0;
  let total_d: f64 = 0;
  let total_d2: f64 = 0;
  let total_w2: f64 = 0;
  for (let block = 0; block < blocks; block++) {
    if (load<f32>(maxima + ((<usize>block) << 2)) < floor) continue;
    let x = windowBlock(values, block);
    let y = yBlock(x);
    weigh(y, block_weights, 512);
    let weight = block_weights;
    const stop = x + 512;
    const low = f32x4.splat(block_low);
    const high = f32x4.splat(block_high);
    let sum = f32x4.splat(0);
    let sum_d = sum;
    let sum_d2 = sum;
    let sum_w2 = sum;
    do {
      const v = v128.load(x);
      const w = v128.and(v128.load(weight), v128.and(f32x4.ge(v, low), f32x4.le(v, high)));
      const d = f32x4.sub(f32x4.pmax(v128.load(y), m), top);
      const wd = f32x4.mul(w, d);
      sum = f32x4.add(sum, w);
      sum_d = f32x4.add(sum_d, wd);
      sum_d2 = f32x4.add(sum_d2, f32x4.mul(wd, d));
      sum_w2 = f32x4.add(sum_w2, f32x4.mul(w, w));
      x += 16;
      y += 16;
      weight += 16;
    } while (x != stop);
    total += sumLanes(sum);
    total_d += sumLanes(sum_d);
    total_d2 += sumLanes(sum_d2);
    total_w2 += sumLanes(sum_w2);
  }
  store<f64>(results, total);
  store<f64>(results, total_d, 8);
  store<f64>(results, total_d2, 16);
  store<f64>(results, total_w2, 24);
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
