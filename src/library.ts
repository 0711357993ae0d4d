/**
 * The sampler as a library has it: with defaults, with options as a request has them, with rows as arrays, and with a
 * sentence for every mistake. `sampling/sampler.ts` is the same for a caller that has checked everything.
 */
import type { StepRequestOptions } from "./client/options.ts";
import { Problem, show } from "./errors.ts";
import { Row } from "./kernels/kernel.ts";
import { allAtOnce } from "./pieces.ts";
import { parseBeam, parseBeamRow } from "./sampling/beam/options.ts";
import type { Search } from "./sampling/beam/rule.ts";
import { type BeamStep, BeamWalk, wrongRows } from "./sampling/beam/search.ts";
import { DEFAULT_OPTION_LIMITS } from "./sampling/options/option-limits.ts";
import { parseStepOptions } from "./sampling/options/step-options.ts";
import type { Sampled } from "./sampling/report/report.ts";
import type { LogitsRow } from "./sampling/rows.ts";
import {
  type Sampler as Core,
  createSampler as createCore,
  type SamplerLimits,
  type SamplerParts,
} from "./sampling/sampler.ts";
import type { StepOptions } from "./sampling/step.ts";
import { openStream as openCore, type SampleStream } from "./sampling/stream.ts";

/** One row of logits: a leased row, a sparse one, or its values, which are rounded to float32. */
export type Logits = LogitsRow | Float32Array | readonly number[];

/** Options as a request has them, or those that parseStepOptions has checked: for a loop that does not change them. */
export type SampleOptions = StepRequestOptions | StepOptions;

export interface Sampler extends Omit<Core, "sample"> {
  /**
   * Draws one token from a row, or from several that the option `combine` makes one of. Throws a Problem whose sentence says
   * the rule and the value received.
   */
  sample(logits: Logits | readonly Logits[], options?: SampleOptions): Sampled;
}

export interface LibraryStream extends Omit<SampleStream, "next" | "begin"> {
  /** Draws the next token and puts it after the history. `own` options hold for this step only. */
  next(logits: Logits | readonly Logits[], own?: StepRequestOptions): Sampled;
}

/** The default capacity of a sampler: 1 MB of memory for each row of 262,144 float32. */
export const SAMPLER_DEFAULTS = { vocab_size_max: 262_144, rows_max: 1 } as const;

/**
 * `now` returns microseconds from any origin, for timed traces. `parts` are the vocabularies and keys that steps may
 * name.
 */
export function createSampler(
  limits: Partial<SamplerLimits> = {},
  now?: () => number,
  parts?: SamplerParts,
): Sampler {
  requireLimits(limits);
  const { vocab_size_max, rows_max } = limitsOf(limits);
  const core = createCore({ ...limits, vocab_size_max, rows_max }, now, parts);
  const sampler: Sampler = {
    ...core,
    get is_inside() {
      return core.is_inside;
    },
    get grammars() {
      return core.grammars;
    },
    sample(logits, options = {}) {
      const checked = isChecked(options) ? options : parseStepOptions(options);
      // A loop over leased rows allocates only its answers.
      if (logits instanceof Row) return core.sample(logits, checked);
      return withRows(core, limitsOf(limits), logits, checked, (rows) => core.sample(rows, checked));
    },
  };
  LIMITS_OF.set(sampler, { vocab_size_max, rows_max });
  return sampler;
}

/** A row of a beam search, with options of its own over the shared ones. */
export interface BeamLogits extends StepRequestOptions {
  readonly logits: Logits | readonly Logits[];
}

/** The options of a search that its rows share. */
export interface BeamStepOptions extends StepRequestOptions {
  /** the rule with its options: docs/beams.md */
  readonly beam: Readonly<Record<string, unknown>> & { readonly rule: string };
  /** the value that the last step returned; absent in the first step */
  readonly search?: Search | null | undefined;
}

/**
 * One step of a beam search: a row for each live beam, one in the first step. Throws a Problem whose pointer is relative to
 * the options, or begins with /rows and the index of a row.
 */
