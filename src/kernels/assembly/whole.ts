/**
 * The weights of a whole row, kept in memory, and the sums from which entropy, varentropy, collision probability and
 * mean follow; then sums over a window, which reuse the weights. Tokens at −Infinity have the weight 2^−124, too
 * small to change a sum.
 */
import { bracket_counts, bracket_lanes, results, row_weights } from "./state";
import { bits16, sumLanes } from "./lanes";
import { listPlaces } from "./selection/bracket";
import { center, rest } from "./measure";
import { block_high, block_low, windowBlock, windowFloor } from "./window";
import { reference, scale, weigh, yBlock, y_min } from "./weights/weights";

/**
 * Keeps the weights of all tokens at `row_weights`. With d = y − y(largest), at least y_min − y(largest), leaves Σw,
 * Σw·d, Σw·d², Σw² at `results`: twice four f32 lanes per block and sum, f64 across blocks.
 */
export function weighRow(values: usize, blocks: i32, largest: f32): void {
  const m = f32x4.splat(y_min);
  const top = f32x4.splat((largest - reference) * scale);
  let weights = row_weights;
  let total = f64x2.splat(0);
  let total_d = total;
  let total_d2 = total;
  let total_w2 = total;
  const end = values + ((<usize>blocks) << 9);
  do {
    let y = yBlock(values);
    const stop = y + 512;
    weigh(y, weights, 512);
    let sum = f32x4.splat(0);
    let sum_d = sum;
    let sum_d2 = sum;
    let sum_w2 = sum;
    let next = sum;
    let next_d = sum;
    let next_d2 = sum;
    let next_w2 = sum;
    do {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      const d0 = f32x4.sub(f32x4.pmax(v128.load(y), m), top);
      const d1 = f32x4.sub(f32x4.pmax(v128.load(y, 16), m), top);
      const e0 = f32x4.mul(w0, d0);
      const e1 = f32x4.mul(w1, d1);
      sum = f32x4.add(sum, w0);
      next = f32x4.add(next, w1);
      sum_d = f32x4.add(sum_d, e0);
      next_d = f32x4.add(next_d, e1);
      sum_d2 = f32x4.add(sum_d2, f32x4.mul(e0, d0));
      next_d2 = f32x4.add(next_d2, f32x4.mul(e1, d1));
      sum_w2 = f32x4.add(sum_w2, f32x4.mul(w0, w0));
      next_w2 = f32x4.add(next_w2, f32x4.mul(w1, w1));
      y += 32;
      weights += 32;
    } while (y != stop);
    total = f64x2.add(total, inPairs(f32x4.add(sum, next)));
    total_d = f64x2.add(total_d, inPairs(f32x4.add(sum_d, next_d)));
    total_d2 = f64x2.add(total_d2, inPairs(f32x4.add(sum_d2, next_d2)));
    total_w2 = f64x2.add(total_w2, inPairs(f32x4.add(sum_w2, next_w2)));
    values += 512;
  } while (values != end);
  store<f64>(results, f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1));
  store<f64>(results, f64x2.extract_lane(total_d, 0) + f64x2.extract_lane(total_d, 1), 8);
  store<f64>(results, f64x2.extract_lane(total_d2, 0) + f64x2.extract_lane(total_d2, 1), 16);
  store<f64>(results, f64x2.extract_lane(total_w2, 0) + f64x2.extract_lane(total_w2, 1), 24);
}

/** Lanes 0 + 2 and 1 + 3, as f64. */
// @ts-ignore: decorator
@inline
function inPairs(x: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3)));
}

/**
 * Σ of the kept weights over the survivors of the window; leaves one sum per block at `sums`, to the bit those that
 * weighing would give, and at `results` how many survive.
 */
