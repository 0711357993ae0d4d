/**
 * Work inside the bracket: a few thousand values with their weights are binned until only a few tens around the cut
 * are left.
 */
import {
  bins,
  bracket_bins,
  bracket_counts,
  bracket_lanes,
  bracket_values,
  bracket_weights,
  results,
  row_weights,
  selected_ids,
  selected_logits,
  sort_spare,
} from "../state";
import { sumLanes } from "../lanes";
import { center, centered, negatedDistance, rest } from "../measure";
import { block_high, block_low, windowBlock } from "../window";
import { weighList } from "../weights/weights";

const BINS: i32 = 1024;
const MAGIC: f32 = 12582912;

/** Copies the values of the bracket and their kept weights side by side, in id order; returns how many. */
export function fillBracket(values: usize, blocks: i32): i32 {
  let lane = bracket_lanes;
  let to = bracket_values;
  let weights = row_weights;
  const move = bracket_weights - bracket_values;
  for (let block = 0; block < blocks; block++) {
    const stop = lane + <usize>load<u8>(bracket_counts + <usize>block);
    while (lane != stop) {
      const at = (<usize>load<u8>(lane)) << 2;
      store<f32>(to, load<f32>(values + at));
      store<f32>(to + move, load<f32>(weights + at));
      lane += 1;
      to += 4;
    }
    values += 512;
    weights += 512;
  }
  return <i32>((to - bracket_values) >> 2);
}

/**
 * Sums the weights of the bracket by bin (high − measure)·scale, or counts each token as 1, in f64 and id order, and
 * remembers the bins; returns the sum of the squares.
 */
export function binBracket(size: i32, high: f32, scale: f32, by_mass: bool): f64 {
  memory.fill(bins, 0, BINS << 3);
  if (!by_mass) fillOnes(size);
  const highs = f32x4.splat(high);
  const factor = f32x4.splat(scale);
  const end = bracket_values + ((<usize>size) << 2);
  padTail(size);
  let value = bracket_values;
  let weight = bracket_weights;
  let to = bracket_bins;
  let squares: f64 = 0;
  while (value < end) {
    const bin = binsOf(v128.load(value), highs, factor);
    v128.store64_lane(to, i16x8.narrow_i32x4_s(bin, bin), 0);
    squares += addTo(i32x4.extract_lane(bin, 0), <f64>load<f32>(weight));
    squares += addTo(i32x4.extract_lane(bin, 1), <f64>load<f32>(weight, 4));
    squares += addTo(i32x4.extract_lane(bin, 2), <f64>load<f32>(weight, 8));
    squares += addTo(i32x4.extract_lane(bin, 3), <f64>load<f32>(weight, 12));
    value += 16;
    weight += 16;
    to += 8;
  }
  // Vectors of eight must not contain bins of an earlier pass.
  v128.store(to, i16x8.splat(-1));
  return squares;
}

function fillOnes(size: i32): void {
  const end = bracket_weights + ((<usize>size) << 2);
  for (let at = bracket_weights; at < end; at += 16) v128.store(at, f32x4.splat(1));
}

/** Fills the last vector up with values of weight 0. */
function padTail(size: i32): void {
  for (let i = size; (i & 3) != 0; i++) {
    store<f32>(bracket_values + ((<usize>i) << 2), 0);
    store<f32>(bracket_weights + ((<usize>i) << 2), 0);
  }
}

// @ts-ignore: decorator
@inline
function binsOf(x: v128, high: v128, scale: v128): v128 {
  const measure = centered ? negatedDistance(x, f32x4.splat(center), f32x4.splat(rest)) : x;
  const depth = f32x4.mul(f32x4.sub(high, measure), scale);
  const clamped = f32x4.pmin(f32x4.pmax(depth, f32x4.splat(0)), f32x4.splat(<f32>(BINS - 1)));
  const magic = f32x4.splat(MAGIC);
  return i32x4.sub(f32x4.add(clamped, magic), magic);
}

