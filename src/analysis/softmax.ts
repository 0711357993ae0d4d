/**
 * Probabilities from logits: pᵢ = exp(xᵢ/T) / Σⱼ exp(xⱼ/T), shifted by the maximum so that nothing overflows. Only
 * differences between logits count: adding a constant to a row changes nothing.
 */

import { inverseTemperature } from "./calibration/temperature.ts";
import { checkRow } from "./check-row.ts";
import { ln1p } from "./exp.ts";
import {
  type Logits,
  logprobOf,
  logSumExp as logSumExpOf,
  type Moments,
  moments,
  topLogOdds,
  weightOf,
} from "./moments.ts";

/**
 * Probabilities of a row at temperature T > 0, in float64. They sum to 1 within 1e-14. A masked class gets exactly 0,
 * as does a class below 1e-308 (`logSoftmax` stays exact for it).
 */
export function softmax(row: Logits, temperature = 1): Float64Array {
  checkRow(row);
  return softmaxOf(moments(row, inverseTemperature(temperature)), row);
}

/** ln pᵢ of a row, computed without pᵢ: it can be −1e30 as well as −0.1. −Infinity only for masked classes. */
export function logSoftmax(row: Logits, temperature = 1): Float64Array {
  checkRow(row);
  const m = moments(row, inverseTemperature(temperature));
  return Float64Array.from(row, (x) => logprobOf(m, x));
}

/** ln Σ exp(xᵢ/T). −Infinity for an empty row and for a row of −Infinity only. */
export function logSumExp(row: Logits, temperature = 1): number {
  const top = row.length === 0 ? Number.NEGATIVE_INFINITY : moments(row).max;
  if (top === Number.NEGATIVE_INFINITY) return top;
  checkRow(row);
  return logSumExpOf(moments(row, inverseTemperature(temperature)));
}

/**
 * ln(pᵢ / (1 − pᵢ)) of every class. The most likely class keeps its last digit even near p = 1: 1 − p is the sum of the
 * others, not a difference from 1. Infinity when all others are masked, −Infinity for a masked class.
 */
export function logOdds(row: Logits, temperature = 1): Float64Array {
  checkRow(row);
  return logOddsOf(moments(row, inverseTemperature(temperature)), row);
}

export function logOddsOf(m: Moments, row: Logits): Float64Array {
  const odds = new Float64Array(row.length);
  for (let i = 0; i < row.length; i++) {
    const z = (row[i]! - m.max) * m.inverse_temperature;
    odds[i] = z - ln1p(Math.max(0, m.rest - weightOf(m, row[i]!)));
  }
  odds[m.max_id] = topLogOdds(m, row);
  return odds;
}

export function softmaxOf(m: Moments, row: Logits): Float64Array {
  const scale = 1 / (1 + m.rest);
  const p = new Float64Array(row.length);
  for (let i = 0; i < row.length; i++) p[i] = weightOf(m, row[i]!) * scale;
  return p;
}
