/**
 * How far to trust a figure from n rows: draw n rows with replacement, compute it again, many times; the middle
 * 95 % of the answers is its interval (the percentile bootstrap: B. Efron, 1979). Each resample has its own
 * seeded generator, so the same request gives the same interval, and resamples may be computed in any order.
 */
import seedrandom from "seedrandom";
import { quantileSorted } from "./quantile.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Row indices of one resample, each uniform on [0, rows) from 32 random bits. */
export function resample(indices: Int32Array, seed: string, number: number): void {
  const rng = seedrandom.tychei(`v1:bootstrap:${seed}:${number}`);
  for (let i = 0; i < indices.length; i++) indices[i] = Math.floor(rng.quick() * indices.length);
}

/** The central interval that holds `level` of the estimates. */
export function percentileInterval(estimates: Float64Array, level: number): Interval {
  const sorted = estimates.slice().sort();
  const tail = (1 - level) / 2;
  return { low: quantileSorted(sorted, tail), high: quantileSorted(sorted, 1 - tail) };
}
