/** The observed result of another sampler for a row, and the distance of a distribution from it. */
import { exp, ln } from "../../kernels/float64.ts";
import { gammaQ } from "../../kernels/special.ts";
import { totalVariation } from "../total-variation.ts";

/** Probabilities of some tokens, the set of tokens that can be drawn, or the counts of drawn tokens. */
export type Observed =
  | { readonly probabilities: ReadonlyMap<number, number>; readonly tolerance?: number }
  | { readonly kept: readonly number[] }
  | { readonly counts: ReadonlyMap<number, number> };

/**
 * A sampler's result for the step: the probability of each observed token, and the number of tokens that can be
 * drawn.
 */
export interface Looked {
  readonly probabilities: readonly number[];
  readonly kept: number;
}

export interface Fit {
  /** from 0, equal, to 1, nothing in common */
  readonly distance: number;
  /** true when rounding or chance explains the distance */
  readonly agrees: boolean;
}

/** The tokens of an observation, ascending. */
export function observedIds(observed: Observed): readonly number[] {
  const ids =
    "kept" in observed
      ? observed.kept
      : ("counts" in observed ? observed.counts : observed.probabilities).keys();
  return [...new Set(ids)].sort((a, b) => a - b);
}

export function fitOf(observed: Observed, looked: Looked): Fit {
  if ("kept" in observed) return fitOfSet(observedIds(observed).length, looked);
  const ids = observedIds(observed);
  if ("counts" in observed)
    return fitOfCounts(
      ids.map((id) => observed.counts.get(id) ?? 0),
      looked,
    );
  const seen = ids.map((id) => observed.probabilities.get(id) ?? 0);
  const distance = totalVariation(seen, looked.probabilities);
  return { distance, agrees: distance <= (observed.tolerance ?? toleranceOf(seen)) };
}

/** 1 − |A ∩ B| / |A ∪ B| of the observed set and the kept set. */
function fitOfSet(size: number, { probabilities, kept }: Looked): Fit {
  const both = probabilities.filter((p) => p > 0).length;
  const distance = 1 - both / Math.max(1, size + kept - both);
  return { distance, agrees: distance === 0 };
}

/** Largest float32 error of a sum over a row, per token. */
const FLOAT32 = 2e-5;
const DIGITS_MAX = 12;

/** Tolerance for the rounding of float32 and of numbers that were written with few digits. */
function toleranceOf(seen: readonly number[]): number {
  let rounding = 0;
  for (const p of seen) rounding += p === 0 || p === 1 ? 0 : unitOf(p) / 2;
  return FLOAT32 + rounding;
}

/** Rounding of probabilities that were written as logarithms: float32's, and that of their last digit. */
export function toleranceOfLogprobs(logprobs: readonly number[]): number {
  return logprobs.reduce(
    (sum, logprob) => sum + exp(logprob) * (logprob === 0 ? 0 : unitOf(logprob) / 2),
    FLOAT32,
  );
}

/** The place value of the last digit of a number as it is written: 0.001 of 0.571. */
function unitOf(p: number): number {
  const [fraction = "", exponent = "0"] = String(p).split("e");
  const digits = (fraction.split(".")[1] ?? "").length - Number(exponent);
  return digits >= DIGITS_MAX ? 0 : exp(-digits * Math.LN10);
}

/** Below this p-value of the G-test, the draws do not come from the distribution. */
const COUNTS_P_MIN = 0.001;
/** Cells with fewer expected draws than this are merged. */
const EXPECTED_MIN = 5;

/** G = 2 Σ n ln(n / N p) against χ². A drawn token with probability 0 ends the test. */
function fitOfCounts(counts: readonly number[], { probabilities }: Looked): Fit {
  const draws = counts.reduce((sum, n) => sum + n, 0);
  if (draws === 0) return { distance: 0, agrees: true };
  const distance = totalVariation(
    counts.map((n) => n / draws),
    probabilities,
  );
  if (counts.some((n, i) => n > 0 && (probabilities[i] ?? 0) === 0)) return { distance, agrees: false };
  let g = 0;
  let cells = 0;
  let [rest, rest_expected] = [draws, draws];
  for (const [i, n] of counts.entries()) {
    const expected = draws * (probabilities[i] ?? 0);
    if (expected < EXPECTED_MIN) continue;
    g += n === 0 ? 0 : 2 * n * ln(n / expected);
    cells++;
    rest -= n;
    rest_expected -= expected;
  }
  if (rest > 0) g += 2 * rest * ln(rest / Math.max(rest_expected, Number.MIN_VALUE));
  const freedom = cells + (rest_expected > EXPECTED_MIN || rest > 0 ? 1 : 0) - 1;
  return { distance, agrees: freedom < 1 || gammaQ(freedom / 2, g / 2) >= COUNTS_P_MIN };
}
