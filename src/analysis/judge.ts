/**
 * A labelled set looked at with one temperature: how sure each row was, whether it was right, and what it cost.
 * Which class wins does not depend on the temperature, so neither does the accuracy.
 */
import {
  addClasswise,
  type ClasswiseBins,
  classwiseCalibrationError,
  startClasswise,
} from "./calibration/classwise.ts";
import { type LabelledLogits, rowOf } from "./calibration/labelled.ts";
import {
  type Bin,
  type Binning,
  binEdges,
  expectedCalibrationError,
  maximumCalibrationError,
  reliabilityBins,
} from "./calibration/reliability.ts";
import { logprobOf, topProbability } from "./moments.ts";
import type { RowReader } from "./row-reader.ts";

/** Per row, filled as rows are read. */
export interface Judged {
  readonly confidence: Float64Array;
  /** 1 when the most likely class came */
  readonly correct: Uint8Array;
  readonly logprob: Float64Array;
  /** Σ_c (p_c − y_c)² */
  readonly brier: Float64Array;
  readonly classwise: ClasswiseBins;
}

export interface Quality {
  readonly accuracy: number;
  /** mean cross-entropy in nats */
  readonly nll: number;
  /** mean squared distance of the probabilities from the truth, over all classes: in [0, 2] */
  readonly brier: number;
  readonly ece: number;
  readonly mce: number;
  readonly classwise_ece: number;
  /** mean confidence minus accuracy: positive when over-confident */
  readonly overconfidence: number;
  readonly bins: readonly Bin[];
}

export function startJudging(set: LabelledLogits, bins: number): Judged {
  const rows = set.targets.length;
  return {
    confidence: new Float64Array(rows),
    correct: new Uint8Array(rows),
    logprob: new Float64Array(rows),
    brier: new Float64Array(rows),
    classwise: startClasswise(set.classes, bins),
  };
}

export function judgeRows(
  judged: Judged,
  set: LabelledLogits,
  reader: RowReader,
  beta: number,
  from: number,
  to: number,
): void {
  for (let r = from; r < to; r++) {
    const row = rowOf(set, r);
    const target = set.targets[r]!;
    const m = reader.moments(row, beta);
    const p = reader.probabilities(row, beta);
    judged.confidence[r] = topProbability(m);
    judged.correct[r] = m.max_id === target ? 1 : 0;
    judged.logprob[r] = logprobOf(m, row[target]!);
    judged.brier[r] = brier(p, target);
    addClasswise(judged.classwise, p, target);
  }
}

export function quality(judged: Judged, bins: number, binning: Binning): Quality {
  const diagram = reliabilityBins(
    judged.confidence,
    judged.correct,
    binEdges(judged.confidence, bins, binning),
  );
  const accuracy = mean(judged.correct);
  return {
    accuracy,
    nll: -mean(judged.logprob),
    brier: mean(judged.brier),
    ece: expectedCalibrationError(diagram),
    mce: maximumCalibrationError(diagram),
    classwise_ece: classwiseCalibrationError(judged.classwise),
    overconfidence: mean(judged.confidence) - accuracy,
    bins: diagram,
  };
}

/** Σ_c (p_c − y_c)²: 0 when certain and right, 2 when certain and wrong. Source: G. Brier, 1950. */
export function brier(p: Float64Array, target: number): number {
  let sum = 0;
  for (let c = 0; c < p.length; c++) {
    const distance = c === target ? 1 - p[c]! : p[c]!;
    sum += distance * distance;
  }
  return sum;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
