/**
 * Calibration from end to end: find the temperature, then judge the set before and after with it.
 *
 * The work is a generator that pauses after every slice, so that a server can serve others in between; a library
 * user drains it at once with `calibrate`. The result does not depend on how often it paused.
 */

import { Problem } from "../../errors.ts";
import { allAtOnce } from "../../pieces.ts";
import { type Conformal, type ConformalChoice, conformity, thresholdOf } from "../conformal.ts";
import { type Judged, judgeRows, quality, startJudging } from "../judge.ts";
import { type RowReader, readerFor } from "../row-reader.ts";
import {
  gapInterval,
  holding,
  honestGenerator,
  type Interval,
  percentileInterval,
  resample,
} from "./bootstrap.ts";
import {
  addSlope,
  advance,
  fitOf,
  rowSlope,
  startSearch,
  startSlope,
  type TemperatureFit,
} from "./fit-temperature.ts";
import { type LabelledLogits, rowOf } from "./labelled.ts";
import type { Quality, QualityDetail } from "./quality.ts";
import { type Binning, binEdges, binOf } from "./reliability.ts";

export interface CalibrateOptions extends QualityDetail {
  /** how many bins the reliability diagram has; 15 is the field's habit */
  readonly bins: number;
  readonly binning: Binning;
  /** bootstrap resamples for the intervals; 0 = none */
  readonly resamples: number;
  /** share of the resamples inside an interval */
  readonly level: number;
  readonly seed: string;
  /** the sets whose threshold is found at the temperature that was found; undefined: none */
  readonly conformal?: ConformalChoice | undefined;
}

export const CALIBRATE_DEFAULTS: CalibrateOptions = {
  bins: 15,
  binning: "equal_width",
  entropy_bins: 0,
  per_class: false,
  resamples: 200,
  level: 0.95,
  seed: "0",
};

export interface Intervals {
  readonly temperature: Interval;
  readonly ece_before: Interval;
  readonly ece_after: Interval;
}

export interface Calibration extends TemperatureFit {
  readonly rows: number;
  readonly before: Quality;
  readonly after: Quality;
  readonly conformal?: Conformal;
  readonly intervals?: Intervals;
}

/** Elements read between two pauses: about a millisecond. */
const SLICE_ELEMENTS = 1 << 18;

/** Temperature scaling of a labelled set, at once. */
export function calibrate(set: LabelledLogits, options: Partial<CalibrateOptions> = {}): Calibration {
  const chosen = { ...CALIBRATE_DEFAULTS, ...options };
  return allAtOnce(calibrateInSlices(set, chosen, readerFor(set.values, set.classes)));
}

/** The same with a pause after every slice of about a millisecond. */
export function* calibrateInSlices(
  set: LabelledLogits,
  options: CalibrateOptions,
  reader: RowReader,
): Generator<undefined, Calibration> {
  checkTargetsAreLive(set);
  const fit = yield* fitInSlices(set, reader);
  const before = yield* judgeInSlices(set, reader, 1, options.bins);
  const after = yield* judgeInSlices(set, reader, 1 / fit.temperature, options.bins);
  const calibration = {
    ...fit,
    rows: set.targets.length,
    before: quality(before, options),
    after: quality(after, options),
  };
  const conformal = options.conformal && {
    conformal: yield* conformalInSlices(set, reader, fit.temperature, options.conformal),
  };
  if (options.resamples === 0) return { ...calibration, ...conformal };
  const looks = [
    { ...before, ece: calibration.before.ece },
    { ...after, ece: calibration.after.ece },
  ];
  return {
    ...calibration,
    ...conformal,
    intervals: yield* intervalsInSlices(set, reader, fit.temperature, looks, options),
  };
}

function* fitInSlices(set: LabelledLogits, reader: RowReader): Generator<undefined, TemperatureFit> {
  let search = startSearch();
  while (!search.done) {
    const sum = startSlope();
    const { beta } = search;
    yield* slices(set, (from, to) => {
      for (let r = from; r < to; r++) {
        const row = rowOf(set, r);
        addSlope(sum, reader.moments(row, beta), row[set.targets[r]!]!);
      }
    });
    search = advance(search, sum);
  }
  return fitOf(search);
}

function* judgeInSlices(
  set: LabelledLogits,
  reader: RowReader,
  beta: number,
  bins: number,
): Generator<undefined, Judged> {
  const judged = startJudging(set, bins);
  yield* slices(set, (from, to) => judgeRows(judged, set, reader, beta, from, to));
  return judged;
}

/**
 * ECE is computed anew in the full set's bins. For T one Newton step from the optimum stands for a whole fit of
 * the resample: with n rows the two differ by the order of 1/n.
 */