// @ts-ignore: decorator
@inline
function addTo(bin: i32, weight: f64): f64 {
  const at = bins + ((<usize>bin) << 3);
  store<f64>(at, load<f64>(at) + weight);
  return weight * weight;
}

/** Selects the bracket's tokens of one bin, as `binBracket` has binned them, in id order; −1 when there are more than `capacity`. */
export function collectBin(size: i32, bin: i32, capacity: i32): i32 {
  const wanted = i16x8.splat(<i16>bin);
  let found: i32 = 0;
  for (let at = 0; at < size; at += 8) {
    let lanes = i16x8.bitmask(i16x8.eq(v128.load(bracket_bins + ((<usize>at) << 1)), wanted));
    if (lanes == 0) continue;
    if (found + popcnt(lanes) > capacity) return -1;
    while (lanes != 0) {
      const place = at + ctz(lanes);
      lanes &= lanes - 1;
      if (place >= size) break;
      const slot = (<usize>found) << 2;
      store<i32>(selected_ids + slot, place);
      store<f32>(selected_logits + slot, load<f32>(bracket_values + ((<usize>place) << 2)));
      found += 1;
    }
  }
  placesToIds(found);
  return found;
}

/** Turns places in the bracket, which are ascending, into token ids. */
function placesToIds(length: i32): void {
  let block: i32 = -1;
  let end: i32 = 0;
  for (let i = 0; i < length; i++) {
    const slot = selected_ids + ((<usize>i) << 2);
    const place = load<i32>(slot);
    while (place >= end) {
      block += 1;
      end += <i32>load<u8>(bracket_counts + <usize>block);
    }
    store<i32>(slot, (block << 7) + <i32>load<u8>(bracket_lanes + <usize>place));
  }
}

/**
 * Adds the survivors of the window inside the bracket to the block sums; returns the sum of all blocks, and leaves at
 * `results` how many were added. The f32 weights of a block are added in four lanes, by their places in the bracket.
 */
export function addBracket(values: usize, blocks: i32, sums: usize): f64 {
  let place: usize = 0;
  let total: f64 = 0;
  let added: i32 = 0;
  for (let block = 0; block < blocks; block++) {
    const size = <i32>load<u8>(bracket_counts + <usize>block);
    const from = windowBlock(values, block);
    let sum: f64 = 0;
    if (from != values + ((<usize>block) << 9)) {
      // A block that a tie id falls into: token by token, where its outsiders are overwritten.
      for (let i = 0; i < size; i++) {
        const at = place + <usize>i;
        const x = load<f32>(from + ((<usize>load<u8>(bracket_lanes + at)) << 2));
        if (x < block_low || x > block_high) continue;
        sum += <f64>load<f32>(bracket_weights + (at << 2));
        added += 1;
      }
    } else {
      const low = f32x4.splat(block_low);
      const high = f32x4.splat(block_high);
      const lanes = i32x4(0, 1, 2, 3);
      let at = bracket_values + (place << 2);
      let weight = bracket_weights + (place << 2);
      let sums4 = f32x4.splat(0);
      for (let rest = size; rest > 0; rest -= 4) {
        const x = v128.load(at);
        const within = v128.and(f32x4.ge(x, low), f32x4.le(x, high));
        const survives = v128.and(within, i32x4.gt_s(i32x4.splat(rest), lanes));
        sums4 = f32x4.add(sums4, v128.and(v128.load(weight), survives));
        added += popcnt(i32x4.bitmask(survives));
        at += 16;
        weight += 16;
      }
      sum = sumLanes(sums4);
    }
    place += <usize>size;
    const mass = load<f64>(sums) + sum;
    store<f64>(sums, mass);
    total += mass;
    sums += 8;
  }
  store<f64>(results, <f64>added);
  return total;
}

/** Weights of the selected logits, in their order, as f32 at `sort_spare`. */
export function weighSelection(length: i32): void {
  weighList(selected_logits, sort_spare, length);
}
