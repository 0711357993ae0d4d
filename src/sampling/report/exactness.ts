/**
 * Decides whether a sparse row was enough: the whole row would provably have given the same reply, the token and
 * every reported value. The candidates know what the chain proves about the omitted tokens. This file adds what the
 * log-probabilities need. A trace describes the listed tokens only, and is not covered.
 */
import { Problem } from "../../errors.ts";
import type { Candidates } from "../candidates/candidates.ts";
import { isAtTemperature } from "../options/logprobs-mode.ts";
import { isSparse, type LogitsRow, type SparseRow } from "../rows.ts";
import type { StepOptions } from "../step.ts";
import { measuresRow } from "../stops/index.ts";
import type { Sampled } from "./report.ts";

type Told = Pick<Sampled, "rank" | "draws">;

/**
 * The reason why a reply is not proven: a sentence and a pointer. It becomes a Problem only when the request requires a
 * proof.
 */
type Doubt = readonly [detail: string, pointer: string];

/**
 * True when the reply is proven exact. Throws a Problem when it must be and is not. `rows` are the rows of the step, at
 * least one of them sparse; `is_exact` says whether the combined row is provably that of whole rows.
 */
export function exactness(
  candidates: Candidates,
  rows: readonly LogitsRow[],
  is_exact: boolean,
  options: StepOptions,
  told: Told,
): boolean {
  const lists = rows.filter(isSparse);
  const proven = is_exact && candidates.isExact();
  const doubt = proven ? doubtOfAny(rows, options, told) : tooFew(lists[0] as SparseRow); // there is at least one row
  if (doubt !== undefined && options.require_exact) throw new Problem("need_more_tokens", ...doubt);
  return doubt === undefined;
}

/** The values that are reported of the first row, and of the token in the others. */
function doubtOfAny(rows: readonly LogitsRow[], options: StepOptions, told: Told): Doubt | undefined {
  const [first, ...others] = rows as readonly [LogitsRow, ...LogitsRow[]];
  const of_first = isSparse(first) ? doubtOf(first, options, told) : undefined;
  if (of_first !== undefined || !options.logprobs) return of_first;
  const unknown = others.find(
    (row) => isSparse(row) && row.logsumexp === undefined && row.token_ids.length !== row.vocab_size,
  );
  return unknown && NO_NORMALISER;
}

const NO_NORMALISER: Doubt = [
  "log-probabilities can be proven exact only with logsumexp, got none",
  "/logits/logsumexp",
];

/** The fault of the raw log-probabilities, ranks and entropies. Those after the chain are as exact as the chain. */
function doubtOf(row: SparseRow, options: StepOptions, told: Told): Doubt | undefined {
  const { logprobs, top_logprobs, logprob_token_ids, logprobs_mode, uncertainty, stops } = options;
  const listed = logprobs_mode !== "processed" && (top_logprobs > 0 || logprob_token_ids.length > 0);
  if (row.token_ids.length === row.vocab_size) return undefined;
  if (uncertainty || (stops !== undefined && measuresRow(stops)))
    return [
      `${uncertainty ? "uncertainty" : "what stop measures"} can be proven exact only for a row of which every token was sent, got ${row.token_ids.length} of ${row.vocab_size ?? "an unknown number"}`,
      "/logits/token_ids",
    ];
  if (!(logprobs || listed)) return undefined;
  if (isAtTemperature(logprobs_mode) || logprobs_mode === "combined")
    return [`log-probabilities of ${logprobs_mode} need every token, got a part of them`, "/logprobs_mode"];
  if (row.logsumexp === undefined) return NO_NORMALISER;
  const ranked = countAbove(row, row.max_omitted ?? Number.POSITIVE_INFINITY);
  const unranked = logprobs && lastRank(told) > ranked;
  if (unranked || (listed && (top_logprobs > ranked || !hasAll(row, logprob_token_ids)))) return tooFew(row);
  return undefined;
}

function tooFew({ token_ids }: SparseRow): Doubt {
  return [`${token_ids.length} tokens were not enough to prove the answer exact`, "/logits/token_ids"];
}

/** The number of listed tokens that rank before every omitted token. */
function countAbove({ values }: SparseRow, bound: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > bound) count++;
  return count;
}

/** The largest reported rank. */
function lastRank({ rank = 0, draws = [] }: Told): number {
  return draws.reduce((largest, draw) => Math.max(largest, draw.rank ?? 0), rank);
}

function hasAll({ token_ids }: SparseRow, wanted: readonly number[]): boolean {
  return wanted.every((id) => token_ids.includes(id));
}
