/**
 * How far to trust a calibration of which only sums are left: the bootstrap of bootstrap.ts, where a resample is drawn
 * from what the sums say of it instead of from the rows. With n rows the sum of a resample is normal up to the order of
 * 1/√n, and its variance is in the sums. Sets that are cut into parts are large.
 */
import seedrandom from "seedrandom";
import { ln } from "../../kernels/float64.ts";
import { gapInterval, holding, type Interval, percentileInterval } from "./bootstrap.ts";
import type { Slope } from "./fit-temperature.ts";
import type { BinSums } from "./reliability.ts";

export interface SumIntervalOptions {
  readonly resamples: number;
  readonly level: number;
  readonly seed: string;
}

/** Of the temperature, from the slope at it: one Newton step from the optimum, as for resamples of rows. */
export function temperatureInterval(
  { gradient, square, curvature }: Slope,
  temperature: number,
  options: SumIntervalOptions,
): Interval {
  const normal = normals(`temperature:${options.seed}`);
  const deviation = Math.sqrt(square.value());
  const temperatures = new Float64Array(options.resamples);
  for (let n = 0; n < temperatures.length; n++) {
    const step = (gradient.value() + deviation * normal()) / curvature.value();
    temperatures[n] = temperature / Math.max(0.125, 1 - step);
  }
  return holding(percentileInterval(temperatures, options.level), temperature);
}

/** Of the expected calibration error, from the bins of its diagram. */
export function eceInterval(
  bins: readonly BinSums[],
  ece: number,
  name: string,
  { resamples, level, seed }: SumIntervalOptions,
): Interval {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  const excess = bins.map(({ right, confidence }) => confidence.value() - right);
  const deviation = bins.map(({ square }, b) =>
    Math.sqrt(Math.max(0, square.value() - (excess[b]! * excess[b]!) / rows)),
  );
  const honest_deviation = bins.map(({ honest }) => Math.sqrt(honest.value()));
  const normal = normals(`${name}:${seed}`);
  const gaps = new Float64Array(resamples);
  const honest = new Float64Array(resamples);
  for (let n = 0; n < resamples; n++) {
    for (let b = 0; b < bins.length; b++) {
      gaps[n]! += Math.abs(excess[b]! + deviation[b]! * normal()) / rows;
      honest[n]! += Math.abs(honest_deviation[b]! * normal()) / rows;
    }
  }
  return gapInterval(ece, gaps, honest, level);
}

/** Normal numbers of a seed, in pairs. Source: G. Marsaglia and T. Bray, 1964 (the polar method). */
function normals(seed: string): () => number {
  const rng = seedrandom.tychei(`v1:sums:${seed}`);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const second = spare;
      spare = undefined;
      return second;
    }
    for (;;) {
      const x = 2 * rng.quick() - 1;
      const y = 2 * rng.quick() - 1;
      const s = x * x + y * y;
      if (s === 0 || s >= 1) continue;
      const scale = Math.sqrt((-2 * ln(s)) / s);
      spare = y * scale;
      return x * scale;
    }
  };
}