export function sumKeptWeights(values: usize, maxima: usize, blocks: i32, sums: usize): f64 {
  const floor = windowFloor();
  let weights = row_weights;
  let total: f64 = 0;
  let count = i32x4.splat(0);
  for (let block = 0; block < blocks; block++) {
    const max = load<f32>(maxima + ((<usize>block) << 2));
    let block_sum: f64 = 0;
    if (max >= floor) {
      let x = windowBlock(values, block);
      let weight = weights;
      const stop = x + 512;
      const low = f32x4.splat(block_low);
      const high = f32x4.splat(block_high);
      let sum = f32x4.splat(0);
      if (max <= block_high) {
        do {
          const in0 = f32x4.ge(v128.load(x), low);
          const in1 = f32x4.ge(v128.load(x, 16), low);
          const in2 = f32x4.ge(v128.load(x, 32), low);
          const in3 = f32x4.ge(v128.load(x, 48), low);
          count = i32x4.sub(count, i32x4.add(i32x4.add(in0, in1), i32x4.add(in2, in3)));
          sum = f32x4.add(sum, sumOf16(weight, in0, in1, in2, in3));
          x += 64;
          weight += 64;
        } while (x != stop);
      } else {
        do {
          const in0 = inside(v128.load(x), low, high);
          const in1 = inside(v128.load(x, 16), low, high);
          const in2 = inside(v128.load(x, 32), low, high);
          const in3 = inside(v128.load(x, 48), low, high);
          count = i32x4.sub(count, i32x4.add(i32x4.add(in0, in1), i32x4.add(in2, in3)));
          sum = f32x4.add(sum, sumOf16(weight, in0, in1, in2, in3));
          x += 64;
          weight += 64;
        } while (x != stop);
      }
      block_sum = sumLanes(sum);
    }
    weights += 512;
    store<f64>(sums, block_sum);
    sums += 8;
    total += block_sum;
  }
  const pairs = i32x4.add(count, i32x4.shuffle(count, count, 2, 3, 0, 1));
  store<f64>(results, <f64>(i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1)));
  return total;
}

// @ts-ignore: decorator
@inline
function inside(x: v128, low: v128, high: v128): v128 {
  return v128.and(f32x4.ge(x, low), f32x4.le(x, high));
}

/** (w₀ + w₁) + (w₂ + w₃) of 16 kept weights, without those outside. */
// @ts-ignore: decorator
@inline
function sumOf16(weight: usize, in0: v128, in1: v128, in2: v128, in3: v128): v128 {
  const pair = f32x4.add(v128.and(v128.load(weight), in0), v128.and(v128.load(weight, 16), in1));
  const next = f32x4.add(v128.and(v128.load(weight, 32), in2), v128.and(v128.load(weight, 48), in3));
  return f32x4.add(pair, next);
}

/**
 * Lists the tokens whose distance from the center (measure.ts) lies beyond `near` and within `far`, as brackets are
 * listed (bracket.ts); returns the sum of the kept weights of those within `near`, leaves it per block at `sums`, and
 * how many they are at `results`.
 */
export function bracketAround(values: usize, blocks: i32, near: f32, far: f32, sums: usize): f64 {
  const centers = f32x4.splat(center);
  const rests = f32x4.splat(rest);
  const nears = f32x4.splat(near);
  const fars = f32x4.splat(far);
  let weight = row_weights;
  let out = bracket_lanes;
  let total: f64 = 0;
  let count: i32 = 0;
  for (let block = 0; block < blocks; block++) {
    const first = out;
    const stop = values + 512;
    let sum = f32x4.splat(0);
    let places: u64 = 0;
    do {
      const d0 = distance(v128.load(values), centers, rests);
      const d1 = distance(v128.load(values, 16), centers, rests);
      const d2 = distance(v128.load(values, 32), centers, rests);
      const d3 = distance(v128.load(values, 48), centers, rests);
      const n0 = f32x4.le(d0, nears);
      const n1 = f32x4.le(d1, nears);
      const n2 = f32x4.le(d2, nears);
      const n3 = f32x4.le(d3, nears);
      sum = f32x4.add(sum, sumOf16(weight, n0, n1, n2, n3));
      const within = bits16(n0, n1, n2, n3);
      const listed = bits16(f32x4.le(d0, fars), f32x4.le(d1, fars), f32x4.le(d2, fars), f32x4.le(d3, fars)) & ~within;
      count += popcnt(within);
      out = listPlaces(out, listed, places);
      places += 0x1010101010101010;
      values += 64;
      weight += 64;
    } while (values != stop);
    store<u8>(bracket_counts + <usize>block, <u8>(out - first));
    const block_sum = sumLanes(sum);
    store<f64>(sums, block_sum);
    sums += 8;
    total += block_sum;
  }
  store<f64>(results, <f64>count);
  return total;
}

// @ts-ignore: decorator
@inline
function distance(x: v128, centers: v128, rests: v128): v128 {
  return f32x4.abs(f32x4.sub(f32x4.sub(x, centers), rests));
}
