/**
 * A tournament of layers (SynthID): in each, p ← p·(1 + g − Σ g·p) with g of 0 or 1 for each token. Tokens with the same
 * bits in all layers get the same factor, so their weights are first summed.
 */
import { row_weights, sort_keys, sort_spare } from "./state";
import { upper } from "./weights/weights-f64";
import { block_high, block_low, windowBlock, windowFloor } from "./window";

/** Number of layers that are processed together: their bits make this many patterns. */
const TOGETHER: i32 = 10;
const PATTERNS: i32 = 1024;

/** f64 by pattern, in the scratch of sorting */
// @ts-ignore: decorator
@inline
function masses(): usize {
  return sort_spare;
}

/** The same of a group of layers; there are up to four groups. */
// @ts-ignore: decorator
@inline
function factorsOf(group: i32): usize {
  return sort_keys + ((<usize>group) << 13);
}

/** Adds up the kept weights within the window by id modulo 128·`period`, as f64 at `to`; returns the sum of all. */
export function foldWeights(values: usize, maxima: usize, blocks: i32, period: i32, to: usize): f64 {
  const floor = windowFloor();
  memory.fill(to, 0, (<usize>period) << 10);
  let total = f64x2.splat(0);
  for (let block = 0; block < blocks; block++) {
    if (load<f32>(maxima + ((<usize>block) << 2)) < floor) continue;
    const from = windowBlock(values, block);
    const low = f32x4.splat(block_low);
    const high = f32x4.splat(block_high);
    const weights = row_weights + ((<usize>block) << 9);
    let out = to + ((<usize>(block % period)) << 10);
    for (let at: usize = 0; at != 512; at += 16) {
      const x = v128.load(from + at);
      const w = v128.and(v128.load(weights + at), v128.and(f32x4.ge(x, low), f32x4.le(x, high)));
      const a = f64x2.promote_low_f32x4(w);
      const b = f64x2.promote_low_f32x4(upper(w));
      v128.store(out, f64x2.add(v128.load(out), a));
      v128.store(out, f64x2.add(v128.load(out, 16), b), 16);
      total = f64x2.add(total, f64x2.add(a, b));
      out += 32;
    }
  }
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

/**
 * Plays the tournament of `count` weights, whose bits are i32 at `bits` and whose sum is `total`. Uses up the weights, and
 * writes what each has to be multiplied by, as f32 at `factors`.
 */
export function playLayers(weights: usize, bits: usize, count: i32, layers: i32, total: f64, factors: usize): void {
  let group = 0;
  for (let first = 0; first < layers; first += TOGETHER) {
    addMasses(weights, bits, count, first, factorsOf(group - 1));
    makeFactors(min(TOGETHER, layers - first), 1 / total, factorsOf(group));
    group++;
  }
  writeFactors(bits, count, group, factors);
}

/** Multiplies by what the layers before `first` came to, and adds up by the pattern of the next ones. */
function addMasses(weights: usize, bits: usize, count: i32, first: i32, before: usize): void {
  memory.fill(masses(), 0, PATTERNS << 3);
  const end = weights + ((<usize>count) << 3);
  if (first == 0) {
    for (; weights != end; weights += 8) {
      addMass(load<i32>(bits), load<f64>(weights));
      bits += 4;
    }
    return;
  }
  for (; weights != end; weights += 8) {
    const own = load<u32>(bits) >> (first - TOGETHER);
    const weight = load<f64>(weights) * load<f64>(before + ((<usize>(own & (PATTERNS - 1))) << 3));
    store<f64>(weights, weight);
    addMass(own >> TOGETHER, weight);
    bits += 4;
  }
}

// @ts-ignore: decorator
@inline
function addMass(pattern: i32, weight: f64): void {
  const at = masses() + ((<usize>(pattern & (PATTERNS - 1))) << 3);
  store<f64>(at, load<f64>(at) + weight);
}

/** What the next layers make of each pattern; uses up the masses: a layer that is decided no longer tells patterns apart. */
function makeFactors(layers: i32, share: f64, factors: usize): void {
  store<f64>(factors, 1);
  for (let layer = 0; layer < layers; layer++) {
    const decided: usize = (<usize>8) << layer;
    const left = (<usize>8) << (layers - layer);
    let mass: f64 = 0;
    for (let at: usize = 8; at < left; at += 16) mass += load<f64>(masses() + at);
    const losing = 1 - mass * share;
    const winning = 2 - mass * share;
    for (let at: usize = 0; at < left; at += 16)
      store<f64>(masses() + (at >> 1), load<f64>(masses() + at) * losing + load<f64>(masses() + at, 8) * winning);
    for (let at: usize = 0; at < decided; at += 8) {
      store<f64>(factors + at + decided, load<f64>(factors + at) * winning);
      store<f64>(factors + at, load<f64>(factors + at) * losing);
    }
  }
}

function writeFactors(bits: usize, count: i32, groups: i32, to: usize): void {
  const end = to + ((<usize>count) << 2);
  for (; to != end; to += 4) {
    let own = load<u32>(bits);
    let factor: f64 = 1;
    for (let group = 0; group < groups; group++) {
      factor *= load<f64>(factorsOf(group) + ((<usize>(own & (PATTERNS - 1))) << 3));
      own >>= TOGETHER;
    }
    store<f32>(to, <f32>factor);
    bits += 4;
  }
}
