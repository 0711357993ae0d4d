/**
 * Combines the rows of a step to one row before the chain. Each row is checked, then masked when the request asks for it,
 * then combined.
 */
import { Problem } from "../../errors.ts";
import type { Kernel, Row } from "../../kernels/kernel.ts";
import type { Candidates } from "../candidates/candidates.ts";
import { maskedAsItCame, maskedBy } from "../candidates/masked.ts";
import { runChain } from "../chain.ts";
import type { StepContext } from "../context.ts";
import { isSparse, type LogitsRow } from "../rows.ts";
import { type Combination, within } from "./combination.ts";
import { ListedSources } from "./listed-sources.ts";
import type { Account } from "./rule.ts";
import { type Combined, WholeSources } from "./sources.ts";

/** The result of a combination, and how it was made. */
export interface Outcome {
  readonly row: LogitsRow;
  /** true when whole rows in place of sparse ones would provably have given the same */
  readonly is_exact: boolean;
  readonly account: Account;
  /** how many tokens of the first source the rule finds plausible; undefined for rules without that test */
  readonly plausible: () => number | undefined;
}

interface Machine {
  readonly kernel: Kernel;
  readonly candidates: Candidates;
  readonly context: StepContext;
}

/**
 * The context must already be that of the step. The rows stay unchanged; the candidates are left without a row. With `best`,
 * only that number of best tokens of whole rows is needed afterwards.
 */
export function combineRows(
  machine: Machine,
  rows: readonly LogitsRow[],
  combination: Combination,
  vocab_size: number | undefined,
  best?: number,
): Outcome {
  const { rule, options, sources: of_each, before, from_zero } = combination;
  const temperatures = rows.map((_, i) => of_each?.[i]?.temperature ?? 1);
  const sources =
    before.length === 0 ? rows : rows.map((row, i) => masked(machine, row, i, combination, vocab_size));
  const [first] = sources as readonly [LogitsRow, ...LogitsRow[]]; // requireSources has checked the number
  if (rule.isNeutral(options) && temperatures[0] === 1)
    return { row: first, is_exact: true, account: {}, plausible: () => undefined };
  const { kernel } = machine;
  const combining = areWhole(sources)
    ? new WholeSources(kernel, sources, temperatures, from_zero, best)
    : new ListedSources(kernel, sources, temperatures, vocab_size, from_zero);
  const account = rule.isNeutral(options) ? alone(combining) : rule.apply(combining, options);
  const combined: Combined = combining.combined();
  if (isEmpty(combined.row)) throw maskedBy(rule.name);
  return { account, ...combined };
}

/** The first source, divided by its own temperature. */
function alone(sources: WholeSources | ListedSources): Account {
  sources.add([{ source: 0, weight: 1 }], "logits");
  return {};
}

function areWhole(rows: readonly LogitsRow[]): rows is readonly Row[] {
  return !rows.some(isSparse);
}

function isEmpty(row: LogitsRow): boolean {
  return isSparse(row) ? row.token_ids.length === 0 : row.max === Number.NEGATIVE_INFINITY;
}

/**
 * Checks the rows of a step: no NaN, no +Infinity, at least one token, and all of one length. Returns their vocabulary size;
 * undefined when no row gives it.
 */
export function requireRows(
  kernel: Kernel,
  rows: readonly LogitsRow[],
  vocab_size: number | undefined,
): number | undefined {
  let common: number | undefined;
  for (const [index, row] of rows.entries()) {
    within(`/sources/${index}`, () => requireRow(kernel, row));
    const length = isSparse(row) ? row.vocab_size : row.length;
    if (length === undefined) continue;
    const cut = Math.min(length, vocab_size ?? length);
    if (common !== undefined && cut !== common)
      throw new Problem(
        "length_mismatch",
        `sources must be of one length, or cut to one by vocab_size: got ${common} and ${cut}`,
        `/sources/${index}/logits`,
      );
    common = cut;
  }
  return vocab_size ?? common;
}

function requireRow(kernel: Kernel, row: LogitsRow): void {
  if (isSparse(row)) {
    if (row.values.some((value) => value !== Number.NEGATIVE_INFINITY)) return;
    throw maskedAsItCame();
  }
  const index = kernel.firstNaN(row);
  if (index >= 0)
    throw new Problem("nan_logit", `logits must be numbers, got NaN at index ${index}`, `/logits/${index}`);
  if (row.max === Number.NEGATIVE_INFINITY) throw maskedAsItCame();
  if (row.max !== Number.POSITIVE_INFINITY) return;
  const infinite = row.values.indexOf(row.max);
  throw new Problem(
    "invalid_logits",
    `logits that are combined must be below +Infinity, got it at index ${infinite}`,
    `/logits/${infinite}`,
  );
}

/** A source after its masking stages. */
function masked(
  { kernel, candidates, context }: Machine,
  row: LogitsRow,
  index: number,
  { before }: Combination,
  vocab_size = Number.POSITIVE_INFINITY,
): LogitsRow {
  try {
    if (isSparse(row)) {
      candidates.startSparse(row, vocab_size);
      runChain(before, candidates, context);
      const { token_ids, scores, count } = candidates.all();
      // Masked tokens are no longer part of the normaliser that the client sent.
      return {
        ...row,
        token_ids: token_ids.slice(0, count),
        values: scores.slice(0, count),
        logsumexp: undefined,
      };
    }
    candidates.startRow(row);
    runChain(before, candidates, context);
    return candidates.copyRow(kernel.combiner, row, index);
  } finally {
    candidates.restoreRow();
  }
}
