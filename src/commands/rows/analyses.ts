/**
 * What may be asked of rows and merged: one list, of which score, diagnose, calibrate and merge are made. Each takes the
 * options of the endpoint of its name, checked by that endpoint's schema, and reads rows with that endpoint's task.
 */
import {
  afterRound,
  type CalibrationState,
  CalibrationTally,
  type RoundOptions,
  startCalibration,
} from "../../analysis/calibration/round.ts";
import { createAnyReader } from "../../analysis/row-reader.ts";
import type { Tally } from "../../analysis/tallies/tally.ts";
import { coverTask } from "../../analysis/tasks/cover.ts";
import { diagnoseTask } from "../../analysis/tasks/diagnose.ts";
import { scoreTask } from "../../analysis/tasks/score.ts";
import type { ResultList, TalliedTask, TaskContext, TaskRow } from "../../analysis/tasks/task.ts";
import { assert, Problem } from "../../errors.ts";
import {
  parseCalibrate,
  parseDiagnose,
  parseProbabilities,
  parseScore,
} from "../../schemas/analysis-options.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Rows that are being read, or sums that are being merged. */
export interface Running {
  readonly tally: Tally;
  /** Takes a row, or throws a Problem and takes nothing. */
  take(row: TaskRow): void;
  /** What all rows come to; or the state with which they are to be read once more. */
  outcome(): Outcome;
}

export type Outcome = { readonly report: object } | { readonly next: object };

export interface Analysis {
  readonly name: string;
  /** Checks the options. `state` is what the outcome before said, null at first; results of rows go to `results`. */
  begin(options: Fields, state: unknown, results: ResultList): Running;
}

const NOWHERE: ResultList = { push: () => undefined };

function contextOf(temperature: number, results: ResultList): TaskContext {
  const inverse_temperature = 1 / temperature;
  return { reader: createAnyReader(), single: false, inverse_temperature, values_expected: 0, results };
}

/** One pass is all, and every row has a result. */
function ofTask(task: TalliedTask): Running {
  return {
    tally: task.tally,
    take: (row) => task.take(row),
    outcome: () => ({ report: task.tally.report() }),
  };
}

const SCORE: Analysis = {
  name: "score",
  begin(fields, _state, results) {
    const { options, temperature } = parseScore(fields);
    return ofTask(scoreTask(contextOf(temperature, results), options));
  },
};

const DIAGNOSE: Analysis = {
  name: "diagnose",
  begin(fields, _state, results) {
    const { options, temperature } = parseDiagnose(fields);
    return ofTask(diagnoseTask(contextOf(temperature, results), options));
  },
};

/** Bins of equally many rows need all confidences at once: over shards they are of equal width. */
const CALIBRATE: Analysis = {
  name: "calibrate",
  begin(fields, state) {
    const { binning, ...options } = parseCalibrate(fields);
    if (binning !== "equal_width")
      throw new Problem(
        "invalid_option",
        `binning must be equal_width over shards, got ${binning}`,
        "/binning",
      );
    return calibrating(options, (state as CalibrationState | null) ?? startCalibration()); // as `next` was
  },
};

function calibrating(options: RoundOptions, state: CalibrationState): Running {
  const reader = createAnyReader();
  const tally = new CalibrationTally(state, options);
  return {
    tally,
    take: (row) => tally.take(row, reader),
    outcome: () => afterRound(state, tally, options),
  };
}

const COVER: Analysis = {
  name: "cover",
  begin(fields, _state, results) {
    const { options, temperature } = parseProbabilities(fields);
    assert(options.conformal !== undefined, "cover is asked for with its sets");
    return ofTask(coverTask(contextOf(temperature, results), options.conformal));
  },
};

const ANALYSES: readonly Analysis[] = [SCORE, DIAGNOSE, CALIBRATE, COVER];

/** Throws when there is none of this name. */
export function analysisOf(name: string): Analysis {
  const found = ANALYSES.find((analysis) => analysis.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `${name} has no sums to merge; those of ${ANALYSES.map((each) => each.name).join(", ")} have`,
  );
}

export { NOWHERE };
