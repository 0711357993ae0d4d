/**
 * Calibration from end to end: find the temperature, and from there what tells classes apart; then judge the set before and after with it.
 *
 * The work is a generator that pauses after every slice, so that a server can serve others in between; a library
 * user drains it at once with `calibrate`. The result does not depend on how often it paused.
 */

import { Problem } from "../../errors.ts";
import { allAtOnce } from "../../pieces.ts";
import {
  type Conformal,
  type ConformalChoice,
  conformalScaling,
  conformity,
  thresholdOf,
} from "../conformal.ts";
import { type Judged, judgeRows, quality, startJudging, type View, viewed } from "../judge.ts";
import { plainReader, type RowReader, readerFor } from "../row-reader.ts";
import {
  gapInterval,
  holding,
  honestGenerator,
  type Interval,
  percentileInterval,
  resample,
} from "./bootstrap.ts";
import { advanceClasses, classScalingOf, startClassSearch } from "./class-search.ts";
import { ClassSums, reachOf, sizeFor } from "./class-sums.ts";
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
import { RowScaler } from "./row-scaler.ts";
import { type Scaling, type ScalingMethod, tellsClassesApart } from "./scaling.ts";

export interface CalibrateOptions extends QualityDetail {
  readonly method: ScalingMethod;
  /** of methods that tell classes apart: how much it holds them together; 0: not at all */
  readonly ridge: number;
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
  method: "temperature_scaling",
  ridge: 0,
  bins: 15,
  binning: "equal_width",
  entropy_bins: 0,
  per_class: false,
  resamples: 200,
  level: 0.95,
  seed: "0",
};

export interface Intervals {
  /** of temperature_scaling */
  readonly temperature?: Interval;
  readonly ece_before: Interval;
  readonly ece_after: Interval;
}

/** `temperature` is that of temperature scaling, from which the search for a scaling of classes sets out. */
export interface Calibration extends TemperatureFit {
  readonly calibration: Scaling;
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
  const { calibration, passes } = yield* scalingInSlices(set, reader, fit, options);
  const view = viewOf(calibration, reader);
  const before = yield* judgeInSlices(set, { reader, beta: 1 }, options.bins);
  const after = yield* judgeInSlices(set, view, options.bins);
  const account = {
    temperature: fit.temperature,
    calibration,
    passes,
    rows: set.targets.length,
    before: quality(before, options),
    after: quality(after, options),
  };
  const conformal = options.conformal && {
    conformal: yield* conformalInSlices(set, view, calibration, options.conformal),
  };
  if (options.resamples === 0) return { ...account, ...conformal };
  const looks = [
    { ...before, ece: account.before.ece },
    { ...after, ece: account.after.ece },
  ];
  const slopes = tellsClassesApart(calibration)
    ? undefined
    : yield* slopesInSlices(set, reader, fit.temperature);
  return { ...account, ...conformal, intervals: yield* intervalsInSlices(slopes, looks, options) };
}

function viewOf(calibration: Scaling, reader: RowReader): View {
  if (tellsClassesApart(calibration))
    return { reader: plainReader, beta: 1, scaler: new RowScaler(calibration) };
  return { reader, beta: 1 / (calibration.temperature ?? 1) };
}

/** The scaling that was asked for, from the temperature. */
function* scalingInSlices(
  set: LabelledLogits,
  reader: RowReader,
  { temperature, passes }: TemperatureFit,
  { method, ridge }: CalibrateOptions,
): Generator<undefined, { readonly calibration: Scaling; readonly passes: number }> {
  if (method === "temperature_scaling") return { calibration: { method, temperature }, passes };
  const beta = 1 / temperature;
  let reach = 0;
  yield* slices(set, (from, to) => {
    for (let r = from; r < to; r++) {
      const row = rowOf(set, r);
      reach = Math.max(reach, reachOf(row, reader.moments(row, beta).max, beta));
    }
  });
  let search = startClassSearch(method, beta, { classes: set.classes, size: sizeFor(reach), ridge });
  while (!search.done) {
    const sums = new ClassSums(search);
    const scaler = new RowScaler(classScalingOf(search));
    yield* slices(set, (from, to) => {
      for (let r = from; r < to; r++) {
        const row = rowOf(set, r);
        sums.add(row, scaler.scale(row), set.targets[r]!);
      }
    });
    search = advanceClasses(search, sums);
  }
  return { calibration: classScalingOf(search), passes: passes + search.passes };
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

function* judgeInSlices(set: LabelledLogits, view: View, bins: number): Generator<undefined, Judged> {
  const judged = startJudging(set, bins);
  yield* slices(set, (from, to) => judgeRows(judged, set, view, from, to));
  return judged;
}

/**
 * ECE is computed anew in the full set's bins. For T one Newton step from the optimum stands for a whole fit of
 * the resample: with n rows the two differ by the order of 1/n.
 */
function* intervalsInSlices(
  slopes: Slopes | undefined,
  looks: readonly (Judged & { readonly ece: number })[],
  options: CalibrateOptions,
): Generator<undefined, Intervals> {
  const { resamples, seed, level } = options;
  const indices = new Int32Array(looks[0]!.confidence.length);
  const judged = looks.map((each) => ({ ...each, binned: binRows(each, options) }));
  const temperatures = new Float64Array(resamples);
  const gaps = judged.map(() => new Float64Array(resamples));
  const honest = judged.map(() => new Float64Array(resamples));
  for (let n = 0; n < resamples; n++) {
    resample(indices, seed, n);
    if (slopes !== undefined) temperatures[n] = temperatureOfResample(slopes, indices);
    judged.forEach((each, i) => {
      gaps[i]![n] = eceOfResample(each, each.binned, indices, options.bins);
      honest[i]![n] = eceIfHonest(each, each.binned, honestGenerator(`${seed}:${i}`, n), options.bins);
    });
    yield;
  }
  const [ece_before, ece_after] = judged.map((each, i) => gapInterval(each.ece, gaps[i]!, honest[i]!, level));
  return {
    ...(slopes !== undefined && {
      temperature: holding(percentileInterval(temperatures, level), slopes.temperature),
    }),
    ece_before: ece_before!,
    ece_after: ece_after!,
  };
}

function* conformalInSlices(
  set: LabelledLogits,
  view: View,
  calibration: Scaling,
  choice: ConformalChoice,
): Generator<undefined, Conformal> {
  const rows = set.targets.length;
  const conformities = new Float64Array(rows);
  yield* slices(set, (from, to) => {
    for (let r = from; r < to; r++) {
      const p = view.reader.probabilities(viewed(set, r, view), view.beta);
      conformities[r] = conformity(p, set.targets[r]!, choice);
    }
  });
  return {
    ...choice,
    threshold: thresholdOf(conformities, choice.miscoverage),
    ...conformalScaling(calibration),
    rows,
  };
}

interface Slopes {
  /** at which they were read */
  readonly temperature: number;
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
}

function* slopesInSlices(
  set: LabelledLogits,
  reader: RowReader,
  temperature: number,
): Generator<undefined, Slopes> {
  const rows = set.targets.length;
  const beta = 1 / temperature;
  const slopes = { temperature, gradient: new Float64Array(rows), curvature: new Float64Array(rows) };
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

function temperatureOfResample(slopes: Slopes, indices: Int32Array): number {
  let gradient = 0;
  let curvature = 0;
  for (let i = 0; i < indices.length; i++) {
    gradient += slopes.gradient[indices[i]!]!;
    curvature += slopes.curvature[indices[i]!]!;
  }
  return slopes.temperature / Math.max(0.125, 1 - gradient / curvature);
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
