/**
 * The sampler: takes a row of logits and the options of one step, and returns one token with its report. It is
 * synchronous, and pure except for its own scratch memory: the same row and options give the same bits, whatever
 * was sampled before.
 */
import {
  DEFAULT_GRAMMARS_LIMITS,
  Grammars,
  type GrammarsFigures,
  type GrammarsLimits,
  type GrammarWatch,
} from "../grammar/grammars.ts";
import type { GrammarReport } from "../grammar/inspect.ts";
import { Kernel, type KernelLimits, type Row } from "../kernels/kernel.ts";
import { allAtOnce } from "../pieces.ts";
import { textBefore } from "../vocabulary/text.ts";
import { NO_VOCABULARIES, type Vocabularies } from "../vocabulary/vocabularies.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { type Begun, begin, rawOf, type Scratch, wantsLogprobs } from "./begin.ts";
import { Candidates } from "./candidates/candidates.ts";
import { type ChainEntry, lastOf, nextStates, runChain, runStage, toldBy } from "./chain.ts";
import { StepContext } from "./context.ts";
import { NO_WATERMARK_KEYS, type WatermarkKeys } from "./draw/watermark/keys.ts";
import { type Drawing, type Drawn, drawAll, drawChosen, drawInPieces, takesPieces } from "./draws.ts";
import { SYSTEM_FINGERPRINT } from "./fingerprint.ts";
import { type GrammarInquiry, grammarReport } from "./grammar-report.ts";
import { isAtTemperature } from "./options/logprobs-mode.ts";
import { type Digest, plainDigest, receiptOf } from "./receipt.ts";
import { exactness } from "./report/exactness.ts";
import { RawCompact, type RawRow } from "./report/logprobs.ts";
import { reportOf, type Sampled } from "./report/report.ts";
import { eachWithText, traceWithTexts, withTexts } from "./report/texts.ts";
import { tokenLogprob } from "./report/token-logprob.ts";
import type { Tracer } from "./report/trace.ts";
import { isSparse, type LogitsRow, listOfRows, type StepRows } from "./rows.ts";
import type { Told } from "./stage.ts";
import type { StepOptions } from "./step.ts";
import { StepPieces, type Untold } from "./step-pieces.ts";
import { type Finish, finishOf } from "./stops/index.ts";
import { allowedWork, LONG_WORK } from "./work.ts";

export interface Sampler {
  /** Kernel memory for bytes, from which rows can be made without a copy. */
  readonly arrivals: Uint8Array;
  /** A row to write logits into; undefined when all are leased. */
  leaseRow(): Row | undefined;
  returnRow(row: Row): void;
  /**
   * Draws one token from finished rows, or lets `drawing` choose one of the kept tokens. Throws a Problem whose pointer
   * is relative to the step. The rows stay unchanged.
   */
  sample(rows: StepRows, options: StepOptions, drawing?: Drawing): Sampled;
  /**
   * Takes a step at once, or returns the pieces of a step that takes long, which is rare. Other steps may run between two
   * pieces while grammars are prepared and after the draw. In between no other step may run; `is_inside` says so. It also
   * throws the Problem of a step with more work than is allowed.
   */
  begin(rows: StepRows, options: StepOptions, drawing?: Drawing): Sampled | Generator<undefined, Sampled>;
  /**
   * Runs the chain of a step and lets `look` read the kept tokens, in place of a draw; also in pieces. The rows stay
   * unchanged. Throws like `begin`.
   */
  inspect<Seen>(rows: StepRows, options: StepOptions, look: (left: Left) => Seen): Generator<undefined, Seen>;
  /** True while a step is running, until its last piece. */
  readonly is_inside: boolean;
  /** Aborts that step; its row is restored. */
  abandon(): void;
  /** True when the last piece prepared a step, while others may run. Reading it resets it. */
  wasPreparing(): boolean;
  /** the vocabularies that steps may name */
  readonly vocabularies: Vocabularies;
  /** Reports on a grammar, in pieces. Throws the Problem of a refused grammar. */
  inspectGrammar(inquiry: GrammarInquiry): Generator<undefined, GrammarReport>;
  /** the number of compiled grammars, their bytes, and the work spent on them */
  readonly grammars: GrammarsFigures;
  /** Drops grammars that were not used since the last call, down to a small part; true when some were dropped. */
  restGrammars(): boolean;
}

/** Takes steps; without `begin` each in one piece. */
export type StepTaker = Pick<Sampler, "sample"> & Partial<Pick<Sampler, "begin">>;

