/**
 * Exact selection for every row: where, going down from the largest value, a running mass or count reaches a
 * limit. The ordered bits of the values are narrowed by 11, 11 and 10; masses are f64 and added in id order.
 */
import type { Machine } from "./instance.ts";
import { BINS } from "./layout.ts";
import type { Row } from "./row.ts";

/** The lowest value that still survives, how many tokens of that value do, and what they and all above amount to. */
export interface Crossing {
  floor: number;
  equal_kept: number;
  mass: number;
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
 * A token survives while the mass before it is < limit (≤ limit when inclusive); the first always does.
 * With `by_mass` the weights must be prepared; otherwise each token counts 1. Needs a finite value in the row.
 */
export function findCrossing(
  machine: Machine,
  row: Row,
  limit: number,
  inclusive: boolean,
  by_mass: boolean,
): Crossing {
  const bins = new Float64Array(machine.buffer, machine.layout.bins, BINS);
  let key = 0;
  let above = 0;
  let mass = 0;
  let low = -FLOAT_MAX;
  let high = FLOAT_MAX;
  for (const { shift, bits } of LEVELS) {
    const size = 1 << bits;
    machine.wasm.histogram(row.address, row.maxima_address, row.blocks, low, high, shift, size - 1, by_mass);
    const bin = crossingBin(bins, size, above, limit, inclusive);
    for (let i = size - 1; i > bin; i--) above += bins[i]!;
    mass = bins[bin]!;
    key += bin * (1 << shift);
    low = Math.max(floatOf(key), -FLOAT_MAX);
    high = Math.min(floatOf(key + (1 << shift) - 1), FLOAT_MAX);
  }
  return splitEqual(machine, row, low, above, mass, limit, inclusive);
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

/** Of the tokens that share the crossing value, each of the same mass, how many are needed. */
function splitEqual(
  machine: Machine,
  row: Row,
  floor: number,
  above: number,
  mass: number,
  limit: number,
  inclusive: boolean,
): Crossing {
  const { wasm } = machine;
  wasm.setWindow(floor, 0x7fffffff, floor, 0x7fffffff);
  const equal = wasm.count(row.address, row.maxima_address, row.blocks);
  const each = mass / equal;
  const ratio = (limit - above) / each;
  const wanted = inclusive ? Math.floor(ratio) + 1 : Math.ceil(ratio);
  const equal_kept = Math.min(Math.max(wanted, 1), equal);
  return { floor, equal_kept, mass: above + each * equal_kept };
}

/** The float whose ordered bits these are; the ends of a bin may be NaN, which callers clamp away. */
function floatOf(key: number): number {
  // −0 shares the key of +0; the key that it would have is nobody's, and must not let zeros in from below.
  if (key === 0x7fffffff) return -1.401298464324817e-45;
  BITS[0] = key >= 0x80000000 ? key - 0x80000000 : 0xffffffff - key;
  const value = FLOATS[0]!;
  if (!Number.isNaN(value)) return value;
  return key >= 0x80000000 ? Infinity : -Infinity;
}
