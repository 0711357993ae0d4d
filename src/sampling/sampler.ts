/**
 * CONTRACT SKETCH: the face of the core that http, examples and the library call. Bodies follow.
 *
 * One step: a row of logits and its options in, one token and its account out. Synchronous and pure but for
 * the scratch memory of its kernel: the same row and options give the same answer, to the bit.
 */
import type { Row } from "../kernels/kernel.ts";

/** A row of which only some tokens were sent; all others count as −Infinity. */
export interface SparseRow {
  readonly token_ids: Int32Array;
  readonly values: Float64Array;
  readonly vocab_size?: number;
  /** ln Σ exp over the whole row, known to the sender: makes raw log-probabilities exact */
  readonly logsumexp?: number;
  /** no omitted logit is larger than this: lets a truncating chain be proven exact */
  readonly max_omitted?: number;
}

export interface TokenLogprob {
  readonly token_id: number;
  readonly logprob: number;
}

/** The reply to one step, in wire order (api.md §1.3). Optional fields are absent when not asked for. */
export interface Sampled {
  readonly token_id: number;
  readonly logprob?: number;
  readonly processed_logprob?: number;
  readonly rank?: number;
  readonly top_logprobs?: readonly TokenLogprob[];
  readonly kept: number;
  readonly kept_mass?: number;
  readonly exact?: boolean;
  readonly seed: string;
  readonly step: number;
  readonly state: null;
  readonly system_fingerprint: string;
}

/**
 * Checked options of one step: everything in api.md §1.2 except the row itself.
 * `parseStepOptions(value)` (src/sampling/step-options.ts) makes one out of untrusted JSON or throws a Problem
 * with a pointer; in a batch, `mergeStepOptions(shared, row)` overlays a row's raw options on the shared ones
 * before parsing. The zod schema `STEP_OPTIONS` in the same file is the source for OpenAPI.
 */
export type { StepOptions } from "./step-options.ts";

export interface SamplerLimits {
  readonly vocab_size_max: number;
  readonly rows_max: number;
}

export interface Sampler {
  leaseRow(): Row | undefined;
  returnRow(row: Row): void;
  /** The row must be finished. Throws a Problem (nan_logit, all_tokens_masked, …) whose pointer is relative to the step. */
  sample(row: Row | SparseRow, options: import("./step-options.ts").StepOptions): Sampled;
}

export declare function createSampler(limits: SamplerLimits): Sampler;
