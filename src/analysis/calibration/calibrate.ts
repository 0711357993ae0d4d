/**
 * Calibration of a set in memory: the rounds of round.ts over one part. A service with all rows in memory and a command
 * that reads many shards find the same numbers, to the bit.
 *
 * The work is a generator that pauses after every slice, so that a server can serve others in between; a library user
 * drains it at once with `calibrate`. The result does not depend on how often it paused.
 */

import { Problem } from "../../errors.ts";
import { allAtOnce } from "../../pieces.ts";
import { type RowReader, readerFor } from "../row-reader.ts";
import { fitOf, type TemperatureFit } from "./fit-temperature.ts";
import { type LabelledLogits, rowOf } from "./labelled.ts";
import { type Binning, binEdges } from "./reliability.ts";
import {
  afterRound,
  type CalibrationReport,
  CalibrationTally,
  type RoundOptions,
  startCalibration,
} from "./round.ts";

export interface CalibrateOptions extends RoundOptions {
  /** equal_mass needs the confidences of all rows at once, so the set must be in memory */
  readonly binning: Binning;
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

/** `temperature` is that of temperature scaling, from which the search for class parameters starts. */
export interface Calibration extends CalibrationReport, TemperatureFit {}

/** Number of elements read between two pauses: about a millisecond. */
const SLICE_ELEMENTS = 1 << 18;

/** Calibration of a labelled set, in one piece. */
export function calibrate(set: LabelledLogits, options: Partial<CalibrateOptions> = {}): Calibration {
  const chosen = { ...CALIBRATE_DEFAULTS, ...options };
  return allAtOnce(calibrateInSlices(set, chosen, readerFor(set.values, set.classes)));
}

/**
 * Like the above, with a pause after every slice of about a millisecond. Throws a Problem with a pointer such as
 * `/targets/3`.
 */
export function* calibrateInSlices(
  set: LabelledLogits,
  options: CalibrateOptions,
  reader: RowReader,
): Generator<undefined, Calibration> {
  let state = startCalibration();
  for (;;) {
    const tally = new CalibrationTally(state, options);
    if (tally.judges && options.binning === "equal_mass")
      tally.useEdges(yield* massEdges(set, tally, options, reader));
    yield* slices(set, (r) => takeRow(tally, set, r, reader));
    const outcome = afterRound(state, tally, options);
    yield;
    if ("report" in outcome) return { temperature: fitOf(state.search).temperature, ...outcome.report };
    state = outcome.next;
  }
}

function takeRow(tally: CalibrationTally, set: LabelledLogits, r: number, reader: RowReader): void {
  try {
    tally.take({ values: rowOf(set, r), target: set.targets[r] }, reader);
  } catch (error) {
    if (!(error instanceof Problem) || error.pointer !== "/target") throw error;
    throw new Problem(error.code, error.message, `/targets/${r}`);
  }
}

/** Upper edges of bins with equally many rows, from the confidences of all rows. */
function* massEdges(
  set: LabelledLogits,
  tally: CalibrationTally,
  { bins }: CalibrateOptions,
  reader: RowReader,
): Generator<undefined, Float64Array> {
  const confidences = new Float64Array(set.targets.length);
  yield* slices(set, (r) => {
    confidences[r] = tally.confidence(rowOf(set, r), reader);
  });
  return binEdges(confidences, bins, "equal_mass");
}

function* slices(set: LabelledLogits, read: (r: number) => void): Generator<undefined, void> {
  const rows = set.targets.length;
  const rows_per_slice = Math.max(1, Math.floor(SLICE_ELEMENTS / set.classes));
  for (let from = 0; from < rows; from += rows_per_slice) {
    for (let r = from; r < Math.min(rows, from + rows_per_slice); r++) read(r);
    yield;
  }
}
