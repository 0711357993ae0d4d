/** One labelled row at one temperature: its confidence, whether the prediction was right, and its loss. */
import type { Look } from "./calibration/quality.ts";
import { logprobOf, type Moments, relativeEntropy, topProbability } from "./moments.ts";

/** The values from a row's moments and the logit of its true class. */
export function lookAt(m: Moments, logit: number, target: number, brier: number): Look {
  return {
    confidence: topProbability(m),
    correct: m.max_id === target ? 1 : 0,
    logprob: logprobOf(m, logit),
    brier,
    relative_entropy: relativeEntropy(m),
  };
}

/** Σ_c (p_c − y_c)²: 0 when certain and right, 2 when certain and wrong. Source: G. Brier, 1950. */
export function brier(p: Float64Array, target: number): number {
  const own = p[target]!;
  p[target] = 0;
  // Four sums at once, because a single one would wait for its own last addition.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = p.length - (p.length % 4);
  for (let c = 0; c < whole; c += 4) {
    s0 += p[c]! * p[c]!;
    s1 += p[c + 1]! * p[c + 1]!;
    s2 += p[c + 2]! * p[c + 2]!;
    s3 += p[c + 3]! * p[c + 3]!;
  }
  for (let c = whole; c < p.length; c++) s0 += p[c]! * p[c]!;
  p[target] = own;
  return s0 + s1 + (s2 + s3) + (1 - own) * (1 - own);
}
