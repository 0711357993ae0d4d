/** What a step is asked besides its rows: its options, checked, and every one of them there. */
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
  /** canonical decimal text; undefined: draw one */
  readonly seed: string | undefined;
  /** undefined: one draw, no list of draws */
  readonly n: number | undefined;
  readonly replacement: boolean;
  readonly draw: DrawChoice;
  readonly watermark: MarkChoice | undefined;
  /** whether the mark that a server lays by default is left out */
  readonly unmarked: boolean;
  readonly trace: boolean | "timed";
  readonly kept_token_ids: boolean;
  readonly kept_max: number | undefined;
  readonly kept_mode: KeptMode;
  /** log-probabilities are told of tokens up to this rank of the row as it came */
  readonly logprobs_rank_max: number;
  readonly logprobs: boolean;
  readonly top_logprobs: number;
  readonly logprobs_mode: LogprobsMode;
  readonly rank_ties: "by_id" | "counted";
  readonly logprob_token_ids: readonly number[];
  readonly uncertainty: boolean;
  readonly confidence_top_k: number;
  readonly require_exact: boolean;
  /** what a receipt is made of; undefined: none is asked for */
  readonly receipt: ReceiptOptions | undefined;
  /** undefined: nothing is said of an end */
  readonly stops: Stops | undefined;
  /** what is right and yet hardly meant; undefined: nothing */
  readonly warnings: readonly string[] | undefined;
}
