/**
 * Top-p and large k without a sort: a sample of the row estimates where the cut lies, and one pass over the row
 * splits it into values certainly above, values certainly below, and a bracket of a few thousand tokens in
 * between.
 */
import {
  bit_positions,
  bracket_counts,
  bracket_lanes,
  bracket_values,
  bracket_weights,
  counts,
  results,
  row_weights,
} from "../state";
import { bits16, sumLanes } from "../lanes";
import { weigh, yBlock } from "../weights/weights";

/** bins of `sample`; values at or above its limit go into one more */
const BINS: i32 = 1024;
const MAGIC: f32 = 12582912;

/**
 * Counts sampled values x < limit by bin (limit − x)·scale, the last bin taking the rest. Reads `vectors` (a
 * power of two) of the 32 vectors of each block, evenly spread.
 */
export function sample(values: usize, blocks: i32, vectors: i32, limit: f32, scale: f32): void {
  memory.fill(counts, 0, (BINS + 8) << 2);
  const stride = (<usize>(32 / vectors)) << 4;
  const bound = f32x4.splat(limit);
  const factor = f32x4.splat(scale);
  const magic = f32x4.splat(MAGIC);
  const last = f32x4.splat(<f32>(BINS - 1));
  const zero = f32x4.splat(0);
  const beyond = i32x4.splat(BINS);
  const end = values + ((<usize>blocks) << 9);
  do {
    const x = v128.load(values);
    const depth = f32x4.pmin(f32x4.pmax(f32x4.mul(f32x4.sub(bound, x), factor), zero), last);
    const bin = i32x4.sub(f32x4.add(depth, magic), magic);
    const slot = v128.bitselect(bin, beyond, f32x4.lt(x, bound));
    countOne(i32x4.extract_lane(slot, 0));
    countOne(i32x4.extract_lane(slot, 1));
    countOne(i32x4.extract_lane(slot, 2));
    countOne(i32x4.extract_lane(slot, 3));
    values += stride;
  } while (values < end);
}

// @ts-ignore: decorator
@inline
function countOne(bin: i32): void {
  const at = counts + ((<usize>bin) << 2);
  store<i32>(at, load<i32>(at) + 1);
}

/**
 * Copies the sampled vectors side by side to where the bracket's values go, with −Infinity for x ≥ limit, and their
 * kept weights, with 0 for those; returns how many values they are.
 */
export function copySample(values: usize, blocks: i32, vectors: i32, limit: f32): i32 {
  const bound = f32x4.splat(limit);
  const lowest = f32x4.splat(-Infinity);
  const stride = (<usize>(32 / vectors)) << 4;
  const end = values + ((<usize>blocks) << 9);
  let to = bracket_values;
  let weight = row_weights;
  let weight_to = bracket_weights;
  do {
    const x = v128.load(values);
    const below = f32x4.lt(x, bound);
    v128.store(to, v128.bitselect(x, lowest, below));
    v128.store(weight_to, v128.and(v128.load(weight), below));
    to += 16;
    weight_to += 16;
    values += stride;
    weight += stride;
  } while (values < end);
  return <i32>((to - bracket_values) >> 2);
}

/**
 * Appends the places of the bits that are set, of 16, as bytes; `places` holds the place of the first in each byte.
 * Returns where the next ones go; up to 8 bytes after that are overwritten.
 */
// @ts-ignore: decorator
@inline
export function listPlaces(out: usize, bits: i32, places: u64): usize {
  const right = bits & 255;
  const left = bits >> 8;
  store<u64>(out, load<u64>(bit_positions + ((<usize>right) << 3)) + places);
  out += <usize>popcnt(right);
  store<u64>(out, load<u64>(bit_positions + ((<usize>left) << 3)) + places + 0x0808080808080808);
  return out + <usize>popcnt(left);
}

/** As `bracket`, without weights: returns how many x ≥ high there are, and lists low ≤ x < high. */
export function bracketByCount(values: usize, blocks: i32, low: f32, high: f32): i32 {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  let above: i32 = 0;
  let out = bracket_lanes;
  for (let block = 0; block < blocks; block++) {
    const first = out;
    const stop = values + 512;
    let places: u64 = 0;
    do {
      const v0 = v128.load(values);
      const v1 = v128.load(values, 16);
      const v2 = v128.load(values, 32);
      const v3 = v128.load(values, 48);
      const over = bits16(f32x4.ge(v0, highs), f32x4.ge(v1, highs), f32x4.ge(v2, highs), f32x4.ge(v3, highs));
      const inside = bits16(f32x4.ge(v0, lows), f32x4.ge(v1, lows), f32x4.ge(v2, lows), f32x4.ge(v3, lows)) & ~over;
      above += popcnt(over);
      out = listPlaces(out, inside, places);
      places += 0x1010101010101010;
      values += 64;
    } while (values != stop);
    store<u8>(bracket_counts + <usize>block, <u8>(out - first));
  }
  return above;
}

/**
 * One pass: Σ w over the whole row, returned; Σ w over x ≥ high, per block at `sums` and in all at `results`; and the
 * places of low ≤ x < high, as one byte each, with a count per block. The weights are kept at `row_weights`.
 */
export function bracket(values: usize, blocks: i32, low: f32, high: f32, sums: usize): f64 {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  let total: f64 = 0;
  let total_above: f64 = 0;
  let out = bracket_lanes;
  let weight = row_weights;
  for (let block = 0; block < blocks; block++) {
    let sum = f32x4.splat(0);
    let above = f32x4.splat(0);
    const first = out;
    const stop = values + 512;
    let places: u64 = 0;
    weigh(yBlock(values), weight, 512);
    do {
      const v0 = v128.load(values);
      const v1 = v128.load(values, 16);
      const v2 = v128.load(values, 32);
      const v3 = v128.load(values, 48);
      const w0 = v128.load(weight);
      const w1 = v128.load(weight, 16);
      const w2 = v128.load(weight, 32);
      const w3 = v128.load(weight, 48);
      const h0 = f32x4.ge(v0, highs);
      const h1 = f32x4.ge(v1, highs);
      const h2 = f32x4.ge(v2, highs);
      const h3 = f32x4.ge(v3, highs);
      sum = f32x4.add(sum, f32x4.add(f32x4.add(w0, w1), f32x4.add(w2, w3)));
      const g0 = f32x4.add(v128.and(w0, h0), v128.and(w1, h1));
      const g1 = f32x4.add(v128.and(w2, h2), v128.and(w3, h3));
      above = f32x4.add(above, f32x4.add(g0, g1));
      const inside = bits16(f32x4.ge(v0, lows), f32x4.ge(v1, lows), f32x4.ge(v2, lows), f32x4.ge(v3, lows)) &
        ~bits16(h0, h1, h2, h3);
      out = listPlaces(out, inside, places);
      places += 0x1010101010101010;
      values += 64;
      weight += 64;
    } while (values != stop);
    store<u8>(bracket_counts + <usize>block, <u8>(out - first));
    const block_above = sumLanes(above);
    store<f64>(sums, block_above);
    sums += 8;
    total_above += block_above;
    total += sumLanes(sum);
  }
  store<f64>(results, total_above);
  return total;
}
