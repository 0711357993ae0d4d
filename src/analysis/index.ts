/**
 * Reading logits: probabilities, decisions, losses, calibration and diagnostics. Pure functions that also run in
 * a browser.
 */
export {
  type Baseline,
  FEATURE_NAMES,
  type Feature,
  fitBaseline,
  type Spread,
  type Suspicion,
  suspicion,
} from "./baseline.ts";
export type { Interval } from "./calibration/bootstrap.ts";
export {
  CALIBRATE_DEFAULTS,
  type CalibrateOptions,
  type Calibration,
  calibrate,
  calibrateInSlices,
} from "./calibration/calibrate.ts";
export { type LabelledLogits, labelledLogits, rowOf } from "./calibration/labelled.ts";
export type { Quality } from "./calibration/quality.ts";
export { type Bin, type Binning, reliabilityBins } from "./calibration/reliability.ts";
export { inverseTemperature } from "./calibration/temperature.ts";
export { checkRow } from "./check-row.ts";
export { checkThresholds, type Decision, decide, type Thresholds } from "./decide.ts";
export { confidentlyWrong, type Diagnosis, diagnose, type Verdict } from "./diagnose.ts";
export { BITS_PER_NAT } from "./exp.ts";
export { brier } from "./judge.ts";
export { logistic, logisticPair, logit, logitOfPair, logLogistic, type Pair } from "./logistic.ts";
export { entropy, type Logits, type Moments, moments, topProbability, varentropy } from "./moments.ts";
export { areaUnderRoc, type RocPoint, rocCurve } from "./roc.ts";
export { createAnyReader, createKernelReader, plainReader, type RowReader, readerFor } from "./row-reader.ts";
export { type Loss, loss, type Score, score } from "./score.ts";
export { logOdds, logSoftmax, logSumExp, softmax } from "./softmax.ts";
