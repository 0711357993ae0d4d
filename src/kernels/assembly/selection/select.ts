/** Finding tokens by value: gather, count and tie-breaking, in ascending id order. */
import { bits16 } from "../lanes";
import { selected_ids, selected_logits } from "../state";
import { block_high, block_low, windowBlock, windowFloor } from "../window";

/** Writes the survivors of the window in id order; −1 when there are more than `capacity`. */
export function gather(values: usize, maxima: usize, blocks: i32, capacity: i32): i32 {
  const floor = f32x4.splat(windowFloor());
  let found: i32 = 0;
  let block: i32 = 0;
  do {
    // The maxima are padded to a multiple of four with −Infinity, which is below every floor.
    let reaching = i32x4.bitmask(f32x4.ge(v128.load(maxima), floor));
    while (reaching != 0) {
      const next = block + ctz(reaching);
      reaching &= reaching - 1;
      found = gatherBlock(windowBlock(values, next), next << 7, found, capacity);
      if (found < 0) return -1;
    }
    maxima += 16;
    block += 4;
  } while (block < blocks);
  return found;
}

function gatherBlock(from: usize, first: i32, found: i32, capacity: i32): i32 {
  const low = f32x4.splat(block_low);
  const high = f32x4.splat(block_high);
  const stop = from + 512;
  let id = first;
  do {
    // Processes 64 at a time, because each end of the inner loop is a mispredicted branch.
    let lanes = survivors64(from, low, high);
    if (found + <i32>popcnt(lanes) > capacity) return -1;
    while (lanes != 0) {
      const lane = <i32>ctz(lanes);
      const slot = (<usize>found) << 2;
      store<i32>(selected_ids + slot, id + lane);
      store<f32>(selected_logits + slot, load<f32>(from + ((<usize>lane) << 2)));
      found += 1;
      lanes &= lanes - 1;
    }
    from += 256;
    id += 64;
  } while (from != stop);
  return found;
}

/** One bit per element of the next 64 that lies within the bounds. */
// @ts-ignore: decorator
@inline
export function survivors64(from: usize, low: v128, high: v128): u64 {
  const right = survivors16(from, low, high) | (survivors16(from + 64, low, high) << 16);
  const left = survivors16(from + 128, low, high) | (survivors16(from + 192, low, high) << 16);
  return (<u64>(<u32>right)) | ((<u64>(<u32>left)) << 32);
}

/** One bit per element of the next 16 that lies within the bounds. */
// @ts-ignore: decorator
@inline
function survivors16(from: usize, low: v128, high: v128): i32 {
  const x0 = v128.load(from);
  const x1 = v128.load(from, 16);
  const x2 = v128.load(from, 32);
  const x3 = v128.load(from, 48);
  const in0 = v128.and(f32x4.ge(x0, low), f32x4.le(x0, high));
  const in1 = v128.and(f32x4.ge(x1, low), f32x4.le(x1, high));
  const in2 = v128.and(f32x4.ge(x2, low), f32x4.le(x2, high));
  const in3 = v128.and(f32x4.ge(x3, low), f32x4.le(x3, high));
  return bits16(in0, in1, in2, in3);
}

/** How many tokens survive the window. */
export function count(values: usize, maxima: usize, blocks: i32): i32 {
  const floor = windowFloor();
  let total: i32 = 0;
  let block: i32 = 0;
  do {
    if (load<f32>(maxima + ((<usize>block) << 2)) >= floor) total += countBlock(windowBlock(values, block));
    block += 1;
  } while (block != blocks);
  return total;
}

function countBlock(from: usize): i32 {
  const low = f32x4.splat(block_low);
  const high = f32x4.splat(block_high);
  const stop = from + 512;
  let lanes0 = i32x4.splat(0);
  let lanes1 = lanes0;
  do {
    const x0 = v128.load(from);
    const x1 = v128.load(from, 16);
    lanes0 = i32x4.sub(lanes0, v128.and(f32x4.ge(x0, low), f32x4.le(x0, high)));
    lanes1 = i32x4.sub(lanes1, v128.and(f32x4.ge(x1, low), f32x4.le(x1, high)));
    from += 32;
  } while (from != stop);
  const lanes = i32x4.add(lanes0, lanes1);
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}

/** Id of the n-th element (n ≥ 1) equal to x in id order; of the last one when there are fewer, −1 when none. */
export function nthEqual(values: usize, maxima: usize, blocks: i32, x: f32, n: i32): i32 {
  let last: i32 = -1;
  let block: i32 = 0;
  do {
    if (load<f32>(maxima + ((<usize>block) << 2)) >= x) {
      let id = block << 7;
      const end = id + 128;
      do {
        if (load<f32>(values + ((<usize>id) << 2)) == x) {
          last = id;
          n -= 1;
          if (n == 0) return last;
        }
        id += 1;
      } while (id != end);
    }
    block += 1;
  } while (block != blocks);
  return last;
}

/** Appends elements equal to x in id order after the first `found` until `wanted` are there; returns how many are. */
export function gatherEqual(values: usize, maxima: usize, blocks: i32, x: f32, found: i32, wanted: i32): i32 {
  let block: i32 = 0;
  do {
    if (load<f32>(maxima + ((<usize>block) << 2)) >= x) {
      let id = block << 7;
      const end = id + 128;
      do {
        if (load<f32>(values + ((<usize>id) << 2)) == x) {
          if (found == wanted) return found;
          const slot = (<usize>found) << 2;
          store<i32>(selected_ids + slot, id);
          store<f32>(selected_logits + slot, x);
          found += 1;
        }
        id += 1;
      } while (id != end);
    }
    block += 1;
  } while (block != blocks);
  return found;
}
