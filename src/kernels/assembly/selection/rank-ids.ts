/**
 * All tokens of a row in the order of their logits, largest first and equal logits by ascending id, as ids and values.
 *
 * Each logit becomes one of 2²⁰ bins of equal width, which two passes of ten bits sort; comparing the values then orders
 * the tokens of one bin. After the first pass the lower ten bits are not needed, so the upper ones and the id fit into
 * one u32: a row of 131,072 tokens takes 512 kB.
 */

const BINS: i32 = 1024;
const LAST: i32 = 0xfffff;
/** Number of occurrences of each digit, and then the position of its next token: i32 each */
const LOW: usize = memory.data(1024 * 4, 16);
const HIGH: usize = memory.data(1024 * 4, 16);
/** Maximum number of moves per token in the final comparison, before the row is given up. */
const MOVES_MAX: i32 = 4;

/**
 * Ranks a row whose largest value is `max`. Tokens `1048575/scale` below it or farther, those at −Infinity among them, stand
 * after all others, by id. Writes ids (i32) and values (f32); `keys` and `spare` are room for as many u32. Returns how many
 * tokens are in order; −1 when too many tokens share a bin, and then the result is undefined.
 */
export function rankIds(
  values: usize,
  blocks: i32,
  max: f32,
  scale: f32,
  keys: usize,
  spare: usize,
  ids: usize,
  ranked: usize,
): i32 {
  const count = blocks << 7;
  const size = (<usize>count) << 2;
  const behind = writeBins(values, size, max, scale, keys);
  startDigits(LOW);
  startDigits(HIGH);
  for (let at: usize = 0; at != size; at += 4) {
    const key = load<i32>(keys + at);
    place(LOW + (<usize>((key & (BINS - 1)) << 2)), spare, ((key >> 10) << 20) | <i32>(at >> 2));
  }
  for (let at: usize = 0; at != size; at += 4) {
    const entry = load<u32>(spare + at);
    place(HIGH + (<usize>((entry >> 20) << 2)), ids, <i32>(entry & 0xfffff));
  }
  for (let at: usize = 0; at != size; at += 4)
    store<f32>(ranked + at, load<f32>(values + ((<usize>load<i32>(ids + at)) << 2)));
  const ordered = count - behind;
  return orderWithinBins(ids, ranked, ordered) ? ordered : -1;
}

/** Writes the bin of each value, and counts the digits; returns the number of tokens in the last bin. */
function writeBins(values: usize, size: usize, max: f32, scale: f32, keys: usize): i32 {
  memory.fill(LOW, 0, BINS << 2);
  memory.fill(HIGH, 0, BINS << 2);
  const top = f32x4.splat(max);
  const factor = f32x4.splat(scale);
  const last = i32x4.splat(LAST);
  let behind = i32x4.splat(0);
  for (let at: usize = 0; at != size; at += 16) {
    const distance = f32x4.mul(f32x4.sub(top, v128.load(values + at)), factor);
    const key = i32x4.min_u(i32x4.trunc_sat_f32x4_u(distance), last);
    v128.store(keys + at, key);
    behind = i32x4.sub(behind, i32x4.eq(key, last));
    countOne(i32x4.extract_lane(key, 0));
    countOne(i32x4.extract_lane(key, 1));
    countOne(i32x4.extract_lane(key, 2));
    countOne(i32x4.extract_lane(key, 3));
  }
  const pairs = i32x4.add(behind, i32x4.shuffle(behind, behind, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

// @ts-ignore: decorator
@inline
function countOne(key: i32): void {
  const low = LOW + (<usize>((key & (BINS - 1)) << 2));
  store<i32>(low, load<i32>(low) + 1);
  const high = HIGH + (<usize>((key >> 10) << 2));
  store<i32>(high, load<i32>(high) + 1);
}

function startDigits(digits: usize): void {
  let start = 0;
  for (let at = digits; at != digits + (BINS << 2); at += 4) {
    const count = load<i32>(at);
    store<i32>(at, start);
    start += count;
  }
}

// @ts-ignore: decorator
@inline
function place(next: usize, to: usize, entry: i32): void {
  const slot = load<i32>(next);
  store<i32>(next, slot + 1);
  store<i32>(to + ((<usize>slot) << 2), entry);
}

/** Moves each value in front of the smaller ones before it. False when that takes too long. */
function orderWithinBins(ids: usize, ranked: usize, count: i32): bool {
  let left = count * MOVES_MAX;
  const end = (<usize>count) << 2;
  let before: f32 = Infinity;
  for (let at: usize = 0; at != end; at += 4) {
    const x = load<f32>(ranked + at);
    if (x <= before) {
      before = x;
      continue;
    }
    const id = load<i32>(ids + at);
    let to = at;
    do {
      store<f32>(ranked + to, load<f32>(ranked + to - 4));
      store<i32>(ids + to, load<i32>(ids + to - 4));
      to -= 4;
      left--;
    } while (to != 0 && load<f32>(ranked + to - 4) < x);
    store<f32>(ranked + to, x);
    store<i32>(ids + to, id);
    if (left < 0) return false;
  }
  return true;
}