export interface SamplerLimits extends KernelLimits {
  /**
   * see work.ts: the maximum work of a step, unlimited when absent, and the work from which a step runs in
   * pieces
   */
  readonly step_work_max?: number;
  readonly long_work_min?: number;
  /** limits of grammars: characters, bytes of all compiled ones, and units of work for one (grammar/effort.ts) */
  readonly grammar_length_max?: number;
  readonly grammar_bytes_max?: number;
  readonly grammar_work_max?: number;
}

/** The result of a chain, for callers that read it in place of a draw; valid during the call. */
export interface Left {
  readonly candidates: Candidates;
  readonly context: StepContext;
  readonly keys: WatermarkKeys;
  /** context of the step */
  readonly rows: readonly LogitsRow[];
  /** the unchanged row, of several the first; the candidates must not be read after the first use of it */
  raw(): RawRow;
  /** SHA-256 of bytes, as hexadecimal digits */
  readonly digest: Digest;
}

/** The services of a sampler, besides its limits. */
export interface SamplerParts {
  /** keys that steps may name for a watermark; none when absent */
  readonly keys?: WatermarkKeys;
  /** SHA-256 for receipts, when the platform has a faster one */
  readonly digest?: Digest;
  /** vocabularies that steps may name, for texts and grammars; none when absent */
  readonly vocabularies?: Vocabularies;
  /** called with work on grammars; optional */
  readonly grammar_watch?: GrammarWatch;
}

/** `now` returns microseconds from any origin, for timed traces. This module has no clock of its own. */
export function createSampler(
  limits: SamplerLimits,
  now?: () => number,
  {
    keys = NO_WATERMARK_KEYS,
    digest = plainDigest,
    vocabularies = NO_VOCABULARIES,
    grammar_watch,
  }: SamplerParts = {},
): Sampler {
  const kernel = new Kernel(limits);
  const candidates = new Candidates(kernel);
  const grammars = new Grammars(grammarsLimits(limits), (text) => shortKey(text, digest), grammar_watch);
  const context = new StepContext(kernel.tokens, vocabularies, grammars);
  const scratch: Scratch = { kernel, candidates, context, now, keys, digest };
  const { step_work_max = Number.POSITIVE_INFINITY, long_work_min = LONG_WORK } = limits;
  const pieces = new StepPieces(context);
  return {
    arrivals: kernel.arrivals,
    leaseRow: kernel.leaseRow,
    returnRow: kernel.returnRow,
    sample(step_rows, options, drawing) {
      const rows = listOfRows(step_rows);
      return pieces.isReady(options)
        ? pieces.toldAtOnce(sampleStep(scratch, rows, options, drawing))
        : allAtOnce(pieces.whole(options, false, () => stepInPieces(scratch, rows, options, drawing)));
    },
    begin(step_rows, options, drawing) {
      const rows = listOfRows(step_rows);
      const is_long = allowedWork(rows, options, step_work_max) >= long_work_min;
      const is_short = !is_long && (drawing !== undefined || !takesPieces(keys, options.watermark));
      const is_ready = pieces.isReady(options);
      return is_short && is_ready
        ? pieces.told(sampleStep(scratch, rows, options, drawing))
        : pieces.whole(options, is_ready, () => stepInPieces(scratch, rows, options, drawing));
    },
    inspect(step_rows, options, look) {
      const rows = listOfRows(step_rows);
      const is_long = allowedWork(rows, options, step_work_max) >= long_work_min;
      const is_ready = pieces.isReady(options);
      return pieces.whole(options, is_ready, () => inspected(scratch, rows, options, { look, is_long }));
    },
    get is_inside() {
      return pieces.is_inside;
    },
    abandon: () => pieces.abandon(),
    wasPreparing: pieces.wasPreparing,
    inspectGrammar: (inquiry) => grammarReport(grammars, vocabularies, inquiry),
    vocabularies,
    get grammars() {
      return grammars.figures;
    },
    restGrammars: () => grammars.rest(),
  };
}

/** Short texts are used as keys directly. */
const KEY_LENGTH_MAX = 128;
const UTF8 = new TextEncoder();

function shortKey(text: string, digest: Digest): string {
  return text.length <= KEY_LENGTH_MAX ? text : digest(UTF8.encode(text));
}

function grammarsLimits(given: SamplerLimits): GrammarsLimits {
  const { grammar_length_max, grammar_bytes_max, grammar_work_max } = given;
  return {
    ...DEFAULT_GRAMMARS_LIMITS,
    source_length_max: grammar_length_max ?? DEFAULT_GRAMMARS_LIMITS.source_length_max,
    kept_bytes_max: grammar_bytes_max ?? DEFAULT_GRAMMARS_LIMITS.kept_bytes_max,
    work_max: grammar_work_max ?? DEFAULT_GRAMMARS_LIMITS.work_max,
  };
}

