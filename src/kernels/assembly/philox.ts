/**
 * Philox4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011) and the Gumbel draw that uses it:
 * the token with the largest score + Gumbel noise, where the noise of token `id` comes from word id & 3 of
 * Philox(counter = (id >> 2, c1, c2, c3), key). Eight counters go side by side, four in the lanes of a vector.
 *
 * A word becomes u in one of two ways, and g = −ln(−ln u) to the bits of float64.ts:
 *
 *     fine: u = (word + ½) / 2³²
 *     coarse: u = f32(((word >> 8) + 1) / (2²⁴ + 1)), vLLM's watermarks
 */
import { ln } from "./weights/ln";
import { block_high, block_low, windowBlock, windowFloor } from "./window";

/** Multiplier of the first and of the third word of a counter, twice each for the two products of an instruction. */
const FIRST: usize = memory.data<u32>([0xd2511f53, 0xd2511f53, 0xd2511f53, 0xd2511f53], 16);
const THIRD: usize = memory.data<u32>([0xcd9e8d57, 0xcd9e8d57, 0xcd9e8d57, 0xcd9e8d57], 16);
const WEYL_0: i32 = 0x9e3779b9;
const WEYL_1: i32 = 0xbb67ae85;

/** Ten keys of two words, four times each: what the rounds xor with. */
const KEYS: usize = memory.data(10 * 32, 16);
/** Four words of each of eight counters. */
export const WORDS: usize = memory.data(128, 16);
/** By leading zeros of the distance of a word to the largest: an upper bound of the noise of such words. */
const NOISE_MAX: usize = memory.data(33 * 8, 16);

const LOG2_E: f64 = 1.4426950408889634;
const LN_2: f64 = 0.6931471805599453;
/** Upper bound of the float32 error of a noise. */
const SLACK: f64 = 1e-6;

let c1: v128 = i32x4.splat(0);
let c2: v128 = i32x4.splat(0);
let c3: v128 = i32x4.splat(0);
let is_coarse: bool = false;

/** Sets the last three words of the counter, the key, and the conversion of words to u. */
export function configureNoise(second: i32, third: i32, fourth: i32, key_0: i32, key_1: i32, coarse: bool): void {
  c1 = i32x4.splat(second);
  c2 = i32x4.splat(third);
  c3 = i32x4.splat(fourth);
  for (let round: usize = 0; round < 10; round++) {
    v128.store(KEYS + (round << 5), i32x4.splat(key_0));
    v128.store(KEYS + (round << 5), i32x4.splat(key_1), 16);
    key_0 += WEYL_0;
    key_1 += WEYL_1;
  }
  is_coarse = coarse;
  const bits: f64 = coarse ? 24 : 32;
  for (let zeros = 0; zeros <= 32; zeros++)
    store<f64>(NOISE_MAX + ((<usize>zeros) << 3), (bits - <f64>(31 - zeros)) * LN_2 + SLACK);
}

/**
 * Computes the words of twice four counters with these beginnings: word w of lane l at WORDS + 16·w + 4·l, those of
 * the second four 64 bytes further. Two groups run together, because each round waits for the products of the one
 * before.
 */
