/**
 * Confidence intervals of a calibration, from its sums alone. A resample, n rows drawn with replacement, has sums that are
 * normal up to the order of 1/√n, whose means and variances are known from the sums of the set. So resamples of the sums
 * are drawn in place of the rows. The interval does not depend on the division of the rows, and its cost does not depend
 * on their number.
 */

import { ln } from "../../kernels/float64.ts";
import { tychei } from "../../sampling/tychei.ts";
import { gapInterval, holding, type Interval, percentileInterval } from "./bootstrap.ts";
import type { Slope } from "./fit-temperature.ts";
import type { BinSums } from "./reliability.ts";

export interface SumIntervalOptions {
  readonly resamples: number;
  readonly level: number;
  readonly seed: string;
}

/**
 * Interval of the temperature, from the slope at it: one Newton step from the optimum, as for resamples of
 * rows.
 */
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

/** Interval of the expected calibration error, from the bins of its diagram. */
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

/**
 * Normally distributed numbers from a seed, in pairs. Source: G. Marsaglia and T. Bray, 1964 (the polar
 * method).
 */
function normals(seed: string): () => number {
  const rng = tychei(`v1:sums:${seed}`);
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
