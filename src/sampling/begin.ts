/**
 * The beginning of a step: combines its rows to one, resets candidates and context, and keeps the unchanged row for
 * log-probabilities.
 */
import { Problem } from "../errors.ts";
import type { Kernel, Row } from "../kernels/kernel.ts";
import type { Candidates } from "./candidates/candidates.ts";
import type { Compact } from "./candidates/compact/compact.ts";
import { fillFromRow, fillFromSparse, SMALL_ROW } from "./candidates/compact/compaction.ts";
import { type Combination, requireSources } from "./combine/combination.ts";
import { combineRows, requireRows } from "./combine/combine.ts";
import type { StepContext } from "./context.ts";
import type { WatermarkKeys } from "./draw/watermark/keys.ts";
import type { Digest } from "./receipt.ts";
import { RawCompact, RawDense, type RawRow } from "./report/logprobs.ts";
import { Tracer } from "./report/trace.ts";
import { drawSeed } from "./rng.ts";
import { isSparse, type LogitsRow, type SparseRow } from "./rows.ts";
import type { StepOptions } from "./step.ts";
import { measuresRow } from "./stops/index.ts";
import { requireInVocabulary } from "./vocab-size.ts";

/** The objects that a sampler reuses for every step. */
export interface Scratch {
  readonly kernel: Kernel;
  readonly candidates: Candidates;
  readonly context: StepContext;
  readonly now: (() => number) | undefined;
  readonly keys: WatermarkKeys;
  readonly digest: Digest;
}

export interface Begun {
  /** the source rows of the step, and the row that the chain runs on */
  readonly rows: readonly LogitsRow[];
  readonly row: LogitsRow;
  /** true when whole rows in place of sparse ones would provably have made the same row */
  readonly is_exact: boolean;
  /** source of raw log-probabilities, when the request asks for them */
  readonly raw: RawRow | undefined;
  /** the trace, when the request asks for one */
  readonly tracer: Tracer | undefined;
  readonly seed: string;
}

/** Points candidates and context at this step. */
export function begin(scratch: Scratch, rows: readonly LogitsRow[], options: StepOptions): Begun {
  requireSources(rows.length, options);
  const seed = options.seed ?? drawSeed();
  const begun =
    options.combine === undefined
      ? beginOne(scratch, rows, options, seed)
      : beginSeveral(scratch, rows, options, seed);
  if (begun.raw !== undefined)
    requireInVocabulary(options.logprob_token_ids, scratch.candidates.vocab_size, "/logprob_token_ids");
  return begun;
}

function beginOne(scratch: Scratch, rows: readonly LogitsRow[], options: StepOptions, seed: string): Begun {
  const { kernel, candidates, context } = scratch;
  const [row] = rows as readonly [LogitsRow]; // requireSources has checked the number
  const vocab_size = isSparse(row)
    ? startSparse(candidates, row, options)
    : startDense(kernel, candidates, row);
  context.start(options, seed, vocab_size);
  const tracer = options.trace === false ? undefined : tracerOf(scratch, row, options);
  return { rows, row, is_exact: true, raw: readsRaw(options) ? rawOf(kernel, row) : undefined, tracer, seed };
}

/** Combines the rows to one. A trace begins with the first source row. */
function beginSeveral(
  scratch: Scratch,
  rows: readonly LogitsRow[],
  options: StepOptions,
  seed: string,
): Begun {
  const { kernel, candidates, context, now } = scratch;
  const combine = options.combine as Combination; // begin has checked this
  const known_size = requireRows(kernel, rows, options.vocab_size);
  context.start(options, seed, known_size ?? Number.POSITIVE_INFINITY);
  const [first] = rows as readonly [LogitsRow, ...LogitsRow[]]; // requireSources has checked the number
  let tracer: Tracer | undefined;
  if (options.trace !== false) {
    startAt(candidates, first, options);
    tracer = tracerOf(scratch, first, options);
  }
  const began = options.trace === "timed" ? now?.() : undefined;
  const best = options.trace === false && !readsRaw(options) ? combine.best : undefined;
  const { row, is_exact, account, plausible } = combineRows(scratch, rows, combine, known_size, best);
  const us = began === undefined || now === undefined ? undefined : now() - began;
  startAt(candidates, row, options);
  candidates.beginStage(combine.rule.name, false);
  tracer?.ran(combine.rule.name, candidates, us, {
    sources: rows.length,
    ...account,
    ...countOf(plausible()),
  });
  const of_log = options.logprobs_mode === "combined" ? row : first;
  return { rows, row, is_exact, raw: readsRaw(options) ? rawOf(kernel, of_log) : undefined, tracer, seed };
}

function countOf(plausible: number | undefined): { readonly plausible?: number } {
  return plausible === undefined ? {} : { plausible };
}

/** Makes candidates of the unchanged row. */
function tracerOf({ candidates }: Scratch, row: LogitsRow, options: StepOptions): Tracer {
  const tracer = new Tracer(options.logprob_token_ids);
  tracer.begin(candidates, absenceIn(row));
  return tracer;
}

/** The reason why a token of the vocabulary is no candidate before the first stage. */
function absenceIn(row: LogitsRow): string {
  if (isSparse(row)) return "its logit was not sent or was -Infinity";
  return row.max === Number.POSITIVE_INFINITY ? "another's logit was +Infinity" : "its logit was -Infinity";
}

function startAt(candidates: Candidates, row: LogitsRow, options: StepOptions): void {
  if (isSparse(row)) startSparse(candidates, row, options);
  else candidates.startRow(row);
}

function startDense(kernel: Kernel, candidates: Candidates, row: Row): number {
  const index = kernel.firstNaN(row);
  if (index >= 0)
    throw new Problem("nan_logit", `logits must be numbers, got NaN at index ${index}`, `/logits/${index}`);
  candidates.startRow(row);
  return row.length;
}

function startSparse(candidates: Candidates, row: SparseRow, options: StepOptions): number {
  const vocab_size = options.vocab_size ?? row.vocab_size ?? Number.POSITIVE_INFINITY;
  candidates.startSparse(row, vocab_size);
  return vocab_size;
}

/** True when the request asks for values of the unchanged row. */
function readsRaw(options: StepOptions): boolean {
  const { uncertainty, stops } = options;
  return wantsLogprobs(options) || uncertainty || (stops !== undefined && measuresRow(stops));
}

export function wantsLogprobs({ logprobs, logprob_token_ids }: StepOptions): boolean {
  return logprobs || logprob_token_ids.length > 0;
}

/** The unchanged row as a source of log-probabilities. `keep`: whether passes over the row follow. */
export function rawOf(kernel: Kernel, row: LogitsRow, keep = true): RawRow {
  if (isSparse(row)) {
    const fill = (compact: Compact) => fillFromSparse(compact, row, Number.POSITIVE_INFINITY);
    return new RawCompact(row.token_ids.length, fill, row.logsumexp);
  }
  const is_small = row.length <= SMALL_ROW && row.max !== Number.POSITIVE_INFINITY;
  if (is_small) return new RawCompact(row.length, (compact) => fillFromRow(compact, row));
  return new RawDense(kernel, row, keep);
}
