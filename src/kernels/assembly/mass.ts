/**
 * Sums of weights over the survivors of the window, one f64 per block, and the draw that walks them. Within a
 * block four f32 lanes are added in a fixed order; across blocks everything is f64.
 */
import { block_weights } from "./state";
import { sumLanes } from "./lanes";
import { block_high, block_low, windowBlock, windowFloor } from "./window";
import {
  c_high,
  c_low,
  inverse,
  p0,
  p1,
  p2,
  p3,
  p4,
  p5,
  plain,
  scaleBlock,
  shift,
  weigh,
  weigh16,
  yBlock,
  y_min,
} from "./weights";

/** Σ w over the survivors of the window; leaves one sum per block at `sums`. */
export function sumWeights(values: usize, maxima: usize, blocks: i32, sums: usize): f64 {
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
  const floor = windowFloor();
  let total: f64 = 0;
  for (let block = 0; block < blocks; block++) {
    const max = load<f32>(maxima + ((<usize>block) << 2));
    let block_sum: f64 = 0;
    if (max >= floor) {
      let x = windowBlock(values, block);
      let y = yBlock(x);
      const stop = x + 512;
      const low = f32x4.splat(block_low);
      const high = f32x4.splat(block_high);
      let sum = f32x4.splat(0);
      // −Infinity weighs 2^−124, which no sum can notice: without a floor such a block needs no mask.
      if (floor == -f32.MAX_VALUE && max <= block_high) {
        do {
          sum = f32x4.add(sum, weigh16<void>(y, 0, m, a, s, ch, cl, a0, a1, a2, a3, a4, a5));
          x += 64;
          y += 64;
        } while (x != stop);
      } else {
        do {
          const w0 = weigh(v128.load(y), m, a, s, ch, cl, a0, a1, a2, a3, a4, a5);
          const w1 = weigh(v128.load(y, 16), m, a, s, ch, cl, a0, a1, a2, a3, a4, a5);
          const w2 = weigh(v128.load(y, 32), m, a, s, ch, cl, a0, a1, a2, a3, a4, a5);
          const w3 = weigh(v128.load(y, 48), m, a, s, ch, cl, a0, a1, a2, a3, a4, a5);
          const pair = f32x4.add(within(x, w0, low, high), within(x + 16, w1, low, high));
          const next = f32x4.add(within(x + 32, w2, low, high), within(x + 48, w3, low, high));
          sum = f32x4.add(sum, f32x4.add(pair, next));
          x += 64;
          y += 64;
        } while (x != stop);
      }
      block_sum = sumLanes(sum);
    }
    store<f64>(sums, block_sum);
    sums += 8;
    total += block_sum;
  }
  return total;
}

/** Σ w over the whole row, −Infinity included at 2^−124; leaves one sum per block at `sums`. */
export function sumAllWeights(values: usize, blocks: i32, sums: usize): f64 {
  if (plain) return sumInto(sums, values, blocks);
  let total: f64 = 0;
  for (let block = 0; block < blocks; block++) {
    scaleBlock(values + ((<usize>block) << 9), block_weights);
    total += sumInto(sums + ((<usize>block) << 3), block_weights, 1);
  }
  return total;
}

function sumInto(sums: usize, y: usize, blocks: i32): f64 {
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
  const end = y + ((<usize>blocks) << 9);
  let total: f64 = 0;
  do {
    const stop = y + 512;
    let sum = weigh16<void>(y, 0, m, a, s, ch, cl, a0, a1, a2, a3, a4, a5);
    y += 64;
    do {
      sum = f32x4.add(sum, weigh16<void>(y, 0, m, a, s, ch, cl, a0, a1, a2, a3, a4, a5));
      y += 64;
    } while (y != stop);
    const block_sum = sumLanes(sum);
    store<f64>(sums, block_sum);
    total += block_sum;
    sums += 8;
  } while (y != end);
  return total;
}

/** Four weights, zero where x lies outside the bounds. */
// @ts-ignore: decorator
@inline
function within(at: usize, weights: v128, low: v128, high: v128): v128 {
  const x = v128.load(at);
  return v128.and(weights, v128.and(f32x4.ge(x, low), f32x4.le(x, high)));
}

/** The 128 weights of a block of y, into `block_weights`; y may lie there already. */
export function weighBlock(y: usize): void {
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
  const stop = y + 512;
  let to = block_weights;
  do {
    weigh16<u8>(y, to, m, a, s, ch, cl, a0, a1, a2, a3, a4, a5);
    y += 64;
    to += 64;
  } while (y != stop);
}

/** The 128 weights of a block of x, into `block_weights`. */
export function blockWeights(from: usize): void {
  weighBlock(yBlock(from));
}

/**
 * Inverse CDF in id order: the first survivor at which the running sum exceeds u·total, with the block sums that
 * were made for this window. Rounding may leave nothing above the target; then it is the last survivor.
 */
export function draw(values: usize, maxima: usize, blocks: i32, sums: usize, total: f64, u: f64): i32 {
  const target = u * total;
  const floor = windowFloor();
  let sum: f64 = 0;
  let chosen: i32 = -1;
  let block: i32 = 0;
  do {
    if (load<f32>(maxima + ((<usize>block) << 2)) >= floor) {
      const mass = load<f64>(sums + ((<usize>block) << 3));
      if (mass > 0) {
        chosen = block;
        if (sum + mass > target) break;
        sum += mass;
      }
    }
    block += 1;
  } while (block != blocks);
  return chosen < 0 ? -1 : drawWithin(values, chosen, sum, target);
}

function drawWithin(values: usize, block: i32, sum: f64, target: f64): i32 {
  const from = windowBlock(values, block);
  weighBlock(yBlock(from));
  let chosen: i32 = -1;
  let i: i32 = 0;
  do {
    const x = load<f32>(from + ((<usize>i) << 2));
    if (x >= block_low && x <= block_high) {
      chosen = (block << 7) + i;
      sum += <f64>load<f32>(block_weights + ((<usize>i) << 2));
      if (sum > target) return chosen;
    }
    i += 1;
  } while (i != 128);
  return chosen;
}
