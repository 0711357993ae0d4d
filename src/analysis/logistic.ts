/**
 * The binary case: one logit x is the log-odds ln(p / (1 − p)) of "yes".
 *
 * A float64 cannot tell 1 − 1e-17 from 1, but it can hold 1e-17. So a probability comes with its complement,
 * each computed separately. Only the pair round-trips over the whole of (0, 1).
 */
import { exp, ln } from "../kernels/float64.ts";
import { ln1p } from "./exp.ts";

export interface Pair {
  /** p, in [0, 1] */
  readonly probability: number;
  /** 1 − p, computed separately from p */
  readonly complement: number;
}

/** p = 1 / (1 + e⁻ˣ), without overflow. logistic(−∞) = 0, logistic(0) = 0.5, logistic(+∞) = 1. */
export function logistic(x: number): number {
  if (x < 0) {
    const odds = exp(x);
    return odds / (1 + odds);
  }
  return 1 / (1 + exp(-x));
}

/** p and 1 − p for a logit; the smaller of the two keeps its last digit down to 1e-300. */
export function logisticPair(x: number): Pair {
  return { probability: logistic(x), complement: logistic(-x) };
}

/**
 * x = ln(p / (1 − p)), the inverse of `logistic`. −Infinity at 0, +Infinity at 1, NaN outside [0, 1].
 *
 * Between 1/4 and 3/4, where the quotient is near 1 and its logarithm would lose digits, 2p − 1 is exact and
 * ln(1 + (2p − 1) / (1 − p)) is used.
 */
export function logit(p: number): number {
  if (p > 0.5 && p <= 0.75) return ln1p((2 * p - 1) / (1 - p));
  if (p >= 0.25 && p <= 0.5) return -ln1p((1 - 2 * p) / p) + 0;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  return p > 0 && p < 1 ? ln(p) - ln(1 - p) : Number.NaN;
}

/** Log-odds of a pair: the inverse of `logisticPair`, for probabilities as near to 1 as 1 − 1e-300. */
export function logitOfPair({ probability, complement }: Pair): number {
  if (complement >= 0.25) return logit(probability);
  return -logit(complement);
}

/** ln p for a logit: −softplus(−x). Never −Infinity for a finite logit. */
export function logLogistic(x: number): number {
  return x < 0 ? x - ln1p(exp(x)) : -ln1p(exp(-x)) + 0;
}
