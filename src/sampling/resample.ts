/**
 * Systematic resampling of weighted sequences (particles): N points, evenly spaced from one uniform on, are laid over the
 * cumulative weights. A sequence of weight w is continued ⌊N·w/Σw⌋ or ⌈N·w/Σw⌉ times, and N·w/Σw times on average.
 *
 * Source: Kitagawa, Monte Carlo Filter and Smoother for Non-Gaussian Nonlinear State Space Models, 1996; Lew et al., Sequential
 * Monte Carlo Steering of Large Language Models using Probabilistic Programs, 2023.
 */
import * as z from "zod";
import { Problem, show } from "../errors.ts";
import { exp, ln } from "../kernels/float64.ts";
import { CONTROL } from "./options/control.ts";
import { finite } from "./options/fields.ts";
import { parseWith } from "./options/parse.ts";
import { drawSeed, uniform } from "./rng.ts";

/** Maximum number of sequences in one resampling. */
export const PARTICLES_MAX = 65_536;

/** A weight in a request. */
const LOG_WEIGHTS = z
  .custom<readonly (number | null)[]>()
  .superRefine((value: unknown, context) => {
    const fail = (message: string, path: number[] = []) =>
      context.addIssue({ code: "custom", message, path });
    if (!Array.isArray(value) || value.length === 0)
      fail(`must be an array of at least one number, got ${show(value)}`);
    else if (value.length > PARTICLES_MAX)
      fail(`may have at most ${PARTICLES_MAX} weights, got ${value.length}`);
    else {
      const index = value.findIndex((each) => each !== null && !Number.isFinite(each));
      if (index >= 0)
        fail(`must be a finite number, or null for a weight of 0, got ${show(value[index])}`, [index]);
    }
  })
  .meta({ type: "array", items: { type: ["number", "null"] }, minItems: 1, maxItems: PARTICLES_MAX });

export const RESAMPLE_OPTIONS = z.strictObject({
  log_weights: LOG_WEIGHTS.describe("ln of the weight of each sequence; null for a weight of 0."),
  threshold: finite({ min: 0, max: 1 })
    .optional()
    .describe("Resample only when the effective sample size is below this fraction of N. Default 1: always."),
  seed: CONTROL.seed.optional(),
  step: CONTROL.step.optional(),
});

export interface Resampled {
  readonly parents: readonly number[];
  readonly resampled: boolean;
  readonly effective_size: number;
  readonly log_mean_weight: number;
  readonly log_weights: readonly (number | null)[];
  readonly seed: string;
  readonly step: number;
}

/** Throws a Problem whose pointer is relative to the options. The weights are not changed. */
export function resample(options: unknown): Resampled {
  const {
    log_weights,
    threshold = 1,
    seed = drawSeed(),
    step = 0,
  } = parseWith(RESAMPLE_OPTIONS, options, "");
  const count = log_weights.length;
  let max = Number.NEGATIVE_INFINITY;
  for (const weight of log_weights) if (weight !== null && weight > max) max = weight;
  if (max === Number.NEGATIVE_INFINITY)
    throw new Problem("invalid_option", "one weight at least must be above 0, got none", "/log_weights");
  const weights = Float64Array.from(log_weights, (weight) => (weight === null ? 0 : exp(weight - max)));
  let sum = 0;
  let squares = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  const effective_size = (sum * sum) / squares;
  const resampled = threshold === 1 || effective_size < threshold * count;
  return {
    parents: resampled
      ? systematic(weights, sum, uniform("resample", seed, step, 0))
      : Array.from({ length: count }, (_, index) => index),
    resampled,
    effective_size,
    log_mean_weight: max + ln(sum / count),
    log_weights: resampled ? Array.from({ length: count }, () => 0) : log_weights,
    seed,
    step,
  };
}

/**
 * For each of the points (i + u) / N of the total weight, the sequence in whose interval it lies. A weight of 0 is never
 * chosen.
 */
function systematic(weights: Float64Array, sum: number, u: number): number[] {
  const count = weights.length;
  const last = weights.findLastIndex((weight) => weight > 0);
  let index = 0;
  let above = weights[0] as number; // there is one
  return Array.from({ length: count }, (_, point) => {
    const target = ((point + u) / count) * sum;
    while (above <= target && index < last) {
      index += 1;
      above += weights[index] as number; // index ≤ last
    }
    return index;
  });
}
