/**
 * Exact selection by radix, the method that works for every row: it processes the ordered bits of a value in
 * groups of 11, 11 and 10. It is slower than the estimating paths, but always exact.
 */
import { bins, block_values, block_weights } from "../state";
import { orderedBits } from "../lanes";
import { centered, measureBlock } from "../measure";
import { weighBlock } from "../weights/weights";

/**
 * Adds each element whose measure lies in [low, high] to the bin of the measure's ordered bits: its weight, or 1
 * when `by_mass` is false. The measure is that of measure.ts. Sums are f64, in id order.
 */
export function histogram(
  values: usize,
  maxima: usize,
  blocks: i32,
  low: f32,
  high: f32,
  right: i32,
  mask: u32,
  by_mass: bool,
): void {
  memory.fill(bins, 0, 2048 << 3);
  let block: i32 = 0;
  do {
    if (centered || load<f32>(maxima + ((<usize>block) << 2)) >= low) {
      const from = values + ((<usize>block) << 9);
      const measures = centered ? measureBlock(from, block_values) : from;
      if (anyWithin(measures, low, high)) {
        if (by_mass) weighBlock(from);
        addBlock(measures, low, high, right, mask, by_mass);
      }
    }
    block += 1;
  } while (block != blocks);
}

function anyWithin(from: usize, low: f32, high: f32): bool {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const stop = from + 512;
  let any = i32x4.splat(0);
  do {
    const x = v128.load(from);
    any = v128.or(any, v128.and(f32x4.ge(x, lows), f32x4.le(x, highs)));
    from += 16;
  } while (from != stop);
  return v128.any_true(any);
}

function addBlock(from: usize, low: f32, high: f32, right: i32, mask: u32, by_mass: bool): void {
  const stop = from + 512;
  let weight = block_weights;
  do {
    const x = load<f32>(from);
    if (x >= low && x <= high) {
      const bin = bins + ((<usize>((orderedBits(x) >> right) & mask)) << 3);
      store<f64>(bin, load<f64>(bin) + (by_mass ? <f64>load<f32>(weight) : 1));
    }
    from += 4;
    weight += 4;
  } while (from != stop);
}
