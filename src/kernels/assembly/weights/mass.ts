/**
 * Sums of weights over the survivors of the window, one f64 per block, and the draw that walks them. Within a
 * block four f32 lanes are added in a fixed order; across blocks everything is f64.
 */
import { sumLanes } from "../lanes";
import { block_weights, results, row_weights } from "../state";
import { weigh, weighBlock, yBlock } from "./weights";
import { block_high, block_low, windowBlock, windowFloor } from "../window";

/** Σ w over the survivors of the window; leaves one sum per block at `sums`. */
export function sumWeights(values: usize, maxima: usize, blocks: i32, sums: usize): f64 {
  const floor = windowFloor();
  let total: f64 = 0;
  for (let block = 0; block < blocks; block++) {
    const max = load<f32>(maxima + ((<usize>block) << 2));
    let block_sum: f64 = 0;
    if (max >= floor) {
      const from = windowBlock(values, block);
      weighBlock(from);
      // −Infinity has the weight 2^−124, too small to change a sum, so a block without a floor needs no mask.
      const whole = floor == -f32.MAX_VALUE && max <= block_high;
      block_sum = whole ? sumBlock(block_weights) : sumWithin(from, block_low, block_high);
    }
    store<f64>(sums, block_sum);
    sums += 8;
    total += block_sum;
  }
  return total;
}

/**
 * Σ w over the whole row, with 2^−124 for −Infinity. Writes one sum per block to `sums`, and with `keep` the weights to
 * `row_weights`.
 */
export function sumAllWeights(values: usize, blocks: i32, sums: usize, keep: bool): f64 {
  const end = values + ((<usize>blocks) << 9);
  const step: usize = keep ? 512 : 0;
  let weights = keep ? row_weights : block_weights;
  let total: f64 = 0;
  do {
    weigh(yBlock(values), weights, 512);
    const block_sum = sumBlock(weights);
    weights += step;
    store<f64>(sums, block_sum);
    total += block_sum;
    sums += 8;
    values += 512;
  } while (values != end);
  return total;
}

/** Σ of the weights of a block: of 16 at a time (w₀ + w₁) + (w₂ + w₃) by lanes, and then the lanes. */
// @ts-ignore: decorator
@inline
function sumBlock(weight: usize): f64 {
  const stop = weight + 512;
  let sum = f32x4.splat(0);
  do {
    const pair = f32x4.add(v128.load(weight), v128.load(weight, 16));
    sum = f32x4.add(sum, f32x4.add(pair, f32x4.add(v128.load(weight, 32), v128.load(weight, 48))));
    weight += 64;
  } while (weight != stop);
  return sumLanes(sum);
}

/** The same of those whose x lies within the bounds. */
function sumWithin(x: usize, low: f32, high: f32): f64 {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  let weight = block_weights;
  const stop = weight + 512;
  let sum = f32x4.splat(0);
  do {
    const w0 = within(v128.load(x), v128.load(weight), lows, highs);
    const w1 = within(v128.load(x, 16), v128.load(weight, 16), lows, highs);
    const w2 = within(v128.load(x, 32), v128.load(weight, 32), lows, highs);
    const w3 = within(v128.load(x, 48), v128.load(weight, 48), lows, highs);
    sum = f32x4.add(sum, f32x4.add(f32x4.add(w0, w1), f32x4.add(w2, w3)));
    x += 64;
    weight += 64;
  } while (weight != stop);
  return sumLanes(sum);
}

/** Four weights, zero where x lies outside the bounds. */
// @ts-ignore: decorator
@inline
function within(x: v128, weights: v128, low: v128, high: v128): v128 {
  return v128.and(weights, v128.and(f32x4.ge(x, low), f32x4.le(x, high)));
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
  weighBlock(from);
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

/** Σ w over the survivors with lower ids than `id`, from the block sums of this window; its own weight in results[0], 0 when it does not survive. */
export function massBefore(values: usize, maxima: usize, sums: usize, id: i32): f64 {
  const floor = windowFloor();
  const own_block = id >> 7;
  let sum: f64 = 0;
  for (let block = 0; block < own_block; block++)
    if (load<f32>(maxima + ((<usize>block) << 2)) >= floor) sum += load<f64>(sums + ((<usize>block) << 3));
  store<f64>(results, 0);
  if (load<f32>(maxima + ((<usize>own_block) << 2)) < floor) return sum;
  const from = windowBlock(values, own_block);
  weighBlock(from);
  for (let i = 0; i <= (id & 127); i++) {
    const x = load<f32>(from + ((<usize>i) << 2));
    if (!(x >= block_low && x <= block_high)) continue;
    const weight = <f64>load<f32>(block_weights + ((<usize>i) << 2));
    if (i == (id & 127)) store<f64>(results, weight);
    else sum += weight;
  }
  return sum;
}
