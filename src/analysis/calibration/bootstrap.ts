/**
 * Intervals of figures from their resamples: the middle 95 % of the resampled values (the percentile bootstrap: B.
 * Efron, 1979). sum-intervals.ts draws the resamples.
 *
 * A mean of absolute gaps, such as ECE, is biased upwards by the noise of every gap, and its resamples are biased
 * twice: their middle may lie above the estimate. Their distances from the estimate are therefore reflected to its
 * other side (the basic bootstrap: A. Davison and D. Hinkley, "Bootstrap Methods and their Application", 1997, 5.2).
 */
import { quantileSorted } from "../quantile.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The central interval that contains `level` of the estimates. */
export function percentileInterval(estimates: Float64Array, level: number): Interval {
  const sorted = estimates.slice().sort();
  const tail = (1 - level) / 2;
  return { low: quantileSorted(sorted, tail), high: quantileSorted(sorted, 1 - tail) };
}

/** The interval, widened to include the estimate when all resamples lie on one side of it. */
export function holding({ low, high }: Interval, estimate: number): Interval {
  return { low: Math.min(low, estimate), high: Math.max(high, estimate) };
}

/**
 * The interval of a mean of absolute gaps: [2θ̂ − q₊, 2θ̂ − q₋] of the resamples' quantiles, with the estimate in it. It
 * begins at 0 unless the estimate exceeds that of a calibrated model in this share of cases, which is simulated by drawing
 * outcomes from the confidences (J. Bröcker and L. Smith, "Increasing the Reliability of Reliability Diagrams", Weather
 * and Forecasting 22, 2007).
 */
export function gapInterval(
  estimate: number,
  estimates: Float64Array,
  honest: Float64Array,
  level: number,
): Interval {
  const resampled = percentileInterval(estimates, level);
  const is_honest = estimate <= percentileInterval(honest, level).high;
  return {
    low: is_honest ? 0 : Math.min(estimate, Math.max(0, 2 * estimate - resampled.high)),
    high: Math.min(1, Math.max(estimate, 2 * estimate - resampled.low)),
  };
}
