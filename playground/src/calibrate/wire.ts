/** What the page reads of the analysis replies: of several rows, as it always sends them. */
import type {
  ClassProbabilities,
  DiagnoseReply as DiagnoseAnyReply,
  Diagnosis,
  Quality,
} from "../../../src/client/analysis-types.ts";

export type { CalibrateReply, Diagnosis, Quality } from "../../../src/client/analysis-types.ts";

export type Bin = Quality["bins"][number];

/** With a threshold every row has a decision. */
export interface ProbabilitiesReply {
  readonly results: readonly { readonly decision: NonNullable<ClassProbabilities["decision"]> }[];
}

export type Verdict = Diagnosis["verdict"];

export type DiagnoseReply = Extract<DiagnoseAnyReply, { readonly results: unknown }>;
