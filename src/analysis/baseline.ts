/**
 * Compares a row with clean rows. A baseline keeps the median and the spread of a few figures over clean rows; a new
 * row is measured against them in robust z-scores, and flagged when its evidence is weaker than all but a chosen
 * share of the clean rows.
 *
 * It is a heuristic. It detects unusual rows: many inputs that were perturbed to cross a decision border land near
 * that border. It cannot detect an attack that makes the model confident, and it cannot distinguish an attack from a
 * hard input.
 */

import { Problem } from "../errors.ts";
import { ln } from "../kernels/float64.ts";
import { allAtOnce } from "../pieces.ts";
import type { Diagnosis } from "./diagnose.ts";
import { median, medianDeviation } from "./quantile.ts";

/**
 * The figures, each with the direction that means weaker evidence: +1 when larger is weaker, 0 when the figure is
 * only reported.
 */
const FEATURES = {
  margin: { side: -1, of: (d: Diagnosis) => d.margin ?? Number.NaN },
  ln_entropy: { side: 1, of: (d: Diagnosis) => ln(Math.max(d.entropy, 1e-300)) },
  energy: { side: -1, of: (d: Diagnosis) => d.energy },
  ln_varentropy: { side: 0, of: (d: Diagnosis) => ln(Math.max(d.varentropy, 1e-300)) },
  logit_deviation: { side: 0, of: (d: Diagnosis) => Math.sqrt(d.logit_variance) },
} as const;

export type Feature = keyof typeof FEATURES;
export const FEATURE_NAMES = Object.keys(FEATURES) as readonly Feature[]; // the keys of a literal are those of its type

export interface Spread {
  readonly median: number;
  /** median absolute deviation × 1.4826: a robust estimate of the standard deviation */
  readonly deviation: number;
}

export interface Baseline {
  readonly rows: number;
  readonly temperature: number;
  /** share of clean rows that may be flagged */
  readonly false_positive_rate: number;
  /** a row is suspicious when its suspicion is larger than this */
  readonly threshold: number;
  readonly features: Readonly<Record<Feature, Spread>>;
}

export interface Suspicion {
  /** (x − median) / deviation; null when the clean rows do not vary or the row has no such figure */
  readonly z_scores: Readonly<Record<Feature, number | null>>;
  /** the largest z-score towards weaker evidence, over margin, ln_entropy and energy */
  readonly suspicion: number;
  readonly suspicious: boolean;
}

/**
 * Fits a baseline to at least ⌈1/rate⌉ − 1 clean rows. The threshold is the ⌈(n + 1)(1 − rate)⌉-th smallest
 * suspicion of the n rows, so that a further clean row is flagged with probability of at most about `rate`.
 * Source: V. Vovk et al., "Algorithmic Learning in a Random World", 2005 (conformal prediction).
 */
export function fitBaseline(
  diagnoses: readonly Diagnosis[],
  false_positive_rate: number,
  temperature = 1,
): Baseline {
  return allAtOnce(fitBaselineInSlices(diagnoses, false_positive_rate, temperature));
}

/** Number of rows measured between two pauses. */
const SLICE_ROWS = 1024;

/** The same with pauses. */
export function* fitBaselineInSlices(
  diagnoses: readonly Diagnosis[],
  false_positive_rate: number,
  temperature: number,
): Generator<undefined, Baseline> {
  const rows = diagnoses.length;
  checkEnough(rows, false_positive_rate);
  const spreads: Partial<Record<Feature, Spread>> = {};
  for (const name of FEATURE_NAMES) {
    spreads[name] = spreadOf(diagnoses.map(FEATURES[name].of));
    yield;
  }
  const features = spreads as Record<Feature, Spread>; // every name was assigned above
  checkVaries(features);
  const unset = { rows, temperature, false_positive_rate, threshold: 0, features };
  const suspicions = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    suspicions[row] = suspicion(diagnoses[row]!, unset).suspicion;
    if (row % SLICE_ROWS === SLICE_ROWS - 1) yield;
  }
  suspicions.sort();
  const place = Math.ceil((rows + 1) * (1 - false_positive_rate) - 1e-9);
  return { ...unset, threshold: suspicions[place - 1]! };
}

/** Measures one row against a baseline. */
export function suspicion(diagnosis: Diagnosis, baseline: Baseline): Suspicion {
  const z_scores = mapFeatures((name) => zScore(FEATURES[name].of(diagnosis), baseline.features[name]));
  let largest = Number.NEGATIVE_INFINITY;
  for (const name of FEATURE_NAMES) {
    const z = z_scores[name];
    if (z !== null && FEATURES[name].side !== 0) largest = Math.max(largest, z * FEATURES[name].side);
  }
  return { z_scores, suspicion: largest, suspicious: largest > baseline.threshold };
}

function spreadOf(values: readonly number[]): Spread {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return { median: 0, deviation: 0 };
  const center = median(known);
  return { median: center, deviation: medianDeviation(known, center) };
}

function zScore(value: number, spread: Spread): number | null {
  return spread.deviation === 0 || Number.isNaN(value) ? null : (value - spread.median) / spread.deviation;
}

function mapFeatures<T>(make: (name: Feature) => T): Record<Feature, T> {
  // fromEntries forgets the keys, which are exactly FEATURE_NAMES
  return Object.fromEntries(FEATURE_NAMES.map((name) => [name, make(name)])) as Record<Feature, T>;
}

function checkEnough(rows: number, rate: number): void {
  if (!(rate > 0 && rate <= 0.5)) {
    const detail = `false_positive_rate must lie in (0, 0.5], got ${rate}`;
    throw new Problem("invalid_option", detail, "/false_positive_rate");
  }
  const needed = Math.ceil(1 / rate - 1e-9) - 1;
  if (rows >= needed) return;
  const detail = `a false_positive_rate of ${rate} needs at least ${needed} clean rows, got ${rows}`;
  throw new Problem("cannot_calibrate", detail, "/logits");
}

/** Identical clean rows give no spread to measure against. */
function checkVaries(features: Readonly<Record<Feature, Spread>>): void {
  if (features.energy.deviation > 0 && features.ln_entropy.deviation > 0) return;
  throw new Problem(
    "cannot_calibrate",
    "the clean rows must differ in entropy and energy, but at least half of them are alike",
    "/logits",
  );
}
