/**
 * The survivors of the window as a list of ids and f64 scores, in the order of ids or ranked: largest first, equal
 * logits by ascending id. Ranking counts digits of 11, 11 and 10 bits, from the lowest up: linear for every row.
 */
import { fromOrderedBits, orderedBits } from "../lanes";
import { survivors64 } from "./select";
import { block_high, block_low, windowBlock, windowFloor } from "../window";

const DIGITS: i32 = 2048;
/** Number of occurrences of each digit, and then the position of its next token: i32 each */
const FIRST: usize = memory.data(2048 * 4, 16);
const SECOND: usize = memory.data(2048 * 4, 16);
const THIRD: usize = memory.data(1024 * 4, 16);

/** Lists the survivors in the order of ids, each x as x/T; returns how many. */
export function listRow(values: usize, maxima: usize, blocks: i32, temperature: f64, ids: usize, scores: usize): i32 {
  const first = ids;
  for (let block = 0; block < blocks; block++) {
    if (load<f32>(maxima + ((<usize>block) << 2)) < windowFloor()) continue;
    const from = windowBlock(values, block);
    const low = f32x4.splat(block_low);
    const high = f32x4.splat(block_high);
    for (let half = 0; half < 2; half++) {
      const at = from + ((<usize>half) << 8);
      let lanes = survivors64(at, low, high);
      while (lanes != 0) {
        const lane = <i32>ctz(lanes);
        store<i32>(ids, (block << 7) + (half << 6) + lane);
        store<f64>(scores, <f64>load<f32>(at + ((<usize>lane) << 2)) / temperature);
        ids += 4;
        scores += 8;
        lanes &= lanes - 1;
      }
    }
  }
  return <i32>((ids - first) >> 2);
}

/** Lists the survivors ranked; `keys` and `spare` are room for as many u64. Returns how many. */
export function rankRow(
  values: usize,
  maxima: usize,
  blocks: i32,
  temperature: f64,
  ids: usize,
  scores: usize,
  keys: usize,
  spare: usize,
): i32 {
  const count = writeKeys(values, maxima, blocks, keys);
  const end = (<usize>count) << 3;
  startDigits(FIRST, DIGITS);
  startDigits(SECOND, DIGITS);
  startDigits(THIRD, DIGITS >> 1);
  for (let at = keys; at != keys + end; at += 8) {
    const key = load<u64>(at);
    place(FIRST + <usize>((key >> 30) & 0x1ffc), spare, key);
  }
  for (let at = spare; at != spare + end; at += 8) {
    const key = load<u64>(at);
    place(SECOND + <usize>((key >> 41) & 0x1ffc), keys, key);
  }
  for (let at = keys; at != keys + end; at += 8) {
    const key = load<u64>(at);
    const next = THIRD + <usize>((key >> 52) & 0xffc);
    const slot = <usize>load<i32>(next);
    store<i32>(next, <i32>slot + 1);
    store<i32>(ids + (slot << 2), <i32>key);
    store<f64>(scores + (slot << 3), <f64>fromOrderedBits(~(<u32>(key >> 32))) / temperature);
  }
  return count;
}

/** For each survivor a key that ascends as the logit falls, with the id in its lower half; counts the digits. */
function writeKeys(values: usize, maxima: usize, blocks: i32, to: usize): i32 {
  memory.fill(FIRST, 0, DIGITS << 2);
  memory.fill(SECOND, 0, DIGITS << 2);
  memory.fill(THIRD, 0, DIGITS << 1);
  const first = to;
  for (let block = 0; block < blocks; block++) {
    if (load<f32>(maxima + ((<usize>block) << 2)) < windowFloor()) continue;
    const from = windowBlock(values, block);
    const low = f32x4.splat(block_low);
    const high = f32x4.splat(block_high);
    for (let half = 0; half < 2; half++) {
      const at = from + ((<usize>half) << 8);
      let lanes = survivors64(at, low, high);
      while (lanes != 0) {
        const lane = <i32>ctz(lanes);
        const order = ~orderedBits(load<f32>(at + ((<usize>lane) << 2)));
        store<u64>(to, ((<u64>order) << 32) | <u64>((block << 7) + (half << 6) + lane));
        countOne(FIRST + <usize>((order << 2) & 0x1ffc));
        countOne(SECOND + <usize>((order >> 9) & 0x1ffc));
        countOne(THIRD + <usize>((order >> 20) & 0xffc));
        to += 8;
        lanes &= lanes - 1;
      }
    }
  }
  return <i32>((to - first) >> 3);
}

// @ts-ignore: decorator
@inline
function countOne(at: usize): void {
  store<i32>(at, load<i32>(at) + 1);
}

/** Turns counts into where the first of each digit goes. */
function startDigits(digits: usize, size: i32): void {
  let start = 0;
  for (let i = 0; i < size; i++) {
    const at = digits + ((<usize>i) << 2);
    const count = load<i32>(at);
    store<i32>(at, start);
    start += count;
  }
}

// @ts-ignore: decorator
@inline
function place(next: usize, to: usize, key: u64): void {
  const slot = load<i32>(next);
  store<i32>(next, slot + 1);
  store<u64>(to + ((<usize>slot) << 3), key);
}
