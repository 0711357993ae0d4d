/**
 * How much work a step is, told from its options and the length of its row before anything is done. One unit is one
 * token looked at once in the quickest way, one to three nanoseconds: what stages declare, they declare in it.
 *
 * A step that may take some milliseconds is taken a piece at a time, so that it holds nobody up; one that is more than
 * `step_work_max` is refused, since no other step is taken meanwhile.
 */
import { Problem } from "../errors.ts";
import type { ChainEntry } from "./chain.ts";
import type { Combination } from "./combine/combination.ts";
import { isSparse, listOfRows, type StepRows } from "./rows.ts";
import type { StepOptions } from "./step.ts";
import { measuresRow } from "./stops/index.ts";

/** From so much work on a step is taken in pieces: two to three milliseconds. */
export const LONG_WORK = 2_097_152;

/** What a trace looks at for each stage: copies, probabilities, sums and the most likely tokens. */
const TRACE_PASSES = 24;
/** What is told of the tokens that were left, or of the most likely ones. */
const KEPT_PASSES = 8;
const LOGPROB_PASSES = 4;
/** A draw looks at one sum for each so many tokens, and at no fewer than so many. */
const DRAW_BLOCK = 128;
const DRAW_WORK = 256;
/** A draw is told with its log-probabilities and its rank. */
const TOLD_WORK = 2048;

/** The work that a step is. Throws the Problem of one that is more than is allowed. */
export function allowedWork(rows: StepRows, options: StepOptions, step_work_max: number): number {
  const work = workOf(rows, options);
  if (work > step_work_max) throw tooMuch(work, step_work_max, options);
  return work;
}

/** An estimate, in units: about what the costliest values of the options would take. */
export function workOf(step_rows: StepRows, options: StepOptions): number {
  const rows = listOfRows(step_rows);
  let length = 0;
  for (const row of rows) length = Math.max(length, isSparse(row) ? row.token_ids.length : row.length);
  const { n, trace, kept_token_ids, logprobs, history, combine, draw, watermark, stops } = options;
  let work = chainWork(options, length) + history.length;
  if (combine !== undefined) work += combineWork(combine, rows.length, length);
  if (watermark !== undefined) work += watermark.scheme.passes(watermark.options) * length + history.length;
  else work += (draw.rule.passes - 1) * length * (n ?? 1);
  if (trace !== false) work += TRACE_PASSES * length * (1 + options.chain.length);
  if (kept_token_ids) work += KEPT_PASSES * length;
  if (logprobs || options.logprob_token_ids.length > 0) work += LOGPROB_PASSES * length;
  if (stops !== undefined && measuresRow(stops)) work += LOGPROB_PASSES * length;
  if (n !== undefined) work += n * (length / DRAW_BLOCK + DRAW_WORK + (logprobs ? TOLD_WORK : 0));
  return work;
}

function chainWork({ chain, history }: StepOptions, length: number): number {
  let passes = 0;
  let read = 0;
  for (let i = 0; i < chain.length; i++) {
    const { stage, options, skipped } = chain[i] as ChainEntry; // i < length
    if (skipped !== undefined) continue;
    passes += stage.passes ?? 1;
    if (stage.historyWork !== undefined) read += stage.historyWork(options, history.length);
  }
  return passes * length + read;
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
