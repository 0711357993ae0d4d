/**
 * Weights of a row that a watermark changes, and the draw among them. The weights of the row are kept (whole.ts); the
 * changed ones are zero outside the window. Each block has its sum, four f32 lanes within a block and f64 across
 * blocks, as in mass.ts.
 */
import { sumLanes } from "./lanes";
import { philox, WORDS } from "./philox";
import { row_weights } from "./state";
import { block_high, block_low, windowBlock, windowFloor } from "./window";

/**
 * Multiplies the weights of green tokens by `gain`: those whose word of the configured noise, of which the upper 24 bits
 * count, is below `limit`. Writes all weights to `to`, the block sums to `sums`, and returns their sum.
 */
export function tiltGreen(
  values: usize,
  maxima: usize,
  blocks: i32,
  limit: i32,
  gain: f32,
  to: usize,
  sums: usize,
): f64 {
  const floor = windowFloor();
  const limits = i32x4.splat(limit);
  const more = f32x4.splat(gain - 1);
  const lanes = i32x4(0, 1, 2, 3);
  let total: f64 = 0;
  for (let block = 0; block < blocks; block++) {
    let block_sum: f64 = 0;
    if (load<f32>(maxima + ((<usize>block) << 2)) >= floor) {
      const from = windowBlock(values, block);
      const low = f32x4.splat(block_low);
      const high = f32x4.splat(block_high);
      const offset = (<usize>block) << 9;
      let sum = f32x4.splat(0);
      for (let group: usize = 0; group != 512; group += 128) {
        const counters = i32x4.add(i32x4.splat((block << 5) + <i32>(group >> 4)), lanes);
        philox(counters, i32x4.add(counters, i32x4.splat(4)));
        for (let half: usize = 0; half != 128; half += 64) {
          const at = group + half;
          const a = i32x4.lt_s(i32x4.shr_u(v128.load(WORDS + half), 8), limits);
          const b = i32x4.lt_s(i32x4.shr_u(v128.load(WORDS + half, 16), 8), limits);
          const c = i32x4.lt_s(i32x4.shr_u(v128.load(WORDS + half, 32), 8), limits);
          const d = i32x4.lt_s(i32x4.shr_u(v128.load(WORDS + half, 48), 8), limits);
          // A lane is a counter, and a vector one of its words: tokens follow counter by counter.
          const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
          const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
          const ab_next = i32x4.shuffle(a, b, 2, 6, 3, 7);
          const cd_next = i32x4.shuffle(c, d, 2, 6, 3, 7);
          const weights = row_weights + offset + at;
          const w0 = tilted(from + at, weights, i64x2.shuffle(ab, cd, 0, 2), low, high, more);
          const w1 = tilted(from + at + 16, weights + 16, i64x2.shuffle(ab, cd, 1, 3), low, high, more);
          const w2 = tilted(from + at + 32, weights + 32, i64x2.shuffle(ab_next, cd_next, 0, 2), low, high, more);
          const w3 = tilted(from + at + 48, weights + 48, i64x2.shuffle(ab_next, cd_next, 1, 3), low, high, more);
          v128.store(to + offset + at, w0);
          v128.store(to + offset + at, w1, 16);
          v128.store(to + offset + at, w2, 32);
          v128.store(to + offset + at, w3, 48);
          sum = f32x4.add(sum, f32x4.add(f32x4.add(w0, w1), f32x4.add(w2, w3)));
        }
      }
      block_sum = sumLanes(sum);
    }
    store<f64>(sums + ((<usize>block) << 3), block_sum);
    total += block_sum;
  }
  return total;
}

// @ts-ignore: decorator
@inline
function tilted(x: usize, weight: usize, green: v128, low: v128, high: v128, more: v128): v128 {
  const w = keptWithin(v128.load(x), v128.load(weight), low, high);
  return f32x4.add(w, v128.and(green, f32x4.mul(w, more)));
}

/** Four kept weights, zero where x lies outside of the bounds. */
// @ts-ignore: decorator
@inline
function keptWithin(x: v128, weights: v128, low: v128, high: v128): v128 {
  return v128.and(weights, v128.and(f32x4.ge(x, low), f32x4.le(x, high)));
}

/** Multiplies the weight of each token by the factor at id modulo 128·`period`; writes and returns as tiltGreen does. */
export function tiltByFactors(
  values: usize,
  maxima: usize,
  blocks: i32,
  factors: usize,
  period: i32,
  to: usize,
  sums: usize,
): f64 {
  const floor = windowFloor();
  let total: f64 = 0;
  for (let block = 0; block < blocks; block++) {
    let block_sum: f64 = 0;
    if (load<f32>(maxima + ((<usize>block) << 2)) >= floor) {
      const from = windowBlock(values, block);
      const low = f32x4.splat(block_low);
      const high = f32x4.splat(block_high);
      const offset = (<usize>block) << 9;
      const factor = factors + ((<usize>(block % period)) << 9);
      let sum = f32x4.splat(0);
      for (let at: usize = 0; at != 512; at += 32) {
        const weight = row_weights + offset + at;
        const a = keptWithin(v128.load(from + at), v128.load(weight), low, high);
        const b = keptWithin(v128.load(from + at, 16), v128.load(weight, 16), low, high);
        const w0 = f32x4.mul(a, v128.load(factor + at));
        const w1 = f32x4.mul(b, v128.load(factor + at, 16));
        v128.store(to + offset + at, w0);
        v128.store(to + offset + at, w1, 16);
        sum = f32x4.add(sum, f32x4.add(w0, w1));
      }
      block_sum = sumLanes(sum);
    }
    store<f64>(sums + ((<usize>block) << 3), block_sum);
    total += block_sum;
  }
  return total;
}

/**
 * The first token at which the running sum of such weights exceeds u·total, in the order of ids; the last with any weight
 * where rounding passes it, and −1 where none has.
 */
export function drawTilted(weights: usize, blocks: i32, sums: usize, total: f64, u: f64): i32 {
  const target = u * total;
  let sum: f64 = 0;
  let chosen = -1;
  for (let block = 0; block < blocks; block++) {
    const mass = load<f64>(sums + ((<usize>block) << 3));
    if (!(mass > 0)) continue;
    chosen = block;
    if (sum + mass > target) break;
    sum += mass;
  }
  if (chosen < 0) return -1;
  let at = weights + ((<usize>chosen) << 9);
  let last = -1;
  for (let id = chosen << 7; id < (chosen + 1) << 7; id++) {
    const weight = load<f32>(at);
    at += 4;
    if (weight == 0) continue;
    last = id;
    sum += <f64>weight;
    if (sum > target) break;
  }
  return last;
}
