/**
 * Conformal prediction: sets of classes that contain the true class in a guaranteed share of rows. Labelled rows show the
 * usual conformity of a true class. The set of a new row has every class with at least that conformity. If new rows are
 * like the labelled ones, at most the share `miscoverage` of the sets miss the true class, for any model.
 *
 * The conformity of a class:
 *   lac its probability (M. Sadinle et al., JASA 2019)
 *   aps the mass of all classes that are less likely (Y. Romano et al., NeurIPS 2020, without its coin)
 *   raps the same − rank_penalty × (rank − free_ranks)₊ (A. Angelopoulos et al., ICLR 2021) lac has the smallest sets on
 *   average, aps larger ones where a row is harder, raps smaller ones of those. Among equal probabilities the lower id is
 *   the likelier.
 */
import { Problem } from "../errors.ts";
import {
  type ClassScaling,
  type Scaling,
  type ScalingMethod,
  tellsClassesApart,
} from "./calibration/scaling.ts";

export const CONFORMAL_METHODS = ["lac", "aps", "raps"] as const;
export type ConformalMethod = (typeof CONFORMAL_METHODS)[number];

export interface ConformalChoice {
  readonly method: ConformalMethod;
  /** share of rows whose true class may be missing */
  readonly miscoverage: number;
  /** for raps only; RAPS when absent */
  readonly rank_penalty?: number | undefined;
  readonly free_ranks?: number | undefined;
}

export const RAPS = { rank_penalty: 0.01, free_ranks: 5 } as const;

export interface Conformal extends ConformalChoice {
  /** classes with at least this conformity are in the set; null: all are, because there were too few rows */
  readonly threshold: number | null;
  /** 1 when the scaling has parameters per class */
  readonly temperature: number;
  /** the scaling that rows must have; undefined: a single temperature */
  readonly scaling?: ScalingMethod | undefined;
  /** number of rows on which it was found */
  readonly rows: number;
}

/** The values of a row's probabilities that a method uses. */
interface Method {
  /** the conformity of the class at this rank, when the less likely ones have this total probability */
  conformity(p: number, behind: number, rank: number, choice: ConformalChoice): number;
}

const METHODS: Readonly<Record<ConformalMethod, Method>> = {
  lac: { conformity: (p) => p },
  aps: { conformity: (_p, behind) => behind },
  raps: {
    conformity: (_p, behind, rank, { rank_penalty = RAPS.rank_penalty, free_ranks = RAPS.free_ranks }) =>
      behind - rank_penalty * Math.max(0, rank - free_ranks),
  },
};

/** The conformity of a class to a row of probabilities. */
export function conformity(p: Float64Array, id: number, choice: ConformalChoice): number {
  const own = p[id]!;
  let behind = 0;
  let rank = 1;
  for (let c = 0; c < p.length; c++) {
    const other = p[c]!;
    if (other > own || (other === own && c < id)) rank += 1;
    else if (c !== id) behind += other;
  }
  return METHODS[choice.method].conformity(own, behind, rank, choice);
}

/**
 * The rank, from the smallest of n conformities, that is the threshold; 0: none is small enough, so every set has all
 * classes.
 */
export function thresholdPlace(rows: number, miscoverage: number): number {
  return Math.floor((rows + 1) * miscoverage + 1e-9);
}

/**
 * The classes of the set, ascending: the conforming ones, and always the most likely one, which never makes a set miss
 * more.
 */
export function conformalSet(p: Float64Array, { threshold, ...choice }: Conformal): number[] {
  if (threshold === null) return Array.from(p, (_, c) => c);
  const { conformity: conformityAt } = METHODS[choice.method];
  const sorted = p.slice().sort(); // ascending
  // The less likely a class, the lower its conformity: the set is the first `size` classes of the ranking.
  let behind = 0;
  let size = 1;
  for (let i = 0; i < sorted.length; i++) {
    const rank = sorted.length - i;
    if (conformityAt(sorted[i]!, behind, rank, choice) >= threshold) {
      size = rank;
      break;
    }
    behind += sorted[i]!;
  }
  const least = sorted[sorted.length - size]!;
  let equals = 0;
  for (let i = sorted.length - size; i < sorted.length && sorted[i] === least; i++) equals += 1;
  const ids: number[] = [];
  for (let c = 0; c < p.length; c++) {
    if (p[c]! < least) continue;
    if (p[c] === least && equals-- <= 0) continue;
    ids.push(c);
  }
  return ids;
}

/** Coverage: how often sets contain the true class. */
export interface Coverage {
  readonly rows: number;
  readonly covered: number;
  readonly coverage: number;
  /** 95 % confidence interval of the true share */
  readonly interval: { readonly low: number; readonly high: number };
  /** mean number of classes in a set */
  readonly set_size: number;
}

/** 97.5 % of a normal distribution lie below it. */
const Z = 1.959963984540054;

/**
 * The share with its interval, which stays within [0, 1] and is accurate for few rows. Source: E. Wilson, 1927.
 */
export function coverageOf(rows: number, covered: number, classes: number): Coverage {
  const share = covered / rows;
  const spread = (Z * Z) / rows;
  const middle = (share + spread / 2) / (1 + spread);
  const half = (Z * Math.sqrt((share * (1 - share)) / rows + spread / (4 * rows))) / (1 + spread);
  const interval = { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
  return { rows, covered, coverage: share, interval, set_size: classes / rows };
}

/** The scaling of the rows of a threshold. */
export function conformalScaling(calibration: Scaling): Pick<Conformal, "temperature" | "scaling"> {
  if (tellsClassesApart(calibration)) return { temperature: 1, scaling: calibration.method };
  return { temperature: calibration.temperature ?? 1 };
}

/** A conformal set needs rows with the scaling of the rows on which its threshold was found. */
export function requireConformalScaling(
  conformal: Conformal | undefined,
  { temperature, scaling }: { readonly temperature: number; readonly scaling: ClassScaling | undefined },
): void {
  if (conformal === undefined) return;
  if (conformal.scaling !== scaling?.method) {
    const detail = `rows must be calibrated as those of the conformal threshold, by ${conformal.scaling ?? "a temperature"}, got ${scaling?.method ?? "a temperature"}`;
    throw new Problem("option_conflict", detail, "/calibration");
  }
  if (conformal.temperature === temperature) return;
  const detail = `rows must be read at the temperature of the conformal threshold, ${conformal.temperature}, got ${temperature}`;
  throw new Problem("option_conflict", detail, "/conformal/temperature");
}
