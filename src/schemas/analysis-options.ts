/** Checks the options of the analysis endpoints: takes untrusted fields, returns what the tasks need. */
import type { Baseline } from "../analysis/baseline.ts";
import type { CalibrateOptions } from "../analysis/calibration/calibrate.ts";
import { type ClassScaling, type Scaling, tellsClassesApart } from "../analysis/calibration/scaling.ts";
import { requireConformalScaling } from "../analysis/conformal.ts";
import type { BaselineOptions } from "../analysis/tasks/baseline.ts";
import type { DiagnoseOptions } from "../analysis/tasks/diagnose.ts";
import type { ProbabilitiesOptions } from "../analysis/tasks/probabilities.ts";
import type { ScoreOptions } from "../analysis/tasks/score.ts";
import { Problem } from "../errors.ts";
import { parseWith } from "../sampling/options/parse.ts";
import {
  BASELINE_OPTIONS,
  CALIBRATE_OPTIONS,
  DIAGNOSE_OPTIONS,
  PROBABILITIES_OPTIONS,
  SCORE_OPTIONS,
} from "./analysis.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Options with their resulting temperature. The temperature is 1 when the calibration has parameters per
 * class.
 */
export interface Scaled<Options> {
  readonly options: Options;
  readonly temperature: number;
  readonly scaling: ClassScaling | undefined;
}

interface Asked {
  readonly temperature?: number | undefined;
  readonly calibration?: Scaling | undefined;
}

export function parseProbabilities(
  fields: Fields,
): Scaled<Pick<ProbabilitiesOptions, "labels" | "threshold" | "conformal">> {
  const { labels, threshold, conformal, ...asked } = parseWith(PROBABILITIES_OPTIONS, fields, "");
  const scaled = scaledBy(asked, conformal?.temperature);
  requireConformalScaling(conformal, scaled);
  return { options: { labels, threshold, conformal }, ...scaled };
}

/** `sampling` is not parsed here: its chain is parsed where the limits of chains are known. */
export function parseScore(
  fields: Fields,
): Scaled<Pick<ScoreOptions, "labels"> & { readonly sampling: unknown }> {
  const { labels, sampling, ...asked } = parseWith(SCORE_OPTIONS, fields, "");
  return { options: { labels, sampling }, ...scaledBy(asked) };
}

/** A baseline sets the temperature at which it was fitted. */
export function parseDiagnose(fields: Fields): Scaled<DiagnoseOptions> {
  const { labels, baseline, ...asked } = parseWith(DIAGNOSE_OPTIONS, fields, "");
  const scaled = scaledBy(asked, baseline?.temperature);
  if (baseline !== undefined) {
    requireOneTemperature(scaled.scaling);
    requireSameTemperature(scaled.temperature, baseline);
  }
  return { options: { labels, baseline }, ...scaled };
}

export function parseBaseline(fields: Fields): Scaled<BaselineOptions> {
  const { false_positive_rate, ...asked } = parseWith(BASELINE_OPTIONS, fields, "");
  const scaled = scaledBy(asked);
  requireOneTemperature(scaled.scaling);
  const { temperature } = scaled;
  return { options: { false_positive_rate, temperature }, ...scaled };
}

export function parseCalibrate(fields: Fields): CalibrateOptions {
  const { confidence_level, ...options } = parseWith(CALIBRATE_OPTIONS, fields, "");
  if (options.ridge > 0 && options.method === "temperature_scaling") {
    const detail = `a ridge must hold classes together, of which ${options.method} tells none apart, got ${options.ridge}`;
    throw new Problem("option_conflict", detail, "/ridge");
  }
  return { ...options, level: confidence_level };
}

/** `usual` is the temperature when the request names none. */
function scaledBy({ temperature, calibration }: Asked, usual = 1): Omit<Scaled<never>, "options"> {
  if (temperature !== undefined && calibration !== undefined)
    throw new Problem("option_conflict", "temperature and calibration exclude each other", "/calibration");
  if (tellsClassesApart(calibration)) return { temperature: 1, scaling: calibration };
  return { temperature: temperature ?? calibration?.temperature ?? usual, scaling: undefined };
}

function requireOneTemperature(scaling: ClassScaling | undefined): void {
  if (scaling === undefined) return;
  const detail = `a baseline must be of rows at one temperature, got a calibration by ${scaling.method}`;
  throw new Problem("option_conflict", detail, "/calibration/method");
}

function requireSameTemperature(temperature: number, baseline: Baseline): void {
  if (baseline.temperature === temperature) return;
  const detail = `rows must be read at the temperature of their baseline, ${baseline.temperature}, got ${temperature}`;
  throw new Problem("option_conflict", detail, "/baseline/temperature");
}
