/**
 * From probabilities to a decision: the most likely class is predicted if it reaches its threshold; otherwise
 * none is. A decision without a class is useful: a firewall that is only 94 % sure leaves it to a person.
 */
import { Problem } from "../errors.ts";
import { logit } from "./logistic.ts";
import type { Logits } from "./moments.ts";

/**
 * One threshold for all classes, or one per class. Each lies in (0, 1]; Infinity for a class that is never
 * predicted.
 */
export type Thresholds = number | ArrayLike<number>;

export interface Decision {
  /** the predicted class; null when none reaches its threshold */
  readonly class_id: number | null;
  /** probability of the predicted class, or of the most likely one when there is none */
  readonly probability: number;
  /** the threshold of this class */
  readonly threshold: number;
  /** the threshold as log-odds, for comparison with a logit */
  readonly threshold_log_odds: number;
}

/**
 * Among the classes with pᵢ ≥ tᵢ, the most likely one; ties go to the lowest id. A class with a low threshold
 * may be predicted although another, with a higher threshold, is likelier.
 */
export function decide(probabilities: Logits, thresholds: Thresholds): Decision {
  let fired = -1;
  let likeliest = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i]!;
    if (p > probabilities[likeliest]!) likeliest = i;
    if (p >= thresholdOf(thresholds, i) && (fired < 0 || p > probabilities[fired]!)) fired = i;
  }
  const shown = fired < 0 ? likeliest : fired;
  const threshold = thresholdOf(thresholds, shown);
  return {
    class_id: fired < 0 ? null : fired,
    probability: probabilities[shown]!,
    threshold,
    threshold_log_odds: logit(threshold),
  };
}

/** Throws unless every threshold lies in (0, 1] and there is one per class. */
export function checkThresholds(thresholds: Thresholds, classes: number, pointer = "/threshold"): void {
  if (typeof thresholds === "number") {
    checkThreshold(thresholds, pointer);
    return;
  }
  if (thresholds.length !== classes) {
    const detail = `thresholds must hold one number a class, ${classes}, got ${thresholds.length}`;
    throw new Problem("length_mismatch", detail, pointer);
  }
  for (let i = 0; i < classes; i++) checkThreshold(thresholds[i]!, `${pointer}/${i}`);
}

function checkThreshold(threshold: number, pointer: string): void {
  if ((threshold > 0 && threshold <= 1) || threshold === Number.POSITIVE_INFINITY) return;
  throw new Problem("invalid_option", `a threshold must lie in (0, 1], got ${threshold}`, pointer);
}

function thresholdOf(thresholds: Thresholds, id: number): number {
  return typeof thresholds === "number" ? thresholds : thresholds[id]!;
}
