/**
 * Scores a row against the true class: the cross-entropy −ln p(target), computed from the logits as ln Σ exp(xⱼ) −
 * x_target. No probability is computed on the way, so a loss of 1e-20 or 1e30 is as exact as one of 0.7.
 */
import { Problem } from "../errors.ts";
import { exp } from "../kernels/float64.ts";
import { inverseTemperature } from "./calibration/temperature.ts";
import { checkRow } from "./check-row.ts";
import { BITS_PER_NAT } from "./exp.ts";
import { type Logits, logprobOf, type Moments, moments } from "./moments.ts";
import { ExactSum } from "./sums/exact-sum.ts";

export interface Score {
  /** ln p of the true class, ≤ 0; −Infinity when it was masked */
  readonly logprob: number;
  /** 1 = the most likely class; among equal logits the lower id comes first */
  readonly rank: number;
}

export interface Loss {
  readonly rows: number;
  /** mean cross-entropy of a row, in nats */
  readonly cross_entropy: number;
  /** the same in bits */
  readonly cross_entropy_bits: number;
  /** exp of the mean cross-entropy: the number of equally likely classes with the same loss */
  readonly perplexity: number;
}

/** Scores one row against the true class at temperature T. */
export function score(row: Logits, target: number, temperature = 1): Score {
  checkRow(row);
  checkTarget(target, row.length, "/target");
  return scoreOf(moments(row, inverseTemperature(temperature)), row, target);
}

export function scoreOf(m: Moments, row: Logits, target: number): Score {
  return { logprob: logprobOf(m, row[target]!) + 0, rank: rank(row, target) };
}

/** Mean loss over rows, in any order. A masked target makes both the mean and the perplexity Infinity. */
export function loss(logprobs: Logits): Loss {
  const sum = new ExactSum();
  for (let i = 0; i < logprobs.length; i++) sum.add(-logprobs[i]!);
  return lossOf(sum, logprobs.length);
}

/** Like the above, from the sum of −ln p. */
export function lossOf(sum: ExactSum, rows: number): Loss {
  const cross_entropy = sum.value() / rows;
  return {
    rows,
    cross_entropy,
    cross_entropy_bits: cross_entropy * BITS_PER_NAT,
    perplexity: exp(cross_entropy),
  };
}

/** 1 + the number of logits that are larger, or equal with a lower id. */
function rank(row: Logits, target: number): number {
  const x = row[target]!;
  let before = 0;
  for (let i = 0; i < row.length; i++) {
    if (row[i]! > x || (row[i] === x && i < target)) before++;
  }
  return before + 1;
}

export function checkTarget(target: number, classes: number, pointer: string): void {
  if (Number.isInteger(target) && target >= 0 && target < classes) return;
  throw new Problem(
    "token_id_out_of_range",
    `a class id must be an integer in [0, ${classes - 1}], got ${target}`,
    pointer,
  );
}
