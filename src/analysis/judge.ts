/**
 * A labelled set looked at with one temperature: how sure each row was, whether it was right, and what it cost.
 * Which class wins does not depend on the temperature, so neither does the accuracy.
 */
import { addClasswise, type ClasswiseBins, startClasswise } from "./calibration/classwise.ts";
import { type LabelledLogits, rowOf } from "./calibration/labelled.ts";
import { type Look, type Quality, type QualityDetail, QualitySums } from "./calibration/quality.ts";
import { type Binning, binEdges } from "./calibration/reliability.ts";
import type { RowScaler } from "./calibration/row-scaler.ts";
import { logprobOf, type Moments, relativeEntropy, topProbability } from "./moments.ts";
import type { RowReader } from "./row-reader.ts";

/** Per row, filled as rows are read. */
export interface Judged {
  readonly confidence: Float64Array;
  /** 1 when the most likely class came */
  readonly correct: Uint8Array;
  readonly logprob: Float64Array;
  /** Σ_c (p_c − y_c)² */
  readonly brier: Float64Array;
  /** entropy / ln n */
  readonly relative_entropy: Float64Array;
  readonly classwise: ClasswiseBins;
}

export function startJudging(set: LabelledLogits, bins: number): Judged {
  const rows = set.targets.length;
  return {
    confidence: new Float64Array(rows),
    correct: new Uint8Array(rows),
    logprob: new Float64Array(rows),
    brier: new Float64Array(rows),
    relative_entropy: new Float64Array(rows),
    classwise: startClasswise(set.classes, bins),
  };
}

/** How the rows of a set are looked at: as they are scaled, by this reader, at this 1/T. */
export interface View {
  readonly reader: RowReader;
  readonly beta: number;
  /** undefined: as they came */
  readonly scaler?: RowScaler | undefined;
}

/** A row as it is looked at; valid until the next. */
export function viewed(set: LabelledLogits, r: number, { scaler }: View): Float32Array | Float64Array {
  const row = rowOf(set, r);
  return scaler === undefined ? row : scaler.scale(row);
}

export function judgeRows(judged: Judged, set: LabelledLogits, view: View, from: number, to: number): void {
  const { reader, beta } = view;
  for (let r = from; r < to; r++) {
    const row = viewed(set, r, view);
    const target = set.targets[r]!;
    const { moments: m, probabilities: p } = reader.look(row, beta);
    const look = lookAt(m, row[target]!, target, brier(p, target));
    judged.confidence[r] = look.confidence;
    judged.correct[r] = look.correct;
    judged.logprob[r] = look.logprob;
    judged.brier[r] = look.brier;
    judged.relative_entropy[r] = look.relative_entropy;
    addClasswise(judged.classwise, p, target);
  }
}

/** A row from its moments, and the logit of the class that came. */
export function lookAt(m: Moments, logit: number, target: number, brier: number): Look {
  return {
    confidence: topProbability(m),
    correct: m.max_id === target ? 1 : 0,
    logprob: logprobOf(m, logit),
    brier,
    relative_entropy: relativeEntropy(m),
  };
}

export function quality(
  judged: Judged,
  options: QualityDetail & { bins: number; binning: Binning },
): Quality {
  const edges = binEdges(judged.confidence, options.bins, options.binning);
  const sums = new QualitySums(edges, options, judged.classwise);
  for (let r = 0; r < judged.confidence.length; r++)
    sums.add({
      confidence: judged.confidence[r]!,
      correct: judged.correct[r]!,
      logprob: judged.logprob[r]!,
      brier: judged.brier[r]!,
      relative_entropy: judged.relative_entropy[r]!,
    });
  return sums.quality();
}

/** Σ_c (p_c − y_c)²: 0 when certain and right, 2 when certain and wrong. Source: G. Brier, 1950. */
export function brier(p: Float64Array, target: number): number {
  const own = p[target]!;
  p[target] = 0;
  // Four sums at once: one would wait for its own last addition.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = p.length - (p.length % 4);
  for (let c = 0; c < whole; c += 4) {
    s0 += p[c]! * p[c]!;
    s1 += p[c + 1]! * p[c + 1]!;
    s2 += p[c + 2]! * p[c + 2]!;
    s3 += p[c + 3]! * p[c + 3]!;
  }
  for (let c = whole; c < p.length; c++) s0 += p[c]! * p[c]!;
  p[target] = own;
  return s0 + s1 + (s2 + s3) + (1 - own) * (1 - own);
}
