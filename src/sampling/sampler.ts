/**
 * The streaming sampler module: a row of logits and the options of one step in, one token and its account out.
 * Synchronous and pure but for the scratch memory it owns: the same row and options give the same answer, to the
 * bit, whatever was sampled before.
 */
import { assert, Problem } from "../errors.ts";
import { createKernel, type Kernel, type KernelLimits, type Row } from "../kernels/kernel.ts";
import { Candidates } from "./candidates/candidates.ts";
import type { Compact } from "./candidates/compact.ts";
import { fillFromRow, fillFromSparse, SMALL_ROW } from "./candidates/compaction.ts";
import { type Chain, type ChainEntry, nextStates, runChain, runChainTraced } from "./chain.ts";
import { requireInVocabulary, StepContext } from "./context.ts";
import { type Drawing, drawAll, drawInPieces } from "./draws.ts";
import { SYSTEM_FINGERPRINT } from "./fingerprint.ts";
import { isAtTemperature } from "./options/logprobs-mode.ts";
import type { StepOptions } from "./options/step-options.ts";
import { exactness } from "./report/exactness.ts";
import { RawCompact, RawDense, type RawRow } from "./report/logprobs.ts";
import { reportOf, type Sampled } from "./report/report.ts";
import { Tracer } from "./report/trace.ts";
import { drawSeed } from "./rng.ts";
import { isSparse, type LogitsRow, onlyRow, type SparseRow, type StepRows } from "./rows.ts";
import { allowedWork, LONG_WORK } from "./work.ts";

export interface Sampler {
  /** A row to write logits into; undefined when all are leased. */
  leaseRow(): Row | undefined;
  returnRow(row: Row): void;
  /**
   * Draws one token from finished rows, or has `drawing` choose one of those that the chain left. Throws a Problem whose
   * pointer is relative to the step. The rows stay as they were.
   */
  sample(rows: StepRows, options: StepOptions, drawing?: Drawing): Sampled;
  /**
   * The same a piece at a time, for a step that takes long; undefined for almost all, which do not. Until the last piece
   * no other step may be taken, which `is_inside` tells. Throws the Problem of a step that is more work than is allowed.
   */
  pieces(rows: StepRows, options: StepOptions, drawing?: Drawing): Generator<undefined, Sampled> | undefined;
  /** A step is under way whose last piece has not come. */
  readonly is_inside: boolean;
  /** Gives up that step; its row is as it was. */
  abandon(): void;
}

export interface SamplerLimits extends KernelLimits {
  /** see work.ts: what a step may take, any when absent, and from what on it is taken in pieces */
  readonly step_work_max?: number;
  readonly long_work_min?: number;
}

/** `now` tells microseconds from any origin: what timed traces read; this module has no clock of its own. */
export function createSampler(limits: SamplerLimits, now?: () => number): Sampler {
  const kernel = createKernel(limits);
  const candidates = new Candidates(kernel);
  const context = new StepContext(kernel.tokens);
  const machine: Machine = { kernel, candidates, context, now };
  const { step_work_max = Number.POSITIVE_INFINITY, long_work_min = LONG_WORK } = limits;
  let under_way: Generator<undefined, Sampled> | undefined;
  function* marked(pieces: Generator<undefined, Sampled>): Generator<undefined, Sampled> {
    try {
      return yield* pieces;
    } finally {
      under_way = undefined;
    }
  }
  return {
    leaseRow: () => kernel.leaseRow(),
    returnRow: (row) => kernel.returnRow(row),
    sample(rows, options, drawing) {
      assert(under_way === undefined, "one step is taken at a time");
      return sampleStep(machine, onlyRow(rows), options, drawing);
    },
    pieces(rows, options, drawing) {
      const row = onlyRow(rows);
      if (allowedWork(row, options, step_work_max) < long_work_min) return undefined;
      assert(under_way === undefined, "one step is taken at a time");
      under_way = marked(stepInPieces(machine, row, options, drawing));
      return under_way;
    },
    get is_inside() {
      return under_way !== undefined;
    },
    abandon: () => void under_way?.return(undefined as never), // it ends in place of returning
  };
}

