/** Calls that draw no token: rows in the client's form, replies as in HTTP. */
import type {
  BaselineOptions,
  BaselineReply,
  CalibrateOptions,
  CalibrateReply,
  CommonTokensOptions,
  CommonTokensReply,
  CompareFields,
  CompareReply,
  DiagnoseOptions,
  DiagnoseReply,
  GrammarReply,
  ProbabilitiesOptions,
  ProbabilitiesReply,
  ScoreOptions,
  ScoreReply,
} from "./analysis-types.ts";
import { type CallOptions, type Post, post, type Transport } from "./http.ts";
import type { StepRequestOptions } from "./options.ts";
import { binaryPost, jsonPost, stepPost } from "./posts.ts";
import { alike, jsonOf, type Logits, packedOf, type SparseLogits } from "./row.ts";

/** A row to analyse, with its true class (token) when the call needs it. */
export interface AnalysisRow {
  readonly logits: Exclude<Logits, SparseLogits>;
  readonly target?: number | string;
}

/** The options that every arm shares, and the arms. */
export interface CompareOptions
  extends CompareFields,
    Omit<StepRequestOptions, "preset" | "chain" | "state"> {}

type OfRows<Reply> = Extract<Reply, { readonly results: unknown }>;
type OfOne<Reply> = Exclude<Reply, { readonly results: unknown }>;

/** A call for one row or many; the results of many are in order under `results`. */
export interface RowsCall<Options, Reply> {
  (row: AnalysisRow, options?: Options, call?: CallOptions): Promise<OfOne<Reply>>;
  (rows: readonly AnalysisRow[], options?: Options, call?: CallOptions): Promise<OfRows<Reply>>;
}

/** A call that needs many rows. */
export type SetCall<Options, Reply> = (
  rows: readonly AnalysisRow[],
  options?: Options,
  call?: CallOptions,
) => Promise<Reply>;

/** A grammar as a step has it, and a text to check against it. */
export interface GrammarQuestion {
  readonly grammar: object;
  readonly vocabulary?: string;
  readonly text?: string;
  /** Maximum number of following tokens to list. Default 20. */
  readonly tokens_max?: number;
}

/** Each of these throws a ServiceProblem when the service refuses. None draws at random without a seed. */
export interface AnalysisCalls {
  /** Stable softmax, log-odds, entropy; with `threshold`, the predicted class. */
  readonly probabilities: RowsCall<ProbabilitiesOptions, ProbabilitiesReply>;
  /** Log-probability, rank and cross-entropy of the true classes, in nats and bits. */
  readonly score: RowsCall<ScoreOptions, ScoreReply>;
  /** Margin, entropy, energy and a verdict; with a baseline, whether the row is suspicious. */
  readonly diagnose: RowsCall<DiagnoseOptions, DiagnoseReply>;
  /** The temperature with the smallest cross-entropy on labelled rows. */
  readonly calibrate: SetCall<CalibrateOptions, CalibrateReply>;
  /** The statistics of clean rows, for `diagnose`. */
  readonly baseline: SetCall<BaselineOptions, BaselineReply>;
  /** One row through several presets or chains: where and why they differ. */
  compare(logits: Logits, options: CompareOptions, call?: CallOptions): Promise<CompareReply>;
  /**
   * The size of a grammar, the parts that its masks do not enforce, how a text relates to it, and the tokens
   * that may follow.
   */
  grammar(question: GrammarQuestion, call?: CallOptions): Promise<GrammarReply>;
  /**
   * The tokens that a drafter's vocabulary has in common with the target's; with `draft_token_ids`, the draft in ids of
   * the target.
   */
  commonTokens(options: CommonTokensOptions, call?: CallOptions): Promise<CommonTokensReply>;
}

export function analysisCalls(transport: Transport): AnalysisCalls {
  const reading =
    (path: string) =>
    (rows: AnalysisRow | readonly AnalysisRow[], options: object = {}, call: CallOptions = {}) =>
      post(transport, rowsPost(path, rows, options), call);
  // The reply type that the service documents for each of them.
  return {
    probabilities: reading("/v1/probabilities") as AnalysisCalls["probabilities"],
    score: reading("/v1/score") as AnalysisCalls["score"],
    diagnose: reading("/v1/diagnose") as AnalysisCalls["diagnose"],
    calibrate: reading("/v1/calibrate") as AnalysisCalls["calibrate"],
    baseline: reading("/v1/baseline") as AnalysisCalls["baseline"],
    compare: async (logits, options, call = {}) => {
      const request = stepPost("/v1/compare", logits, options);
      return (await post(transport, request, call)) as CompareReply;
    },
    grammar: async (question, call = {}) =>
      (await post(transport, jsonPost("/v1/grammar", question, true), call)) as GrammarReply,
    commonTokens: async (options, call = {}) => {
      const request = jsonPost("/v1/vocabularies/common", options, REPEATABLE);
      return (await post(transport, request, call)) as CommonTokensReply;
    },
  };
}

/** These calls are pure, so each may be repeated. */
const REPEATABLE = true;

/** Rows of one form and length, all with or all without classes, are sent as one tensor, others as JSON. */
function rowsPost(path: string, rows: AnalysisRow | readonly AnalysisRow[], options: object): Post {
  const single = "logits" in rows;
  const many = single ? [rows] : rows;
  const packed = many.map(({ logits }) => packedOf(logits));
  const targets = many.flatMap(({ target }) => (target === undefined ? [] : [target]));
  const tensor = targets.length === 0 || targets.length === many.length ? alike(packed) : undefined;
  if (tensor === undefined) {
    const written = many.map((row) => ({ ...row, logits: jsonOf(row.logits) }));
    return jsonPost(path, { ...options, rows: written }, REPEATABLE);
  }
  const { dtype, elements } = tensor;
  const head = {
    dtype,
    shape: single ? [elements] : [many.length, elements],
    ...(targets.length > 0 && (single ? { target: targets[0] } : { targets })),
    ...options,
  };
  return binaryPost(path, head, packed, REPEATABLE);
}
