/** What is told of a step: the shape of the reply and the part of it that reads candidates and log-probabilities. */

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

/** The reply to one step, in wire order. What was not asked for is absent. */
export interface Sampled extends Partial<TokenText>, Omit<Told, "finish_reason"> {
  readonly token_id: number;
  /** why the text is to end here; null or absent while it goes on */
  readonly finish_reason?: string | null;
  /** how many bytes at the end of the generated text belong to the string that ends it */
  readonly stop_bytes?: number;
  /** raw ln p of the token, or with some logprobs_mode that before or behind the temperature; null stands for −Infinity */
  readonly logprob?: number | null;
  /** ln of the probability with which it was drawn */
  readonly processed_logprob?: number;
  /** 1 = most likely in the raw row */
  readonly rank?: number;
  /** the n draws, when n was given; the first is the token above */
  readonly draws?: readonly Draw[];
  readonly top_logprobs?: readonly TokenLogprob[];
  readonly named_logprobs?: readonly TokenLogprob[];
  /** how many tokens were left to draw from */
  readonly kept: number;
  /** the tokens that were left, ascending */
  readonly kept_token_ids?: readonly number[];
  /** with `kept_max`: there were more */
  readonly kept_truncated?: true;
  /** the raw mass of the tokens that were left */
  readonly kept_mass?: number;
  /** ln p of the token in each source of a combination, as they came; null stands for −Infinity */
  readonly source_logprobs?: readonly (number | null)[];
  /** how sure the model was, and how sure what it was drawn from */
  readonly uncertainty?: { readonly raw: Uncertainty; readonly processed: Uncertainty };
  /** with `watermark`: whether the token bears the mark */
  readonly watermark?: Marked;
  /** with `receipt`: hashes of the row and of the options */
  readonly receipt?: Receipt;
  /** sparse rows: whether the whole row would provably have given the same answer */
  readonly exact?: boolean;
  readonly seed: string;
  readonly step: number;
  /** what the next step must bring along: the chain's stages that carry state, by name; null when none does */
  readonly state: Readonly<Record<string, unknown>> | null;
  readonly system_fingerprint: string;
  /** options that could do nothing, such as a penalty without a history; what a grammar does not hold to */
  readonly warnings?: readonly string[];
  readonly trace?: readonly TraceEntry[];
  /** what became of the tokens in logprob_token_ids; with a trace */
  readonly fates?: readonly Fate[];
  /** where the uniform of the (first) draw fell; with a trace */
  readonly inverse_cdf?: InverseCdf;
  /** the largest scores with their noise, of a draw by Gumbel noise; with a trace */
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

/** The processed side is read first: reading the raw side puts the row back as it came. */
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
 * The kept tokens, or the `kept_max` likeliest of them. The drawn tokens are always among these: one that is not takes the
 * place of the least likely, as in SGLang, since a trainer that masks with a set without the token gets ln 0.
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
  // kept_max is at least n, so that all drawn tokens have a place.
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

/** Under a cap nothing is told that a bias or a filter has changed, and nothing of tokens beyond the rank. */
function cappedDrawOf(raw: RawRow, token_id: number, rank: number, rank_max: number): Draw {
  if (rank > rank_max) return { token_id };
  return { token_id, logprob: tokenLogprob(token_id, raw.logprob(token_id)).logprob, rank };
}

/** The top and the named log-probabilities that were asked for, read from either side. */
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
