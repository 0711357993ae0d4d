/**
 * The streaming sampler module: a row of logits and the options of one step in, one token and its account out.
 * Synchronous and pure but for the scratch memory it owns: the same row and options give the same answer, to the
 * bit, whatever was sampled before.
 */
import { Problem } from "../errors.ts";
import { createKernel, type Kernel, type KernelLimits, type Row } from "../kernels/kernel.ts";
import { Candidates } from "./candidates.ts";
import { type Chain, type ChainEntry, nextStates, runChain, runChainTraced } from "./chain.ts";
import type { Compact } from "./compact.ts";
import { fillFromRow, fillFromSparse, SMALL_ROW } from "./compaction.ts";
import { requireInVocabulary, StepContext } from "./context.ts";
import { exactness } from "./exactness.ts";
import { SYSTEM_FINGERPRINT } from "./fingerprint.ts";
import { RawCompact, RawDense, type RawRow } from "./logprobs.ts";
import { isAtTemperature } from "./logprobs-mode.ts";
import { reportOf, type Sampled } from "./report.ts";
import { drawSeed } from "./rng.ts";
import { isSparse, type LogitsRow, type SparseRow } from "./rows.ts";
import type { StepOptions } from "./step-options.ts";
import { Tracer } from "./trace.ts";

export interface Sampler {
  /** A row to write logits into; undefined when all are leased. */
  leaseRow(): Row | undefined;
  returnRow(row: Row): void;
  /** Draws one token from a finished row. Throws a Problem whose pointer is relative to the step. The row stays as it was. */
  sample(row: LogitsRow, options: StepOptions): Sampled;
}

/** `now` tells microseconds from any origin: what timed traces read; this module has no clock of its own. */
export function createSampler(limits: KernelLimits, now?: () => number): Sampler {
  const kernel = createKernel(limits);
  const candidates = new Candidates(kernel);
  const context = new StepContext(kernel.tokens);
  const machine: Machine = { kernel, candidates, context, now };
  return {
    leaseRow: () => kernel.leaseRow(),
    returnRow: (row) => kernel.returnRow(row),
    sample: (row, options) => sampleStep(machine, row, options),
  };
}

interface Machine {
  readonly kernel: Kernel;
  readonly candidates: Candidates;
  readonly context: StepContext;
  readonly now: (() => number) | undefined;
}

/** One step, straight through: row → candidates → chain → draw → log-probabilities. */
function sampleStep(machine: Machine, row: LogitsRow, options: StepOptions): Sampled {
  const { kernel, candidates, context } = machine;
  const seed = options.seed ?? drawSeed();
  const vocab_size = isSparse(row)
    ? startSparse(candidates, row, options)
    : startDense(kernel, candidates, row);
  context.start(options, seed, vocab_size);
  for (const name of Object.keys(options.state)) context.giveState(name, options.state[name]);
  requireInVocabulary(options.logprob_token_ids, vocab_size, "/logprob_token_ids");
  const as_it_came = wantsLogprobs(options) ? rawOf(kernel, row) : undefined;
  try {
    const { tracer, raw = as_it_came } = run(machine, row, options);
    const drawn = drawAll(candidates, context, options);
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
      ...(tracer && accountOf(tracer, token_id, context.uniform("token"))),
    };
  } finally {
    candidates.restoreRow();
  }
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
  const raw = new RawCompact(candidates.count(), (copy) => candidates.copyTo(copy));
  runPart(chain.slice(place));
  return { ...(tracer && { tracer }), raw };
}

/** Before which stage of the chain log-probabilities are read; none when from the row as it came, or at the end. */
function placeOfLogprobs({ chain, logprobs_mode }: StepOptions): number | undefined {
  if (!isAtTemperature(logprobs_mode)) return undefined;
  const place = chain.findIndex(({ stage }) => stage.setsTemperature);
  const { stage, options } = chain[place] as ChainEntry; // parseStepOptions has seen to it
  return logprobs_mode === "before_temperature" || stage.isGreedy?.(options) ? place : place + 1;
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
  uniform: number,
): Pick<Sampled, "trace" | "fates" | "inverse_cdf"> {
  const fates = tracer.fates();
  return {
    trace: tracer.entries,
    ...(fates.length > 0 && { fates }),
    inverse_cdf: tracer.inverseCdf(token_id, uniform),
  };
}

function drawAll(
  candidates: Candidates,
  context: StepContext,
  { n = 1, replacement }: StepOptions,
): number[] {
  if (n === 1) return [candidates.draw(() => context.uniform("token"))];
  const uniforms = Array.from({ length: n }, (_, draw) => context.uniform("token", draw));
  if (replacement) return candidates.drawEach(uniforms, true);
  const kept = candidates.count();
  if (n > kept)
    throw new Problem(
      "invalid_option",
      `n must be at most the number of tokens left, ${kept}, got ${n}`,
      "/n",
    );
  return candidates.drawEach(uniforms, false);
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

function wantsLogprobs({ logprobs, logprob_token_ids }: StepOptions): boolean {
  return logprobs || logprob_token_ids.length > 0;
}

/** Whether nothing is told of a step but its token. */
function isPlain(row: LogitsRow, options: StepOptions): boolean {
  const { n, kept_token_ids, trace } = options;
  return !isSparse(row) && !wantsLogprobs(options) && n === undefined && !kept_token_ids && trace === false;
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
