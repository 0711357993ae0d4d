/** The observed result of another sampler for the row of a comparison, as a request gives it. */
import * as z from "zod";
import { Problem, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { exp } from "../../kernels/float64.ts";
import { type Observed, toleranceOfLogprobs } from "../explain/observed.ts";
import { finite, tokenIds } from "../options/fields.ts";
import type { OptionLimits } from "../options/option-limits.ts";
import { parseWith } from "../options/parse.ts";

const OBSERVED = z.strictObject({
  kept: tokenIds().optional().describe("The ids of all tokens that could be drawn. Stands alone."),
  drawn: tokenIds()
    .optional()
    .describe(
      "The tokens that it drew from this row, one for each draw; a single token is one draw. Stands alone.",
    ),
  token_ids: tokenIds()
    .optional()
    .describe("Tokens whose probabilities follow; the other tokens share the rest of the probability."),
  probabilities: z
    .array(finite({ min: 0, max: 1 }))
    .optional()
    .describe("Probabilities of these tokens."),
  logprobs: z
    .array(finite({ max: 0 }).nullable())
    .optional()
    .describe("Natural logarithms, in place of probabilities; null is a probability of 0."),
});

export const OBSERVED_FIELD = OBSERVED.optional().describe(
  'The result of another sampler for the row: {"token_ids": […], "probabilities": […]}, the same with "logprobs", the set {"kept": […]}, or the draws {"drawn": […]}. The reply then says which arm gives this result, or which change of order, ties, bounds or scope would.',
);

/** Rounded numbers may add up to a little more than 1. */
const SUM_MAX = 1.01;

/** Checks an observation; undefined when none is given. */
export function parseObservation(given: unknown, { top_logprobs_max }: OptionLimits): Observed | undefined {
  if (given === undefined) return undefined;
  if (!isRecord(given)) throw wrongForm(show(given));
  const { kept, drawn, token_ids, probabilities, logprobs } = parseWith(OBSERVED, given, "/observed");
  const is_alone = Object.values(given).filter((value) => value !== undefined).length === 1;
  if (kept !== undefined && is_alone) return { kept: checkedIds(kept, "/observed/kept", top_logprobs_max) };
  if (drawn !== undefined && is_alone) return { counts: countsOf(drawn, top_logprobs_max) };
  if (
    kept !== undefined ||
    drawn !== undefined ||
    token_ids === undefined ||
    (probabilities === undefined) === (logprobs === undefined)
  )
    throw wrongForm(Object.keys(given).join(", ") || "nothing");
  const ids = checkedIds(token_ids, "/observed/token_ids", top_logprobs_max);
  if (probabilities !== undefined)
    return { probabilities: lawOf(ids, probabilities, "/observed/probabilities") };
  const told = (logprobs ?? []).map((logprob) => logprob ?? Number.NEGATIVE_INFINITY);
  return {
    probabilities: lawOf(ids, told.map(exp), "/observed/logprobs"),
    tolerance: toleranceOfLogprobs(told.filter(Number.isFinite)),
  };
}

function wrongForm(got: string): Problem {
  return new Problem(
    "invalid_option",
    `observed must have kept alone, drawn alone, or token_ids with probabilities or logprobs, got ${got}`,
    "/observed",
  );
}

function checkedIds(ids: readonly number[], pointer: string, length_max: number): readonly number[] {
  if (ids.length === 0) throw new Problem("invalid_option", "observed must have at least one token", pointer);
  if (ids.length > length_max)
    throw new Problem(
      "limit_exceeded",
      `observed may have at most ${length_max} tokens (top_logprobs_max), got ${ids.length}`,
      pointer,
    );
  requireDistinct(ids, pointer);
  return ids;
}

function countsOf(drawn: readonly number[], different_max: number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const id of drawn) counts.set(id, (counts.get(id) ?? 0) + 1);
  checkedIds([...counts.keys()], "/observed/drawn", different_max);
  return counts;
}

function requireDistinct(ids: readonly number[], pointer: string): void {
  const seen = new Set<number>();
  for (const [place, id] of ids.entries()) {
    if (seen.has(id))
      throw new Problem("invalid_option", `observed has token ${id} more than once`, `${pointer}/${place}`);
    seen.add(id);
  }
}

function lawOf(
  ids: readonly number[],
  numbers: readonly number[],
  pointer: string,
): ReadonlyMap<number, number> {
  if (ids.length !== numbers.length)
    throw new Problem(
      "invalid_option",
      `observed must have a number for each of its ${ids.length} token_ids, got ${numbers.length}`,
      pointer,
    );
  const sum = numbers.reduce((total, p) => total + p, 0);
  if (!(sum > 0 && sum <= SUM_MAX))
    throw new Problem(
      "invalid_option",
      `probabilities of observed tokens must add up to more than 0 and at most 1, got ${sum}`,
      pointer,
    );
  return new Map(ids.map((id, place) => [id, numbers[place] as number])); // there are as many
}