// @ts-ignore: decorator
@inline
export function philox(first: v128, second: v128): void {
  const m0 = v128.load(FIRST);
  const m1 = v128.load(THIRD);
  let x0 = first;
  let x1 = c1;
  let x2 = c2;
  let x3 = c3;
  let y0 = second;
  let y1 = c1;
  let y2 = c2;
  let y3 = c3;
  for (let keys = KEYS; keys != KEYS + 320; keys += 32) {
    const a = i64x2.extmul_low_i32x4_u(x0, m0);
    const b = i64x2.extmul_high_i32x4_u(x0, m0);
    const c = i64x2.extmul_low_i32x4_u(x2, m1);
    const d = i64x2.extmul_high_i32x4_u(x2, m1);
    const e = i64x2.extmul_low_i32x4_u(y0, m0);
    const f = i64x2.extmul_high_i32x4_u(y0, m0);
    const g = i64x2.extmul_low_i32x4_u(y2, m1);
    const h = i64x2.extmul_high_i32x4_u(y2, m1);
    const k0 = v128.load(keys);
    const k1 = v128.load(keys, 16);
    x0 = v128.xor(v128.xor(highs(c, d), x1), k0);
    x1 = lows(c, d);
    x2 = v128.xor(v128.xor(highs(a, b), x3), k1);
    x3 = lows(a, b);
    y0 = v128.xor(v128.xor(highs(g, h), y1), k0);
    y1 = lows(g, h);
    y2 = v128.xor(v128.xor(highs(e, f), y3), k1);
    y3 = lows(e, f);
  }
  v128.store(WORDS, x0);
  v128.store(WORDS, x1, 16);
  v128.store(WORDS, x2, 32);
  v128.store(WORDS, x3, 48);
  v128.store(WORDS, y0, 64);
  v128.store(WORDS, y1, 80);
  v128.store(WORDS, y2, 96);
  v128.store(WORDS, y3, 112);
}

// @ts-ignore: decorator
@inline
function lows(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function highs(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 1, 3, 5, 7);
}

/** How far a word is from the largest, in the steps of u. */
// @ts-ignore: decorator
@inline
function rest(word: u32): u32 {
  return is_coarse ? 0x01000000 - (word >> 8) : ~word;
}

// @ts-ignore: decorator
@inline
function noiseMax(word: u32): f64 {
  return load<f64>(NOISE_MAX + (<usize>clz(rest(word)) << 3));
}

// @ts-ignore: decorator
@inline
function uniform(word: u32): f64 {
  return is_coarse ? <f64>(<f32>((<f64>(word >> 8) + 1) / 16777217)) : (<f64>word + 0.5) / 4294967296;
}

function noise(word: u32): f64 {
  return -ln(-ln(uniform(word)));
}

/** u of each token of a list, one after the other. */
export function writeUniforms(ids: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i += 8) {
    philoxOf(ids, i);
    const end = min(i + 8, count);
    for (let j = i; j < end; j++) store<f64>(to + ((<usize>j) << 3), uniform(wordAt(ids, j)));
  }
}

/** The place in a list at which score + noise is largest, of equals that of the lowest id. */
export function noisiest(ids: usize, scores: usize, count: i32): i32 {
  best = -Infinity;
  best_id = i32.MAX_VALUE;
  let place = 0;
  for (let i = 0; i < count; i += 8) {
    philoxOf(ids, i);
    const end = min(i + 8, count);
    for (let j = i; j < end; j++) {
      const word = wordAt(ids, j);
      const score = load<f64>(scores + ((<usize>j) << 3));
      if (score + noiseMax(word) < best) continue;
      const total = score + noise(word);
      const id = load<i32>(ids + ((<usize>j) << 2));
      if (total < best || (total == best && id > best_id)) continue;
      best = total;
      best_id = id;
      place = j;
    }
  }
  return place;
}

/** Leaves the words of the eight tokens of a list from `i` on. After a list lies memory that may be read. */
// @ts-ignore: decorator
@inline
function philoxOf(ids: usize, i: i32): void {
  const at = ids + ((<usize>i) << 2);
  philox(i32x4.shr_s(v128.load(at), 2), i32x4.shr_s(v128.load(at, 16), 2));
}

/** The word of token j of a list, after `philoxOf` for its eight. */
// @ts-ignore: decorator
@inline
function wordAt(ids: usize, j: i32): u32 {
  const word = (<usize>(load<i32>(ids + ((<usize>j) << 2)) & 3)) << 4;
  return load<u32>(WORDS + ((<usize>(j & 4)) << 4) + word + ((<usize>(j & 3)) << 2));
}

