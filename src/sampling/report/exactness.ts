/**
 * Whether a sparse row was enough: the whole row would provably have given the same answer, the token and all that is
 * told of it. What the chain proves of the tokens that were left out, the candidates know; here is what the
 * log-probabilities need besides. A trace is an account of the tokens that were sent, and no part of this.
 */
import { Problem } from "../../errors.ts";
import type { Candidates } from "../candidates/candidates.ts";
import { isAtTemperature } from "../options/logprobs-mode.ts";
import { isSparse, type LogitsRow, type SparseRow } from "../rows.ts";
import type { StepOptions } from "../step.ts";
import { measuresRow } from "../stops/index.ts";
import type { Sampled } from "./report.ts";

type Told = Pick<Sampled, "rank" | "draws">;

/** Why an answer is not proven: a sentence and where it points to. No Problem, as it is one only for who asked for proof. */
type Doubt = readonly [detail: string, pointer: string];

/**
 * Whether the answer is proven; a Problem when it had to be and is not. `rows` are those of the step, of which one at the
 * least is sparse; `is_exact` tells whether the row that several became is proven to be what whole rows would have become.
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
  const doubt = proven ? doubtOfAny(rows, options, told) : tooFew(lists[0] as SparseRow); // there is one
  if (doubt !== undefined && options.require_exact) throw new Problem("need_more_tokens", ...doubt);
  return doubt === undefined;
}

/** What is told of the first row, and of the token in the others. */
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

/** What is wrong with the raw log-probabilities, ranks and entropies; those after the chain are as exact as the chain. */
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

/** How many of the tokens sent come before every token that was left out. */
function countAbove({ values }: SparseRow, bound: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > bound) count++;
  return count;
}

/** The largest rank that is told. */
function lastRank({ rank = 0, draws = [] }: Told): number {
  return draws.reduce((largest, draw) => Math.max(largest, draw.rank ?? 0), rank);
}

function hasAll({ token_ids }: SparseRow, wanted: readonly number[]): boolean {
  return wanted.every((id) => token_ids.includes(id));
}
