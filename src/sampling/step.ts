/** The options of a step, checked and complete. */
import type { Chain } from "./chain.ts";
import type { Combination } from "./combine/combination.ts";
import type { DrawChoice } from "./draw/draw-rule.ts";
import type { MarkChoice } from "./draw/watermark/scheme.ts";
import type { StepSequence } from "./history/sequence.ts";
import type { KeptMode } from "./options/kept-mode.ts";
import type { LogprobsMode } from "./options/logprobs-mode.ts";
import type { ReceiptOptions } from "./options/receipt-options.ts";
import type { Stops } from "./stops/index.ts";

/** The checked options of one step. */
export interface StepOptions extends StepSequence {
  readonly chain: Chain;
  /** how several sources become one row; undefined: there is one row */
  readonly combine: Combination | undefined;
  readonly vocab_size: number | undefined;
  /** canonical decimal text; undefined: use a random seed */
  readonly seed: string | undefined;
  /** undefined: one draw, without a list of draws */
  readonly n: number | undefined;
  readonly replacement: boolean;
  readonly draw: DrawChoice;
  readonly watermark: MarkChoice | undefined;
  /** true when the server's default watermark is left out */
  readonly unmarked: boolean;
  readonly trace: boolean | "timed";
  readonly kept_token_ids: boolean;
  readonly kept_max: number | undefined;
  readonly kept_mode: KeptMode;
  /** log-probabilities are reported for tokens up to this rank of the unchanged row */
  readonly logprobs_rank_max: number;
  readonly logprobs: boolean;
  readonly top_logprobs: number;
  readonly logprobs_mode: LogprobsMode;
  readonly rank_ties: "by_id" | "counted";
  readonly logprob_token_ids: readonly number[];
  readonly uncertainty: boolean;
  readonly confidence_top_k: number;
  readonly require_exact: boolean;
  /** the contents of a receipt; undefined: none is requested */
  readonly receipt: ReceiptOptions | undefined;
  /** undefined: the request has no stops */
  readonly stops: Stops | undefined;
  /** warnings about options that are valid but probably not intended; undefined: none */
  readonly warnings: readonly string[] | undefined;
}
