/**
 * A whole row in 2,048 bins of equal width, the largest values in the first bin: the number of tokens in each, and their
 * weight. The bin is monotone in the value, so a bin and all before it are a prefix of the ranking. A value above `top` is
 * in the first bin; one that is `2047/scale` or more below it is in the last, −Infinity among them.
 */
import { bits16 } from "../lanes";
import { selected_ids, selected_logits } from "../state";
import { weigh } from "../weights/weights-f64";

const BINS: i32 = 2048;
/** Of one block: the bin of each value (i32), and its weight (f64) */
const BIN_OF: usize = memory.data(128 * 4, 16);
const WEIGHTS: usize = memory.data(128 * 8, 16);

// @ts-ignore: decorator
@inline
function binsOf(x: v128, top: v128, factor: v128): v128 {
  const distance = f32x4.mul(f32x4.sub(top, x), factor);
  return i32x4.min_u(i32x4.trunc_sat_f32x4_u(distance), i32x4.splat(BINS - 1));
}

/** Counts the tokens of each bin, i32. */
export function countBins(values: usize, blocks: i32, top: f32, scale: f32, counts: usize): void {
  memory.fill(counts, 0, BINS << 2);
  const tops = f32x4.splat(top);
  const factor = f32x4.splat(scale);
  const end = values + ((<usize>blocks) << 9);
  do {
    const bin = i32x4.shl(binsOf(v128.load(values), tops, factor), 2);
    countOne(counts + <usize>i32x4.extract_lane(bin, 0));
    countOne(counts + <usize>i32x4.extract_lane(bin, 1));
    countOne(counts + <usize>i32x4.extract_lane(bin, 2));
    countOne(counts + <usize>i32x4.extract_lane(bin, 3));
    values += 16;
  } while (values != end);
}

/**
 * Counts the tokens of each bin, and adds up their weights w = 2^((x − top)·factor) and w·(x − top): two f64 for each bin
 * at `sums`. `top` is the largest value.
 */
export function weighBins(
  values: usize,
  blocks: i32,
  top: f32,
  scale: f32,
  factor: f64,
  counts: usize,
  sums: usize,
): void {
  memory.fill(counts, 0, BINS << 2);
  memory.fill(sums, 0, BINS << 4);
  const end = values + ((<usize>blocks) << 9);
  do {
    weigh(values, values + 512, top, factor, WEIGHTS);
    placeBlock(values, top, scale);
    addBlock(values, <f64>top, counts, sums);
    values += 512;
  } while (values != end);
}

function placeBlock(values: usize, top: f32, scale: f32): void {
  const tops = f32x4.splat(top);
  const factor = f32x4.splat(scale);
  for (let at: usize = 0; at != 512; at += 16)
    v128.store(BIN_OF + at, binsOf(v128.load(values + at), tops, factor));
}

function addBlock(values: usize, top: f64, counts: usize, sums: usize): void {
  const tops = f64x2.splat(top);
  // The distance of −Infinity, whose weight is 0: the product must be 0 too.
  const least = f64x2.splat(-1e40);
  for (let at: usize = 0; at != 512; at += 8) {
    const w = v128.load(WEIGHTS + 2 * at);
    const d = f64x2.pmax(f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(values + at)), tops), least);
    const moment = f64x2.mul(w, d);
    const first = <usize>load<i32>(BIN_OF + at);
    const second = <usize>load<i32>(BIN_OF + at, 4);
    countOne(counts + (first << 2));
    countOne(counts + (second << 2));
    addOne(sums + (first << 4), i64x2.shuffle(w, moment, 0, 2));
    addOne(sums + (second << 4), i64x2.shuffle(w, moment, 1, 3));
  }
}

// @ts-ignore: decorator
@inline
function countOne(at: usize): void {
  store<i32>(at, load<i32>(at) + 1);
}

// @ts-ignore: decorator
@inline
function addOne(at: usize, pair: v128): void {
  v128.store(at, f64x2.add(v128.load(at), pair));
}

/** Selects the tokens of the bins `first` to `last` in the order of ids; −1 when they are more than `capacity`. */
export function gatherBins(
  values: usize,
  blocks: i32,
  top: f32,
  scale: f32,
  first: i32,
  last: i32,
  capacity: i32,
): i32 {
  const tops = f32x4.splat(top);
  const factor = f32x4.splat(scale);
  const low = i32x4.splat(first);
  const high = i32x4.splat(last);
  const count = blocks << 7;
  let found: i32 = 0;
  for (let id = 0; id != count; id += 16) {
    const at = values + ((<usize>id) << 2);
    let lanes = bits16(
      within(binsOf(v128.load(at), tops, factor), low, high),
      within(binsOf(v128.load(at, 16), tops, factor), low, high),
      within(binsOf(v128.load(at, 32), tops, factor), low, high),
      within(binsOf(v128.load(at, 48), tops, factor), low, high),
    );
    if (lanes == 0) continue;
    if (found + popcnt(lanes) > capacity) return -1;
    do {
      const lane = ctz(lanes);
      const slot = (<usize>found) << 2;
      store<i32>(selected_ids + slot, id + lane);
      store<f32>(selected_logits + slot, load<f32>(at + ((<usize>lane) << 2)));
      found += 1;
      lanes &= lanes - 1;
    } while (lanes != 0);
  }
  return found;
}

// @ts-ignore: decorator
@inline
function within(bin: v128, low: v128, high: v128): v128 {
  return v128.and(i32x4.ge_s(bin, low), i32x4.le_s(bin, high));
}

/** The largest value of the bins from `first` on; −Infinity where they hold no other. */
export function largestFromBin(values: usize, blocks: i32, top: f32, scale: f32, first: i32): f32 {
  const tops = f32x4.splat(top);
  const factor = f32x4.splat(scale);
  const low = i32x4.splat(first);
  const none = f32x4.splat(-Infinity);
  let most = none;
  const end = values + ((<usize>blocks) << 9);
  do {
    const x = v128.load(values);
    most = f32x4.pmax(most, v128.bitselect(x, none, i32x4.ge_s(binsOf(x, tops, factor), low)));
    values += 16;
  } while (values != end);
  const left = max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
  return max(left, max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
}