/** The chain of a step, and the kept tokens. */
function* inspected<Seen>(
  scratch: Scratch,
  rows: readonly LogitsRow[],
  options: StepOptions,
  { look, is_long }: { readonly look: (left: Left) => Seen; readonly is_long: boolean },
): Generator<undefined, Seen> {
  const { kernel, candidates, context, keys, digest } = scratch;
  try {
    const begun = begin(scratch, rows, options);
    if (is_long) yield* runInPieces(scratch, begun, options);
    else run(scratch, begun, options);
    const raw = () => {
      candidates.restoreRow();
      return rawOf(kernel, rows[0] as LogitsRow, false); // requireSources has checked the number; no draw follows
    };
    return look({ candidates, context, keys, rows, raw, digest });
  } finally {
    candidates.restoreRow();
  }
}

/** One step with a prepared chain, without pauses: rows → one row → candidates → chain → draw → log-probabilities. */
function sampleStep(
  scratch: Scratch,
  rows: readonly LogitsRow[],
  options: StepOptions,
  drawing?: Drawing,
): Sampled | Untold<Sampled> {
  try {
    const begun = begin(scratch, rows, options);
    const { candidates, context, keys } = scratch;
    const raw = run(scratch, begun, options) ?? begun.raw;
    const drawn =
      drawing === undefined
        ? drawAll(candidates, context, keys, options)
        : drawChosen(candidates, context, keys, options, drawing);
    return end(scratch, begun, options, { raw, drawn });
  } finally {
    scratch.candidates.restoreRow();
  }
}

/** The same with pauses between parts that may take long. */
function* stepInPieces(
  scratch: Scratch,
  rows: readonly LogitsRow[],
  options: StepOptions,
  drawing?: Drawing,
): Generator<undefined, Sampled | Untold<Sampled>> {
  try {
    const begun = begin(scratch, rows, options);
    const { candidates, context, keys } = scratch;
    yield;
    const raw = (yield* runInPieces(scratch, begun, options)) ?? begun.raw;
    yield;
    const drawn =
      drawing === undefined
        ? yield* drawInPieces(candidates, context, keys, options)
        : drawChosen(candidates, context, keys, options, drawing);
    yield;
    return end(scratch, begun, options, { raw, drawn });
  } finally {
    scratch.candidates.restoreRow();
  }
}

/** The result of a step before it is reported. */
interface Outcome {
  /** source of the log-probabilities */
  readonly raw: RawRow | undefined;
  readonly drawn: Drawn;
}

/** Builds the report of a step. */
function end(
  { kernel, candidates, context, digest }: Scratch,
  { rows, row, is_exact, tracer, seed }: Begun,
  options: StepOptions,
  { raw, drawn }: Outcome,
): Sampled | Untold<Sampled> {
  const { token_ids, watermark } = drawn;
  const token_id = token_ids[0] as number; // n ≥ 1
  const state = nextStates(options.chain, options.state, candidates, context, token_id);
  const { step } = options;
  const told = toldBy(options.chain, context, token_id);
  const { history, prompt_length, vocabulary } = context;
  // Most steps request no more than this, and spreading the fields together would cost as much as a stage.
  const adds_nothing = raw === undefined && told === undefined && vocabulary === undefined;
  if (adds_nothing && isPlain(row, options))
    return {
      token_id,
      kept: candidates.count(),
      seed,
      step,
      state,
      system_fingerprint: SYSTEM_FINGERPRINT,
    };
  const report = reportOf(candidates, raw, token_ids, options);
  const finish =
    options.stops &&
    finishOf(options.stops, { token_id, history, prompt_length, vocabulary }, options.state, raw);
  // From here on the row is unchanged again.
  if (options.receipt) candidates.restoreRow();
  const receipt = options.receipt && receiptOf(rows, { ...options, receipt: options.receipt }, digest);
  const source_logprobs =
    options.combine && options.logprobs ? sourceLogprobs(kernel, rows, token_id) : undefined;
  const exact = rows.some(isSparse) ? exactness(candidates, rows, is_exact, options, report) : undefined;
  const account = tracer && accountOf(tracer, drawn, options, context);
  const tell = (told: Told | undefined): Sampled => ({
    token_id,
    ...(vocabulary === undefined ? report : withTexts(vocabulary, token_id, report)),
    ...told,
    ...(finish && endOf(finish, told, vocabulary, token_id)),
    ...(source_logprobs && { source_logprobs }),
    ...(watermark && { watermark }),
    ...(receipt && { receipt }),
    ...(exact !== undefined && { exact }),
    seed,
    step,
    state: finish === undefined ? state : joined(state, finish.states),
    system_fingerprint: SYSTEM_FINGERPRINT,
    ...(options.warnings !== undefined && { warnings: [...options.warnings, ...(told?.warnings ?? [])] }),
    ...account,
  });
  return told !== undefined && "next" in told ? { pieces: told, tell } : tell(told);
}

