/** A lower bound of the k-th largest element, from the block maxima alone. */
import { fromOrderedBits, orderedBits } from "../lanes";

/**
 * A value that at least k blocks reach with their maxima, and few more than k where the values allow it; so at
 * least k elements reach it. −Infinity when fewer than k blocks (of `blocks` ≥ k) hold anything else. Bisects the
 * ordered bits and counts by SIMD: at most 32 passes over the maxima, without data-dependent branches.
 */
export function blockThreshold(maxima: usize, blocks: i32, k: i32, max: f32): f32 {
  const enough = k + (k >> 2);
  // Invariant: at least k blocks reach `low`, and fewer than k reach `high`.
  let low: u32 = orderedBits(-Infinity);
  let high: u32 = orderedBits(max) + 1;
  while (high - low > 1) {
    const middle = low + ((high - low) >> 1);
    const reaching = countReaching(maxima, blocks, fromOrderedBits(middle));
    if (reaching >= k) {
      low = middle;
      if (reaching <= enough) break;
    } else {
      high = middle;
    }
  }
  return fromOrderedBits(low);
}

function countReaching(maxima: usize, blocks: i32, x: f32): i32 {
  const end = maxima + ((<usize>((blocks + 3) & ~3)) << 2);
  const bound = f32x4.splat(x);
  let count = i32x4.splat(0);
  do {
    count = i32x4.sub(count, f32x4.ge(v128.load(maxima), bound));
    maxima += 16;
  } while (maxima != end);
  return (
    i32x4.extract_lane(count, 0) +
    i32x4.extract_lane(count, 1) +
    i32x4.extract_lane(count, 2) +
    i32x4.extract_lane(count, 3)
  );
}

/** Writes the maxima of groups of four tokens, 32 to a block: token i of every 16 is in group i mod 4. */
export function groupMaxima(values: usize, blocks: i32, to: usize): void {
  const end = values + ((<usize>blocks) << 9);
  do {
    const pair = f32x4.pmax(v128.load(values), v128.load(values, 16));
    v128.store(to, f32x4.pmax(pair, f32x4.pmax(v128.load(values, 32), v128.load(values, 48))));
    values += 64;
    to += 16;
  } while (values != end);
}
