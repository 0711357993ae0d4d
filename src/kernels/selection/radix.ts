/**
 * Exact selection for every row: where, going down from the largest value, a running mass or count reaches a
 * limit. The ordered bits of the values are narrowed by 11, 11 and 10; masses are f64 and added in id order.
 */
import type { Machine } from "../instance.ts";

/** The lowest value that still survives, what all above amount to, and what all of that value do. */
export interface Crossing {
  readonly value: number;
  readonly above: number;
  readonly equal: number;
}

/** Values in blocks of 128, with their block maxima. */
export interface Blocks {
  readonly address: number;
  readonly maxima_address: number;
  readonly blocks: number;
}

const LEVELS = [
  { shift: 21, bits: 11 },
  { shift: 10, bits: 11 },
  { shift: 0, bits: 10 },
] as const;

const BITS = new Uint32Array(1);
const FLOATS = new Float32Array(BITS.buffer);
const FLOAT_MAX = 3.4028234663852886e38;

/**
 * Going down from the largest measure (assembly/measure.ts: the value unless somebody set another), a token survives while the mass before it is < limit (≤ limit when
 * inclusive). With `by_mass` the weights must be prepared; otherwise each token counts 1. Needs a finite value.
 */
export function findCrossing(
  machine: Machine,
  row: Blocks,
  limit: number,
  inclusive: boolean,
  by_mass: boolean,
): Crossing {
  const { bins } = machine;
  let key = 0;
  let above = 0;
  let equal = 0;
  let low = -FLOAT_MAX;
  let high = FLOAT_MAX;
  for (const { shift, bits } of LEVELS) {
    const size = 1 << bits;
    const { address, maxima_address, blocks } = row;
    machine.wasm.histogram(address, maxima_address, blocks, low, high, shift, size - 1, by_mass);
    const bin = crossingBin(bins, size, above, limit, inclusive);
    for (let i = size - 1; i > bin; i--) above += bins[i]!;
    equal = bins[bin]!;
    key += bin * (1 << shift);
    low = Math.max(floatOf(key), -FLOAT_MAX);
    high = Math.min(floatOf(key + (1 << shift) - 1), FLOAT_MAX);
  }
  return { value: low, above, equal };
}

/** Of `count` tokens of equal mass, how many are needed; the first always is. */
export function neededOf(count: number, crossing: Crossing, limit: number, inclusive: boolean): number {
  const ratio = (limit - crossing.above) / (crossing.equal / count);
  const wanted = inclusive ? Math.floor(ratio) + 1 : Math.ceil(ratio);
  return Math.min(Math.max(wanted, 1), count);
}

/** The bin in which the running sum reaches the limit; the last one with anything in it when rounding keeps it below. */
function crossingBin(
  bins: Float64Array,
  size: number,
  above: number,
  limit: number,
  inclusive: boolean,
): number {
  let sum = above;
  let last = 0;
  for (let i = size - 1; i >= 0; i--) {
    const mass = bins[i]!;
    if (mass === 0) continue;
    last = i;
    sum += mass;
    if (inclusive ? sum > limit : sum >= limit) return i;
  }
  return last;
}

/** The float whose ordered bits these are; the ends of a bin may be NaN, which callers clamp away. */
function floatOf(key: number): number {
  // −0 shares the key of +0; its own key is unused, and must not let zeros in from below.
  if (key === 0x7fffffff) return -1.401298464324817e-45;
  BITS[0] = key >= 0x80000000 ? key - 0x80000000 : 0xffffffff - key;
  const value = FLOATS[0]!;
  if (!Number.isNaN(value)) return value;
  return key >= 0x80000000 ? Infinity : -Infinity;
}