/** ln p of a token in each of the unchanged rows. */
function sourceLogprobs(kernel: Kernel, rows: readonly LogitsRow[], token_id: number): (number | null)[] {
  return rows.map((row) => tokenLogprob(token_id, rawOf(kernel, row).logprob(token_id)).logprob);
}

/** The states of stages and stops together; null when there are none. */
function joined(of_stages: Sampled["state"], of_stops: Readonly<Record<string, unknown>>): Sampled["state"] {
  return of_stages === null && Object.keys(of_stops).length === 0 ? null : { ...of_stages, ...of_stops };
}

/** How the text ends, or that it continues. The bytes of a stop string are cut from the token's text. */
function endOf(
  { finish_reason, stop_bytes }: Finish,
  told: Told | undefined,
  vocabulary: Vocabulary | undefined,
  token_id: number,
): Partial<Sampled> {
  return {
    ...(vocabulary && stop_bytes > 0 && { ...textBefore(vocabulary, token_id, stop_bytes), stop_bytes }),
    finish_reason: finish_reason ?? told?.finish_reason ?? null,
  };
}

/** Runs the chain. Returns the source of the log-probabilities, when the chain sets it. */
function run(scratch: Scratch, begun: Begun, options: StepOptions): RawRow | undefined {
  const reads_between = begun.raw !== undefined && placeOfLogprobs(options) !== undefined;
  if (begun.tracer !== undefined || reads_between) return allAtOnce(runInPieces(scratch, begun, options));
  runChain(options.chain, scratch.candidates, scratch.context);
  return undefined;
}

/** Copies the candidates at this place of the chain, to be read later. */
function asItIs(candidates: Candidates): RawRow {
  return new RawCompact(candidates.count(), (copy) => candidates.copyTo(copy));
}

/**
 * Index of the stage before which log-probabilities are read; none when they are read from the unchanged row, or at
 * the end.
 */
function placeOfLogprobs(options: StepOptions): number | undefined {
  const { chain, logprobs_mode } = options;
  if (!wantsLogprobs(options) || !isAtTemperature(logprobs_mode)) return undefined;
  const place = chain.findIndex(({ stage }) => stage.setsTemperature);
  const entry = chain[place] as ChainEntry; // parseStepOptions has checked this
  return logprobs_mode === "before_temperature" || entry.stage.isGreedy?.(entry.options) ? place : place + 1;
}

/** The same with a pause after each stage and after its trace entry. */
function* runInPieces(
  { candidates, context, now }: Scratch,
  { tracer }: Begun,
  options: StepOptions,
): Generator<undefined, RawRow | undefined> {
  const { chain } = options;
  const place = placeOfLogprobs(options);
  const clock = options.trace === "timed" ? now : undefined;
  let raw: RawRow | undefined;
  for (const [index, entry] of chain.entries()) {
    if (index === place) raw = asItIs(candidates);
    const began = clock?.();
    runStage(entry, index === lastOf(chain), candidates, context);
    const us = began === undefined || clock === undefined ? undefined : clock() - began;
    yield;
    if (tracer === undefined) continue;
    if (entry.skipped !== undefined) tracer.skipped(entry.stage.name, entry.skipped);
    else tracer.ran(entry.stage.name, candidates, us);
    yield;
  }
  if (place === chain.length) raw = asItIs(candidates);
  return raw;
}

function accountOf(
  tracer: Tracer,
  { token_ids: [token_id = 0], is_chosen }: Drawn,
  { draw: { rule, options }, watermark }: StepOptions,
  context: StepContext,
): Pick<Sampled, "trace" | "fates" | "inverse_cdf" | "gumbel"> {
  const { vocabulary } = context;
  const fates = tracer.fates();
  return {
    trace: vocabulary === undefined ? tracer.entries : traceWithTexts(vocabulary, tracer.entries),
    ...(fates.length > 0 && { fates: vocabulary === undefined ? fates : eachWithText(vocabulary, fates) }),
    // A watermark draws by its own rule. The reply contains nothing that would reveal its key.
    ...(watermark === undefined &&
      is_chosen !== true && { [rule.leaves]: rule.account(tracer, token_id, options, context) }),
  };
}

/** True when the reply contains only the token, and nothing of the unchanged row. */
function isPlain(row: LogitsRow, options: StepOptions): boolean {
  const { n, kept_token_ids, trace, warnings, stops, watermark, receipt } = options;
  if (isSparse(row) || n !== undefined || stops !== undefined) return false;
  if (watermark !== undefined || receipt !== undefined) return false;
  return !kept_token_ids && trace === false && warnings === undefined;
}
