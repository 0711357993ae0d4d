/** What the page reads of the analysis replies, as openapi.json describes them. */

export interface Bin {
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

export interface Quality {
  readonly accuracy: number;
  readonly nll: number;
  readonly brier: number;
  readonly ece: number;
  readonly overconfidence: number;
  readonly bins: readonly Bin[];
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface CalibrateReply {
  readonly calibration: Readonly<Record<string, unknown>> & { readonly temperature: number };
  readonly before: Quality;
  readonly after: Quality;
  readonly intervals?: {
    readonly temperature: Interval;
    readonly ece_before: Interval;
    readonly ece_after: Interval;
  };
}

export interface Decision {
  readonly class_id: number | null;
  readonly probability: number;
}

export interface ProbabilitiesReply {
  readonly results: readonly { readonly decision: Decision }[];
}

export type Verdict = "confident" | "torn" | "unsure";

export interface Diagnosis {
  readonly top_id: number;
  readonly probability: number;
  readonly verdict: Verdict;
  readonly confidently_wrong?: boolean;
  readonly suspicious?: boolean;
}

export interface DiagnoseReply {
  readonly results: readonly Diagnosis[];
}
