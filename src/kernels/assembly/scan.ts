/**
 * The first read of a row: one maximum per block of 128, and a probe for NaN. Every later pass uses the block
 * maxima to skip what cannot matter.
 */
import { largestLane } from "./lanes";

/**
 * Writes the maximum of each block and returns the sum of everything read: NaN when a value is NaN, or when
 * +Infinity meets −Infinity; never NaN otherwise unless a running sum overflows. `pmax` ignores a NaN on its
 * right, so a block of NaN has the maximum −Infinity.
 */
export function scan(values: usize, maxima: usize, blocks: i32): f32 {
  const end = maxima + ((<usize>blocks) << 2);
  const lowest = f32x4.splat(-Infinity);
  let probe0 = f32x4.splat(0);
  let probe1 = probe0;
  let probe2 = probe0;
  let probe3 = probe0;
  do {
    let max0 = lowest;
    let max1 = lowest;
    let max2 = lowest;
    let max3 = lowest;
    const stop = values + 512;
    do {
      const x0 = v128.load(values);
      const x1 = v128.load(values, 16);
      const x2 = v128.load(values, 32);
      const x3 = v128.load(values, 48);
      max0 = f32x4.pmax(max0, x0);
      max1 = f32x4.pmax(max1, x1);
      max2 = f32x4.pmax(max2, x2);
      max3 = f32x4.pmax(max3, x3);
      probe0 = f32x4.add(probe0, x0);
      probe1 = f32x4.add(probe1, x1);
      probe2 = f32x4.add(probe2, x2);
      probe3 = f32x4.add(probe3, x3);
      values += 64;
    } while (values != stop);
    store<f32>(maxima, largestLane(f32x4.pmax(f32x4.pmax(max0, max1), f32x4.pmax(max2, max3))));
    maxima += 4;
  } while (maxima != end);
  const probe = f32x4.add(f32x4.add(probe0, probe1), f32x4.add(probe2, probe3));
  return (
    f32x4.extract_lane(probe, 0) +
    f32x4.extract_lane(probe, 1) +
    f32x4.extract_lane(probe, 2) +
    f32x4.extract_lane(probe, 3)
  );
}

/** Largest of the block maxima. `blocks` is rounded up to a multiple of 4; the padding is −Infinity. */
export function largest(maxima: usize, blocks: i32): f32 {
  const end = maxima + ((<usize>((blocks + 3) & ~3)) << 2);
  let max = f32x4.splat(-Infinity);
  do {
    max = f32x4.pmax(max, v128.load(maxima));
    maxima += 16;
  } while (maxima != end);
  return largestLane(max);
}

/** Lowest id whose value equals `max`, the row's maximum; −1 when there is none. */
export function argmax(values: usize, maxima: usize, blocks: i32, max: f32): i32 {
  let block = 0;
  while (load<f32>(maxima + ((<usize>block) << 2)) != max) {
    block += 1;
    if (block == blocks) return -1;
  }
  let id = block << 7;
  while (load<f32>(values + ((<usize>id) << 2)) != max) id += 1;
  return id;
}

/** Lowest id whose value is NaN; −1 when there is none. */
export function firstNaN(values: usize, blocks: i32): i32 {
  const start = values;
  const end = values + ((<usize>blocks) << 9);
  do {
    const x = v128.load(values);
    const lanes = i32x4.bitmask(f32x4.ne(x, x));
    if (lanes != 0) return <i32>((values - start) >> 2) + ctz(lanes);
    values += 16;
  } while (values != end);
  return -1;
}