interface Machine {
  readonly kernel: Kernel;
  readonly candidates: Candidates;
  readonly context: StepContext;
  readonly now: (() => number) | undefined;
}

/** One step, straight through: row → candidates → chain → draw → log-probabilities. */
function sampleStep(machine: Machine, row: LogitsRow, options: StepOptions, drawing?: Drawing): Sampled {
  const begun = begin(machine, row, options);
  try {
    const { tracer, raw = begun.raw } = run(machine, row, options);
    const drawn = drawAll(machine.candidates, machine.context, options, drawing);
    return end(machine, row, options, { raw, seed: begun.seed, tracer, drawn, drawing });
  } finally {
    machine.candidates.restoreRow();
  }
}

/** The same with pauses between what may take long. */
function* stepInPieces(
  machine: Machine,
  row: LogitsRow,
  options: StepOptions,
  drawing?: Drawing,
): Generator<undefined, Sampled> {
  const begun = begin(machine, row, options);
  try {
    yield;
    const { tracer, raw = begun.raw } = yield* runInPieces(machine, row, options);
    yield;
    const drawn = yield* drawInPieces(machine.candidates, machine.context, options, drawing);
    yield;
    return end(machine, row, options, { raw, seed: begun.seed, tracer, drawn, drawing });
  } finally {
    machine.candidates.restoreRow();
  }
}

interface Begun {
  readonly raw: RawRow | undefined;
  readonly seed: string;
}

/** Candidates and context are those of this step from now on. */
function begin({ kernel, candidates, context }: Machine, row: LogitsRow, options: StepOptions): Begun {
  const seed = options.seed ?? drawSeed();
  const vocab_size = isSparse(row)
    ? startSparse(candidates, row, options)
    : startDense(kernel, candidates, row);
  context.start(options, seed, vocab_size);
  for (const name of Object.keys(options.state)) context.giveState(name, options.state[name]);
  requireInVocabulary(options.logprob_token_ids, vocab_size, "/logprob_token_ids");
  return { raw: readsRaw(options) ? rawOf(kernel, row) : undefined, seed };
}

/** What a step has come to, before it is told. */
interface Outcome extends Begun {
  readonly tracer: Tracer | undefined;
  readonly drawn: readonly number[];
  /** what drew, when it was not the step's own uniform */
  readonly drawing: Drawing | undefined;
}

/** What is told of a step. */
function end(
  { candidates, context }: Machine,
  row: LogitsRow,
  options: StepOptions,
  { raw, tracer, drawn, drawing, seed }: Outcome,
): Sampled {
  const token_id = drawn[0] as number; // n ≥ 1
  const state = nextStates(options.chain, options.state, candidates, context, token_id);
  const { step } = options;
  // Most steps are asked for no more than this, and spreading it together would cost as much as a stage.
  if (isPlain(row, options))
    return {
      token_id,
      kept: candidates.count(),
      seed,
      step,
      state,
      system_fingerprint: SYSTEM_FINGERPRINT,
    };
  const report = reportOf(candidates, raw, drawn, options);
  return {
    token_id,
    ...report,
    ...(isSparse(row) && exactness(candidates, row, options, report)),
    seed,
    step,
    state,
    system_fingerprint: SYSTEM_FINGERPRINT,
    ...(options.warnings !== undefined && { warnings: options.warnings }),
    ...(tracer && accountOf(tracer, token_id, drawing === undefined ? context.uniform("token") : undefined)),
  };
}

interface Ran {
  /** when a trace is asked for */
  readonly tracer?: Tracer;
  /** what log-probabilities are read from, when that is not the row as it came */
  readonly raw?: RawRow;
}

/** Runs the chain. */
function run({ kernel, candidates, context, now }: Machine, row: LogitsRow, options: StepOptions): Ran {
  const { chain } = options;
  const place = wantsLogprobs(options) ? placeOfLogprobs(options) : undefined;
  if (options.trace === false && place === undefined) {
    runChain(chain, candidates, context);
    return {};
  }
  const tracer = options.trace === false ? undefined : new Tracer(options.logprob_token_ids);
  tracer?.begin(candidates, absenceIn(kernel, row));
  const clock = options.trace === "timed" ? now : undefined;
  const runPart = (part: Chain) =>
    tracer === undefined
      ? runChain(part, candidates, context)
      : runChainTraced(part, candidates, context, tracer, clock);
  runPart(chain.slice(0, place));
  if (place === undefined) return { ...(tracer && { tracer }) };
  const raw = asItIs(candidates);
  runPart(chain.slice(place));
  return { ...(tracer && { tracer }), raw };
}

