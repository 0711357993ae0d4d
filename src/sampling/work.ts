/**
 * Estimates the work of a step from its options and the length of its row, before anything is done. One unit is one
 * token read once in the fastest way, one to three nanoseconds. Stages declare their work in this unit.
 *
 * A step that may take some milliseconds runs in pieces, so that it does not block others. A step of more than
 * `step_work_max` is refused, because no other step runs meanwhile.
 */
import { Problem } from "../errors.ts";
import type { ChainEntry } from "./chain.ts";
import type { Combination } from "./combine/combination.ts";
import { isSparse, type LogitsRow } from "./rows.ts";
import type { StepOptions } from "./step.ts";
import { measuresRow } from "./stops/index.ts";

/** From this amount of work on, a step runs in pieces of two to three milliseconds. */
export const LONG_WORK = 2_097_152;

/** The work of a trace per stage: copies, probabilities, sums and the most likely tokens. */
const TRACE_PASSES = 24;
/** The work of reporting the kept tokens, or the most likely ones. */
const KEPT_PASSES = 8;
const LOGPROB_PASSES = 4;
/** A draw reads one sum per this number of tokens, and at least this number of sums. */
const DRAW_BLOCK = 128;
const DRAW_WORK = 256;
/** The work of reporting a draw: its log-probabilities and its rank. */
const TOLD_WORK = 2048;

/** The work of a step. Throws a Problem when it is more than allowed. */
export function allowedWork(rows: readonly LogitsRow[], options: StepOptions, step_work_max: number): number {
  const work = workOf(rows, options);
  if (work > step_work_max) throw tooMuch(work, step_work_max, options);
  return work;
}

/** An estimate, in units, of the most expensive values of the options. */
export function workOf(rows: readonly LogitsRow[], options: StepOptions): number {
  let length = 0;
  for (const row of rows) length = Math.max(length, isSparse(row) ? row.token_ids.length : row.length);
  const { chain, n, trace, kept_token_ids, logprobs, history, combine, draw, watermark, stops } = options;
  let work = history.length;
  for (let i = 0; i < chain.length; i++) {
    const { stage, options, skipped } = chain[i] as ChainEntry; // i < length
    if (skipped !== undefined) continue;
    work += (stage.passes ?? 1) * length;
    if (stage.historyWork !== undefined) work += stage.historyWork(options, history.length);
  }
  if (combine !== undefined) work += combineWork(combine, rows.length, length);
  if (watermark !== undefined) work += watermark.scheme.passes(watermark.options) * length + history.length;
  else work += (draw.rule.passes - 1) * length * (n ?? 1);
  if (trace !== false) work += TRACE_PASSES * length * (1 + chain.length);
  if (kept_token_ids) work += KEPT_PASSES * length;
  if (logprobs || options.logprob_token_ids.length > 0) work += LOGPROB_PASSES * length;
  if (stops !== undefined && measuresRow(stops)) work += LOGPROB_PASSES * length;
  if (n !== undefined) work += n * (length / DRAW_BLOCK + DRAW_WORK + (logprobs ? TOLD_WORK : 0));
  return work;
}

function combineWork({ rule, options, before }: Combination, sources: number, length: number): number {
  let passes = rule.passes(options);
  for (const { stage, skipped } of before) if (skipped === undefined) passes += stage.passes ?? 1;
  return passes * sources * length;
}

function tooMuch(work: number, step_work_max: number, { chain, n, trace }: StepOptions): Problem {
  const asked = [
    `${chain.length} stages`,
    ...(n === undefined ? [] : [`${n} draws`]),
    ...(trace === false ? [] : ["a trace"]),
  ];
  return new Problem(
    "limit_exceeded",
    `a step may take at most ${step_work_max} looks at tokens (step_work_max), got some ${Math.round(work)}: ${asked.join(", ")}`,
  );
}
