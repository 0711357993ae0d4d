/** The reply to a step: its shape, and the part that reads candidates and log-probabilities. */

import { Problem } from "../../errors.ts";
import type { TokenText } from "../../vocabulary/text.ts";
import type { Candidates } from "../candidates/candidates.ts";
import type { Marked } from "../draws.ts";
import { LOGPROBS_RANK_ALL } from "../options/option-limits.ts";
import type { Receipt } from "../receipt.ts";
import type { Told } from "../stage.ts";
import type { StepOptions } from "../step.ts";
import type { RawRow } from "./logprobs.ts";
import { type TokenLogprob, tokenLogprob } from "./token-logprob.ts";
import type { Fate, InverseCdf, TraceEntry } from "./trace.ts";
import { type Uncertainty, uncertaintyOf } from "./uncertainty.ts";

/** The reply to one step, in wire order. Values that the request did not ask for are absent. */
export interface Sampled extends Partial<TokenText>, Omit<Told, "finish_reason"> {
  readonly token_id: number;
  /** why the text ends here; null or absent while it continues */
  readonly finish_reason?: string | null;
  /** number of bytes at the end of the generated text that belong to the stop string */
  readonly stop_bytes?: number;
  /** raw ln p of the token, or with some values of logprobs_mode that around the temperature; null stands for −Infinity */
  readonly logprob?: number | null;
  /** ln of the probability with which it was drawn */
  readonly processed_logprob?: number;
  /** 1 = most likely in the raw row */
  readonly rank?: number;
  /** the n draws, when n was given; the first is the token above */
  readonly draws?: readonly Draw[];
  readonly top_logprobs?: readonly TokenLogprob[];
  readonly named_logprobs?: readonly TokenLogprob[];
  /** number of kept tokens */
  readonly kept: number;
  /** the kept tokens, ascending */
  readonly kept_token_ids?: readonly number[];
  /** with `kept_max`: true when more tokens were kept */
  readonly kept_truncated?: true;
  /** the raw mass of the kept tokens */
  readonly kept_mass?: number;
  /** ln p of the token in each unchanged source of a combination; null stands for −Infinity */
  readonly source_logprobs?: readonly (number | null)[];
  /** uncertainty of the model's row, and of the distribution of the draw */
  readonly uncertainty?: { readonly raw: Uncertainty; readonly processed: Uncertainty };
  /** with `watermark`: true when the token is marked */
  readonly watermark?: Marked;
  /** with `receipt`: hashes of the row and of the options */
  readonly receipt?: Receipt;
  /** for sparse rows: true when the whole row would provably have given the same reply */
  readonly exact?: boolean;
  readonly seed: string;
  readonly step: number;
  /** state of the stages that have one, by name, for the next step; null when no stage has one */
  readonly state: Readonly<Record<string, unknown>> | null;
  readonly system_fingerprint: string;
  /**
   * options without effect, such as a penalty without a history; parts of a grammar that the mask does not
   * enforce
   */
  readonly warnings?: readonly string[];
  readonly trace?: readonly TraceEntry[];
  /** with a trace: the fate of the tokens in logprob_token_ids */
  readonly fates?: readonly Fate[];
  /** with a trace: the position of the uniform of the (first) draw */
  readonly inverse_cdf?: InverseCdf;
  /** with a trace, for a draw by Gumbel noise: the largest scores with their noise */
  readonly gumbel?: { readonly best: readonly { readonly token_id: number; readonly total: number }[] };
}

export interface Draw extends Partial<TokenText> {
  readonly token_id: number;
  readonly logprob?: number | null;
  readonly processed_logprob?: number;
  readonly rank?: number;
}

export type Report = Pick<
  Sampled,
  | "logprob"
  | "processed_logprob"
  | "rank"
  | "draws"
  | "top_logprobs"
  | "named_logprobs"
  | "kept"
  | "kept_token_ids"
  | "kept_truncated"
  | "kept_mass"
  | "uncertainty"
>;