/** What is left at this place of the chain, to be read from later. */
function asItIs(candidates: Candidates): RawRow {
  return new RawCompact(candidates.count(), (copy) => candidates.copyTo(copy));
}

/** Before which stage of the chain log-probabilities are read; none when from the row as it came, or at the end. */
function placeOfLogprobs({ chain, logprobs_mode }: StepOptions): number | undefined {
  if (!isAtTemperature(logprobs_mode)) return undefined;
  const place = chain.findIndex(({ stage }) => stage.setsTemperature);
  const { stage, options } = chain[place] as ChainEntry; // parseStepOptions has seen to it
  return logprobs_mode === "before_temperature" || stage.isGreedy?.(options) ? place : place + 1;
}

function* runInPieces(
  { kernel, candidates, context, now }: Machine,
  row: LogitsRow,
  options: StepOptions,
): Generator<undefined, Ran> {
  const { chain } = options;
  const tracer = options.trace === false ? undefined : new Tracer(options.logprob_token_ids);
  const place = wantsLogprobs(options) ? placeOfLogprobs(options) : undefined;
  let raw: RawRow | undefined;
  if (tracer !== undefined) {
    tracer.begin(candidates, absenceIn(kernel, row));
    yield;
  }
  for (const [index, entry] of chain.entries()) {
    if (index === place) raw = asItIs(candidates);
    const began = now?.();
    runChain([entry], candidates, context);
    const us = began === undefined || now === undefined ? undefined : now() - began;
    yield;
    if (tracer === undefined) continue;
    if (entry.skipped !== undefined) tracer.skipped(entry.stage.name, entry.skipped);
    else tracer.ran(entry.stage.name, candidates, options.trace === "timed" ? us : undefined);
    yield;
  }
  if (place === chain.length) raw = asItIs(candidates);
  return { ...(tracer && { tracer }), ...(raw && { raw }) };
}

/** Why a token of the vocabulary is no candidate before the first stage. */
function absenceIn(kernel: Kernel, row: LogitsRow): string {
  if (isSparse(row)) return "it was not sent, or as -Infinity";
  return kernel.max(row) === Number.POSITIVE_INFINITY
    ? "another's logit was +Infinity"
    : "its logit was -Infinity";
}

function accountOf(
  tracer: Tracer,
  token_id: number,
  uniform: number | undefined,
): Pick<Sampled, "trace" | "fates" | "inverse_cdf"> {
  const fates = tracer.fates();
  return {
    trace: tracer.entries,
    ...(fates.length > 0 && { fates }),
    ...(uniform !== undefined && { inverse_cdf: tracer.inverseCdf(token_id, uniform) }),
  };
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

/** Whether something is told of the row as it came. */
function readsRaw(options: StepOptions): boolean {
  return wantsLogprobs(options) || options.uncertainty;
}

function wantsLogprobs({ logprobs, logprob_token_ids }: StepOptions): boolean {
  return logprobs || logprob_token_ids.length > 0;
}

/** Whether nothing is told of a step but its token. */
function isPlain(row: LogitsRow, options: StepOptions): boolean {
  const { n, kept_token_ids, trace, warnings } = options;
  if (isSparse(row) || readsRaw(options) || n !== undefined) return false;
  return !kept_token_ids && trace === false && warnings === undefined;
}

function rawOf(kernel: Kernel, row: LogitsRow): RawRow {
  if (isSparse(row)) {
    const fill = (compact: Compact) => fillFromSparse(compact, row, Number.POSITIVE_INFINITY);
    return new RawCompact(row.token_ids.length, fill, row.logsumexp);
  }
  const is_small = row.length <= SMALL_ROW && kernel.max(row) !== Number.POSITIVE_INFINITY;
  if (is_small) return new RawCompact(row.length, (compact) => fillFromRow(compact, row));
  return new RawDense(kernel, row);
}
