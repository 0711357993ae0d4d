/**
 * Bounds of a mass at a quarter of the cost of the mass: w = 2^z is replaced by the float whose exponent and
 * fraction are the digits of z, that is 2^n·(1 + f) for 2^(n + f), which is 1 to 1.0615 times as large.
 */
import { sumLanes } from "./lanes";
import { LOG2_E, MAGIC } from "./weights/weights";

/** binary places of z that are kept: rounding them changes w by at most 2^±2⁻¹² < 1.0002 */
const PLACES: i32 = 11;

/**
 * Σ 2^n·(1 + f) over x < limit, in units of the weight of `limit`: z = (x − limit)·log₂e/T. Sums are in f32 lanes
 * per block and f64 across. Only for ordinary T and |limit|/T, where x·a + b rounds by less than a place.
 */
export function boundBelow(values: usize, maxima: usize, blocks: i32, limit: f32, temperature: f64): f64 {
  const per_place = <f64>(1 << PLACES);
  const a = (LOG2_E / temperature) * per_place;
  // z = −120 is the floor; adding MAGIC leaves z in places in the low bits, and 127 makes it an exponent.
  const b = MAGIC + 127 * per_place - <f64>limit * a;
  const factor = f32x4.splat(<f32>a);
  const shift = f32x4.splat(<f32>b);
  const least = f32x4.splat(<f32>(MAGIC + 7 * per_place));
  const bound = f32x4.splat(limit);
  const end = values + ((<usize>blocks) << 9);
  let total: f64 = 0;
  do {
    const masked = load<f32>(maxima) >= limit;
    const stop = values + 512;
    let sum0 = f32x4.splat(0);
    let sum1 = sum0;
    if (masked) {
      do {
        const x = v128.load(values);
        const w = i32x4.shl(f32x4.pmax(f32x4.add(f32x4.mul(x, factor), shift), least), 23 - PLACES);
        sum0 = f32x4.add(sum0, v128.and(w, f32x4.lt(x, bound)));
        values += 16;
      } while (values != stop);
    } else {
      do {
        const t0 = f32x4.add(f32x4.mul(v128.load(values), factor), shift);
        const t1 = f32x4.add(f32x4.mul(v128.load(values, 16), factor), shift);
        const t2 = f32x4.add(f32x4.mul(v128.load(values, 32), factor), shift);
        const t3 = f32x4.add(f32x4.mul(v128.load(values, 48), factor), shift);
        const w0 = i32x4.shl(f32x4.pmax(t0, least), 23 - PLACES);
        const w1 = i32x4.shl(f32x4.pmax(t1, least), 23 - PLACES);
        const w2 = i32x4.shl(f32x4.pmax(t2, least), 23 - PLACES);
        const w3 = i32x4.shl(f32x4.pmax(t3, least), 23 - PLACES);
        sum0 = f32x4.add(sum0, f32x4.add(w0, w1));
        sum1 = f32x4.add(sum1, f32x4.add(w2, w3));
        values += 64;
      } while (values != stop);
    }
    total += sumLanes(f32x4.add(sum0, sum1));
    maxima += 4;
  } while (values != end);
  return total;
}