/** The survivor of the window for which x/T + noise is largest, of equals the lowest id. `most` survives, and none above it. */
export function noisiestOfRow(values: usize, maxima: usize, blocks: i32, temperature: f64, most: i32): i32 {
  philox(i32x4.splat(most >> 2), i32x4.splat(0));
  const largest = <f64>load<f32>(values + ((<usize>most) << 2)) / temperature;
  best = largest + noise(load<u32>(WORDS + ((<usize>(most & 3)) << 4)));
  best_id = most;
  const farthest = load<f64>(NOISE_MAX + (is_coarse ? 31 << 3 : 32 << 3));
  const lanes = i32x4(0, 1, 2, 3);
  for (let block = 0; block < blocks; block++) {
    const max = load<f32>(maxima + ((<usize>block) << 2));
    if (max < windowFloor() || <f64>max / temperature + farthest < best) continue;
    const from = windowBlock(values, block);
    for (let group = 0; group < 8; group += 2) {
      const at = from + ((<usize>group) << 6);
      const short = <f64>largestOf16(at) / temperature - best;
      const next_short = <f64>largestOf16(at + 64) / temperature - best;
      if (short + farthest < 0 && next_short + farthest < 0) continue;
      const counters = i32x4.add(i32x4.splat((block << 5) + (group << 2)), lanes);
      philox(counters, i32x4.add(counters, i32x4.splat(4)));
      const id = (block << 7) + (group << 4);
      if (someFrom(leastWord(short), WORDS)) lookAt16(at, id, temperature, WORDS);
      if (someFrom(leastWord(next_short), WORDS + 64)) lookAt16(at + 64, id + 16, temperature, WORDS + 64);
    }
  }
  return best_id;
}

let best: f64 = 0;
let best_id: i32 = 0;

// @ts-ignore: decorator
@inline
function largestOf16(at: usize): f32 {
  const pair = f32x4.pmax(v128.load(at), v128.load(at, 16));
  const next = f32x4.pmax(v128.load(at, 32), v128.load(at, 48));
  const four = f32x4.pmax(pair, next);
  const two = f32x4.pmax(four, i32x4.shuffle(four, four, 2, 3, 0, 1));
  return max(f32x4.extract_lane(two, 0), f32x4.extract_lane(two, 1));
}

/**
 * The least word whose noise may make up for a score that is so far from the best, −d. It takes 1 − u < e^−d, since
 * 1 − u < −ln u; and e^−d = 2^y is at most the line between the powers of 2 around it.
 */
// @ts-ignore: decorator
@inline
function leastWord(short: f64): u32 {
  const y = short * LOG2_E;
  if (y >= 0) return 0;
  if (y < -40) return u32.MAX_VALUE;
  const n = floor(y);
  const line = (1 + (y - n)) * reinterpret<f64>((<i64>n + 1023) << 52);
  const room = line * 4299262263.0 + 1024; // 2³² and a thousandth more
  return room >= 4294967296.0 ? 0 : <u32>(4294967296.0 - room);
}

/** True when one of the sixteen words is so large. */
// @ts-ignore: decorator
@inline
function someFrom(least: u32, words: usize): bool {
  const limit = i32x4.splat(least);
  const a = v128.or(i32x4.ge_u(v128.load(words), limit), i32x4.ge_u(v128.load(words, 16), limit));
  const b = v128.or(i32x4.ge_u(v128.load(words, 32), limit), i32x4.ge_u(v128.load(words, 48), limit));
  return v128.any_true(v128.or(a, b));
}

function lookAt16(at: usize, first: i32, temperature: f64, words: usize): void {
  for (let place = 0; place < 16; place++) {
    const x = load<f32>(at + ((<usize>place) << 2));
    if (!(x >= block_low && x <= block_high)) continue;
    const word = load<u32>(words + ((<usize>(place & 3)) << 4) + ((<usize>(place >> 2)) << 2));
    const score = <f64>x / temperature;
    if (score + noiseMax(word) < best) continue;
    const total = score + noise(word);
    const id = first + place;
    if (total < best || (total == best && id >= best_id)) continue;
    best = total;
    best_id = id;
  }
}
