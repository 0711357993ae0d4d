/** The parts of the analysis replies that the page reads; its requests always have several rows. */
import type {
  CalibrateReply as CalibrateAnyReply,
  ClassProbabilities,
  DiagnoseReply as DiagnoseAnyReply,
  Diagnosis,
  Quality,
} from "../../../src/client/analysis-types.ts";

export type { Diagnosis, Quality } from "../../../src/client/analysis-types.ts";

export type Bin = Quality["bins"][number];

/** The page asks for one temperature, so the reply has one. */
export interface CalibrateReply extends Omit<CalibrateAnyReply, "calibration" | "intervals"> {
  readonly calibration: CalibrateAnyReply["calibration"] & { readonly temperature: number };
  readonly intervals?: { readonly temperature: { readonly low: number; readonly high: number } };
}

/** With a threshold every row has a decision. */
export interface ProbabilitiesReply {
  readonly results: readonly { readonly decision: NonNullable<ClassProbabilities["decision"]> }[];
}

export type Verdict = Diagnosis["verdict"];

export type DiagnoseReply = Extract<DiagnoseAnyReply, { readonly results: unknown }>;
