/** Checks the options of the analysis endpoints: untrusted fields in, what the tasks take out. */
import type { Baseline } from "../analysis/baseline.ts";
import type { CalibrateOptions } from "../analysis/calibration/calibrate.ts";
import { requireConformalTemperature } from "../analysis/conformal.ts";
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

/** Options with the temperature that they come to. */
export interface Scaled<Options> {
  readonly options: Options;
  readonly temperature: number;
}

interface Scaling {
  readonly temperature?: number | undefined;
  readonly calibration?: { readonly temperature: number } | undefined;
}

export function parseProbabilities(
  fields: Fields,
): Scaled<Pick<ProbabilitiesOptions, "labels" | "threshold" | "conformal">> {
  const { labels, threshold, conformal, ...scaling } = parseWith(PROBABILITIES_OPTIONS, fields, "");
  const asked = scaling.temperature !== undefined || scaling.calibration !== undefined;
  const temperature = asked ? temperatureOf(scaling) : (conformal?.temperature ?? 1);
  requireConformalTemperature(conformal, temperature);
  return { options: { labels, threshold, conformal }, temperature };
}

/** `sampling` is left as it came: its chain is parsed where the limits of chains are known. */
export function parseScore(
  fields: Fields,
): Scaled<Pick<ScoreOptions, "labels"> & { readonly sampling: unknown }> {
  const { labels, sampling, ...scaling } = parseWith(SCORE_OPTIONS, fields, "");
  return { options: { labels, sampling }, temperature: temperatureOf(scaling) };
}

/** A baseline brings the temperature that it was fitted at. */
export function parseDiagnose(fields: Fields): Scaled<DiagnoseOptions> {
  const { labels, baseline, ...scaling } = parseWith(DIAGNOSE_OPTIONS, fields, "");
  const asked = scaling.temperature !== undefined || scaling.calibration !== undefined;
  const temperature = asked ? temperatureOf(scaling) : (baseline?.temperature ?? 1);
  requireSameTemperature(temperature, baseline);
  return { options: { labels, baseline }, temperature };
}

export function parseBaseline(fields: Fields): Scaled<BaselineOptions> {
  const { false_positive_rate, ...scaling } = parseWith(BASELINE_OPTIONS, fields, "");
  const temperature = temperatureOf(scaling);
  return { options: { false_positive_rate, temperature }, temperature };
}

export function parseCalibrate(fields: Fields): CalibrateOptions {
  const { confidence_level, ...options } = parseWith(CALIBRATE_OPTIONS, fields, "");
  return { ...options, level: confidence_level };
}

function temperatureOf({ temperature, calibration }: Scaling): number {
  if (temperature !== undefined && calibration !== undefined) {
    throw new Problem("option_conflict", "temperature and calibration exclude each other", "/calibration");
  }
  return temperature ?? calibration?.temperature ?? 1;
}

function requireSameTemperature(temperature: number, baseline: Baseline | undefined): void {
  if (baseline === undefined || baseline.temperature === temperature) return;
  const detail = `rows must be read at the temperature of their baseline, ${baseline.temperature}, got ${temperature}`;
  throw new Problem("option_conflict", detail, "/baseline/temperature");
}