function* intervalsInSlices(
  set: LabelledLogits,
  reader: RowReader,
  temperature: number,
  looks: readonly (Judged & { readonly ece: number })[],
  options: CalibrateOptions,
): Generator<undefined, Intervals> {
  const { resamples, seed, level } = options;
  const indices = new Int32Array(set.targets.length);
  const slopes = yield* slopesInSlices(set, reader, 1 / temperature);
  const judged = looks.map((each) => ({ ...each, binned: binRows(each, options) }));
  const temperatures = new Float64Array(resamples);
  const gaps = judged.map(() => new Float64Array(resamples));
  const honest = judged.map(() => new Float64Array(resamples));
  for (let n = 0; n < resamples; n++) {
    resample(indices, seed, n);
    temperatures[n] = temperatureOfResample(slopes, indices, temperature);
    judged.forEach((each, i) => {
      gaps[i]![n] = eceOfResample(each, each.binned, indices, options.bins);
      honest[i]![n] = eceIfHonest(each, each.binned, honestGenerator(`${seed}:${i}`, n), options.bins);
    });
    yield;
  }
  const [ece_before, ece_after] = judged.map((each, i) => gapInterval(each.ece, gaps[i]!, honest[i]!, level));
  return {
    temperature: holding(percentileInterval(temperatures, level), temperature),
    ece_before: ece_before!,
    ece_after: ece_after!,
  };
}

function* conformalInSlices(
  set: LabelledLogits,
  reader: RowReader,
  temperature: number,
  choice: ConformalChoice,
): Generator<undefined, Conformal> {
  const rows = set.targets.length;
  const conformities = new Float64Array(rows);
  yield* slices(set, (from, to) => {
    for (let r = from; r < to; r++) {
      const p = reader.probabilities(rowOf(set, r), 1 / temperature);
      conformities[r] = conformity(p, set.targets[r]!, choice);
    }
  });
  return { ...choice, threshold: thresholdOf(conformities, choice.miscoverage), temperature, rows };
}

interface Slopes {
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
}

function* slopesInSlices(set: LabelledLogits, reader: RowReader, beta: number): Generator<undefined, Slopes> {
  const rows = set.targets.length;
  const slopes = { gradient: new Float64Array(rows), curvature: new Float64Array(rows) };
  yield* slices(set, (from, to) => {
    for (let r = from; r < to; r++) {
      const row = rowOf(set, r);
      const { gradient, curvature } = rowSlope(reader.moments(row, beta), row[set.targets[r]!]!);
      slopes.gradient[r] = gradient;
      slopes.curvature[r] = curvature;
    }
  });
  return slopes;
}

function temperatureOfResample(slopes: Slopes, indices: Int32Array, temperature: number): number {
  let gradient = 0;
  let curvature = 0;
  for (let i = 0; i < indices.length; i++) {
    gradient += slopes.gradient[indices[i]!]!;
    curvature += slopes.curvature[indices[i]!]!;
  }
  return temperature / Math.max(0.125, 1 - gradient / curvature);
}

function binRows(judged: Judged, { bins, binning }: CalibrateOptions): Int32Array {
  const edges = binEdges(judged.confidence, bins, binning);
  return Int32Array.from(judged.confidence, (confidence) => binOf(edges, confidence));
}

function eceOfResample(judged: Judged, binned: Int32Array, indices: Int32Array, bins: number): number {
  const excess = new Float64Array(bins);
  for (let i = 0; i < indices.length; i++) {
    const r = indices[i]!;
    excess[binned[r]!]! += judged.confidence[r]! - judged.correct[r]!;
  }
  return meanGap(excess, indices.length);
}

/** The ECE that these confidences would have with answers as likely to be right as they say. */
function eceIfHonest(
  { confidence }: Judged,
  binned: Int32Array,
  uniform: () => number,
  bins: number,
): number {
  const excess = new Float64Array(bins);
  for (let r = 0; r < confidence.length; r++)
    excess[binned[r]!]! += uniform() < confidence[r]! ? confidence[r]! - 1 : confidence[r]!;
  return meanGap(excess, confidence.length);
}

function meanGap(excess: Float64Array, rows: number): number {
  let sum = 0;
  for (let b = 0; b < excess.length; b++) sum += Math.abs(excess[b]!);
  return sum / rows;
}

function* slices(set: LabelledLogits, read: (from: number, to: number) => void): Generator<undefined, void> {
  const rows = set.targets.length;
  const rows_per_slice = Math.max(1, Math.floor(SLICE_ELEMENTS / set.classes));
  for (let from = 0; from < rows; from += rows_per_slice) {
    read(from, Math.min(rows, from + rows_per_slice));
    yield;
  }
}

/** No temperature gives a masked class a probability: its loss is infinite at every T. */
function checkTargetsAreLive(set: LabelledLogits): void {
  for (let r = 0; r < set.targets.length; r++) {
    if (rowOf(set, r)[set.targets[r]!] !== Number.NEGATIVE_INFINITY) continue;
    const detail = `the logit of a row's target must be finite, got -Infinity for class ${set.targets[r]}`;
    throw new Problem("cannot_calibrate", detail, `/targets/${r}`);
  }
}
