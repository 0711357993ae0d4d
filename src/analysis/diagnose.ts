/**
 * Describes the certainty of a row of logits by five figures and a verdict.
 *
 * The verdict summarises the figures with the fixed thresholds below.
 */
import { inverseTemperature } from "./calibration/temperature.ts";
import { checkRow } from "./check-row.ts";
import {
  entropy,
  type Logits,
  logSumExp,
  type Moments,
  moments,
  relativeEntropy,
  secondProbability,
  topProbability,
  varentropy,
} from "./moments.ts";
import type { Tail } from "./tail.ts";

/** The verdict is `confident` from this probability of the most likely class on. */
const CONFIDENT_PROBABILITY_MIN = 0.8;
/** The verdict is `torn` when the first two hold at least this together … */
const TORN_MASS_MIN = 0.8;
/** … and the second is at least this fraction of the first: a margin of at most ln 4 = 1.386 nats. */
const TORN_RATIO_MIN = 0.25;

/**
 * confident: one class holds at least 80 %. torn: two hold at least 80 % and neither is negligible.
 * unsure: anything else, the probability is spread.
 */
export type Verdict = "confident" | "torn" | "unsure";

export interface Diagnosis {
  /** most likely class, ties to the lowest id */
  readonly top_id: number;
  readonly probability: number;
  /** log-odds of the first against the second, in nats: (x₁ − x₂) / T; null when there is no second */
  readonly margin: number | null;
  /** −Σ p ln p in nats */
  readonly entropy: number;
  /** entropy / ln n: 0 = certain, 1 = uniform; 0 for one class */
  readonly relative_entropy: number;
  /** variance of ln p in nats² */
  readonly varentropy: number;
  /** ln Σ exp(x/T). It is the only figure that depends on the level of the logits, which softmax ignores */
  readonly energy: number;
  /** variance of the logits that are not masked */
  readonly logit_variance: number;
  readonly verdict: Verdict;
}

/** Diagnoses a row at temperature T. */
export function diagnose(row: Logits, temperature = 1): Diagnosis {
  checkRow(row);
  return diagnoseOf(moments(row, inverseTemperature(temperature)), row);
}

/** The same from the row's moments; `row` is read once more for the variance, which includes omitted classes. */
export function diagnoseOf(m: Moments, row: Logits, tail?: Tail): Diagnosis {
  return {
    top_id: m.max_id,
    probability: topProbability(m),
    margin: m.second === Number.NEGATIVE_INFINITY ? null : (m.max - m.second) * m.inverse_temperature,
    entropy: entropy(m),
    relative_entropy: relativeEntropy(m),
    varentropy: varentropy(m),
    energy: logSumExp(m),
    logit_variance: logitVariance(row, m.max, tail),
    verdict: verdict(topProbability(m), secondProbability(m)),
  };
}

function verdict(first: number, second: number): Verdict {
  if (first >= CONFIDENT_PROBABILITY_MIN) return "confident";
  return first + second >= TORN_MASS_MIN && second >= first * TORN_RATIO_MIN ? "torn" : "unsure";
}

/**
 * True when the verdict is confident and another class is the true one. Calibration makes this error rarer.
 */
export function confidentlyWrong(diagnosis: Diagnosis, target: number): boolean {
  return diagnosis.verdict === "confident" && diagnosis.top_id !== target;
}

/** Population variance of the values that are not −Infinity, in two sums about a value of the row. */
function logitVariance(row: Logits, about: number, tail: Tail | undefined): number {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < row.length; i++) {
    const distance = row[i]! - about;
    if (distance === Number.NEGATIVE_INFINITY) continue;
    count++;
    sum += distance;
    squares += distance * distance;
  }
  if (tail !== undefined && tail.logit !== Number.NEGATIVE_INFINITY) {
    const distance = tail.logit - about;
    count += tail.count;
    sum += tail.count * distance;
    squares += tail.count * distance * distance;
  }
  const mean = sum / count;
  return Math.max(0, squares / count - mean * mean);
}
