/**
 * Analyses of rows of logits. Each has the options of the endpoint with its name, checked by that endpoint's schema,
 * and uses that endpoint's task.
 */
import {
  afterRound,
  type CalibrationState,
  CalibrationTally,
  type RoundOptions,
  startCalibration,
} from "../../analysis/calibration/round.ts";
import { createAnyReader } from "../../analysis/row-reader.ts";
import { coverTask } from "../../analysis/tasks/cover.ts";
import { diagnoseTask } from "../../analysis/tasks/diagnose.ts";
import { scaledTask } from "../../analysis/tasks/scaled.ts";
import { scoreTask } from "../../analysis/tasks/score.ts";
import type { ResultList, TalliedTask, TaskContext } from "../../analysis/tasks/task.ts";
import { assert, Problem } from "../../errors.ts";
import {
  parseCalibrate,
  parseDiagnose,
  parseProbabilities,
  parseScore,
} from "../../schemas/analysis-options.ts";
import type { Analysis, Running } from "./analysis.ts";

function contextOf(temperature: number, results: ResultList): TaskContext {
  const inverse_temperature = 1 / temperature;
  return { reader: createAnyReader(), single: false, inverse_temperature, values_expected: 0, results };
}

/** One pass suffices, and every row has a result. */
function ofTask(task: TalliedTask): Running {
  return {
    tally: task.tally,
    take: (row) => task.take(row),
    outcome: () => ({ report: task.tally.report() }),
  };
}

export const SCORE: Analysis = {
  name: "score",
  begin(fields, _state, results) {
    const { options, temperature, scaling } = parseScore(fields);
    return ofTask(
      scaledTask(contextOf(temperature, results), scaling, (context) => scoreTask(context, options)),
    );
  },
};

export const DIAGNOSE: Analysis = {
  name: "diagnose",
  begin(fields, _state, results) {
    const { options, temperature, scaling } = parseDiagnose(fields);
    return ofTask(
      scaledTask(contextOf(temperature, results), scaling, (context) => diagnoseTask(context, options)),
    );
  },
};

/** Bins with equally many rows need all confidences at once, so over shards the bins have equal width. */
export const CALIBRATE: Analysis = {
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

export const COVER: Analysis = {
  name: "cover",
  begin(fields, _state, results) {
    const { options, temperature, scaling } = parseProbabilities(fields);
    const { conformal } = options;
    assert(conformal !== undefined, "cover is asked for with its sets");
    return ofTask(
      scaledTask(contextOf(temperature, results), scaling, (context) => coverTask(context, conformal)),
    );
  },
};