export function beamStep(
  sampler: Sampler,
  rows: readonly BeamLogits[],
  { beam, search, ...shared }: BeamStepOptions,
): BeamStep {
  const call = parseBeam(beam, search, shared.seed);
  const walk = new BeamWalk(call);
  if (rows.length !== walk.expected) throw wrongRows(walk.expected, rows.length);
  for (const [index, { logits, ...own }] of rows.entries())
    try {
      const options = parseBeamRow(call, { ...shared, ...own }, DEFAULT_OPTION_LIMITS);
      const look = (placed: readonly LogitsRow[]) => allAtOnce(walk.row(sampler, placed, options));
      withRows(sampler, LIMITS_OF.get(sampler) ?? SAMPLER_DEFAULTS, logits, options, look);
    } catch (error) {
      throw error instanceof Problem ? error.within(`/rows/${index}`) : error;
    }
  return walk.end();
}

type RowLimits = Pick<SamplerLimits, "vocab_size_max" | "rows_max">;

const LIMITS_OF = new WeakMap<Sampler, RowLimits>();

function limitsOf({ vocab_size_max, rows_max }: Partial<SamplerLimits>): RowLimits {
  return {
    vocab_size_max: vocab_size_max ?? SAMPLER_DEFAULTS.vocab_size_max,
    rows_max: rows_max ?? SAMPLER_DEFAULTS.rows_max,
  };
}

/** Uses rows in place: those that are values are put into leased rows, which are given back. */
function withRows<Result>(
  core: Pick<Core, "leaseRow" | "returnRow">,
  { vocab_size_max, rows_max }: RowLimits,
  logits: Logits | readonly Logits[],
  checked: StepOptions,
  use: (rows: readonly LogitsRow[]) => Result,
): Result {
  const list = isList(logits) ? logits : [logits];
  const leased: Row[] = [];
  const rowOf = (each: Logits): LogitsRow => {
    if (!isValues(each)) return requireRow(each);
    const row = core.leaseRow();
    if (row === undefined)
      throw new Problem(
        "limit_exceeded",
        `a row of values needs one of the sampler's ${rows_max} (rows_max), and all are leased`,
      );
    leased.push(row);
    requireLength(each.length, vocab_size_max);
    row.load(each);
    row.finish(checked.vocab_size);
    return row;
  };
  try {
    return use(list.map(rowOf));
  } finally {
    for (const row of leased) core.returnRow(row);
  }
}

/**
 * Opens a sequence, which keeps history, step and state from row to row. Without a seed one is drawn. Throws a Problem
 * whose pointer is relative to the options.
 */
export function openStream(sampler: Sampler, options: StepRequestOptions = {}): LibraryStream {
  // The stream hands rows on as they are, and this sampler takes more kinds than the one that a stream is written for.
  return openCore(sampler as Core, options) as LibraryStream;
}

function requireLimits(limits: Partial<SamplerLimits>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!LIMITS.includes(name)) throw new TypeError(`createSampler knows ${LIMITS.join(", ")}, got ${name}`);
    if (!(Number.isSafeInteger(value) && value >= 1) && value !== Number.POSITIVE_INFINITY)
      throw new TypeError(`${name} must be a whole number of at least 1, got ${show(value)}`);
  }
}

const LIMITS: readonly string[] = ["vocab_size_max", "rows_max", "step_work_max", "long_work_min"];

/** Only checked options have a `prepared` history; no option of a request has this name. */
function isChecked(options: SampleOptions): options is StepOptions {
  return typeof options === "object" && options !== null && "prepared" in options;
}

/** True for a list of rows, false for one row; a list of numbers is one row. */
function isList(logits: Logits | readonly Logits[]): logits is readonly Logits[] {
  return Array.isArray(logits) && typeof logits[0] === "object";
}

function isValues(logits: Logits): logits is Float32Array | readonly number[] {
  return logits instanceof Float32Array || Array.isArray(logits);
}

function requireRow(logits: LogitsRow): LogitsRow {
  if (typeof logits === "object" && logits !== null && !ArrayBuffer.isView(logits)) {
    if (!("token_ids" in logits) || logits.token_ids instanceof Int32Array) return logits;
    throw new Problem(
      "invalid_logits",
      `token_ids must be an Int32Array, got ${show(logits.token_ids)}`,
      "/logits/token_ids",
    );
  }
  throw new Problem(
    "invalid_logits",
    `logits must be a Float32Array, an array of numbers, a leased row or a sparse one, got ${show(logits)}`,
    "/logits",
  );
}

function requireLength(length: number, vocab_size_max: number): void {
  if (length === 0)
    throw new Problem("invalid_logits", "a row must have at least one element, got 0", "/logits");
  if (length > vocab_size_max)
    throw new Problem(
      "limit_exceeded",
      `a row may have at most ${vocab_size_max} elements (vocab_size_max), got ${length}`,
      "/logits",
    );
}