/** The processed side is read first, because reading the raw side restores the unchanged row. */
export function reportOf(
  candidates: Candidates,
  raw: RawRow | undefined,
  drawn: readonly number[],
  options: StepOptions,
): Report {
  const kept = candidates.count();
  const several = options.n !== undefined;
  if (raw === undefined)
    return {
      ...(several && { draws: drawn.map((token_id) => ({ token_id })) }),
      kept,
      ...keptIds(candidates, drawn, options),
    };
  const processed_logprobs = candidates.logprobs(drawn);
  const processed = options.logprobs_mode === "processed" ? distribution(candidates, options) : undefined;
  const ids = keptIds(candidates, drawn, options);
  const of_kept = options.uncertainty
    ? uncertaintyOf(candidates.form(), options.confidence_top_k)
    : undefined;
  const kept_mass = options.logprobs
    ? candidates.keptMass(raw, options.combine === undefined || options.logprobs_mode === "combined")
    : undefined;
  candidates.restoreRow();
  const { top, named } = processed ?? distribution(raw, options);
  const ranks = options.logprobs ? raw.ranks(drawn, options.rank_ties) : [];
  const is_capped = options.logprobs_rank_max < LOGPROBS_RANK_ALL;
  const draws = ranks.map((rank, i) =>
    is_capped
      ? cappedDrawOf(raw, drawn[i]!, rank, options.logprobs_rank_max)
      : drawOf(raw, drawn[i]!, processed_logprobs[i]!, rank),
  );
  const { token_id: _, ...first } = draws[0] ?? { token_id: 0 };
  return {
    ...first,
    ...(several && { draws: options.logprobs ? draws : drawn.map((token_id) => ({ token_id })) }),
    ...(top && { top_logprobs: top }),
    ...(named && { named_logprobs: named }),
    kept,
    ...ids,
    ...(kept_mass !== undefined && !is_capped && { kept_mass }),
    ...(of_kept && { uncertainty: { raw: raw.uncertainty(options.confidence_top_k), processed: of_kept } }),
  };
}

/**
 * The kept tokens, or the `kept_max` likeliest of them. The drawn tokens are always included: a drawn token outside the
 * likeliest replaces the least likely one, as in SGLang. A trainer that masks with a set without the token would get ln 0.
 */
function keptIds(
  candidates: Candidates,
  drawn: readonly number[],
  { kept_token_ids, kept_max, kept_mode }: StepOptions,
): Pick<Sampled, "kept_token_ids" | "kept_truncated"> {
  if (!kept_token_ids) return {};
  const count = candidates.count();
  if (kept_max === undefined || count <= kept_max) return { kept_token_ids: candidates.keptIds() };
  if (kept_mode === "exact")
    throw new Problem(
      "limit_exceeded",
      `with kept_mode exact at most kept_max tokens, ${kept_max}, may be left to draw from, got ${count}`,
      "/kept_max",
    );
  const reported = new Set(drawn);
  // kept_max is at least n, so all drawn tokens fit.
  for (const { token_id } of candidates.top(kept_max)) {
    if (reported.size === kept_max) break;
    reported.add(token_id);
  }
  return { kept_token_ids: [...reported].sort((a, b) => a - b), kept_truncated: true };
}

function drawOf(raw: RawRow, token_id: number, processed_logprob: number, rank: number): Draw {
  const { logprob } = tokenLogprob(token_id, raw.logprob(token_id));
  return { token_id, logprob, processed_logprob, rank };
}

/**
 * Under a cap the reply contains nothing that a bias or a filter has changed, and no tokens beyond the rank.
 */
function cappedDrawOf(raw: RawRow, token_id: number, rank: number, rank_max: number): Draw {
  if (rank > rank_max) return { token_id };
  return { token_id, logprob: tokenLogprob(token_id, raw.logprob(token_id)).logprob, rank };
}

/** The requested top and named log-probabilities, read from either side. */
function distribution(
  side: Pick<RawRow, "logprob" | "top">,
  { top_logprobs, logprob_token_ids }: StepOptions,
) {
  return {
    top: top_logprobs > 0 ? side.top(top_logprobs) : undefined,
    named:
      logprob_token_ids.length > 0
        ? logprob_token_ids.map((id) => tokenLogprob(id, side.logprob(id)))
        : undefined,
  };
}
