/**
 * The streaming sampler module: a row of logits and the options of one step in, one token and its account out.
 * Synchronous and pure but for the scratch memory it owns: the same row and options give the same answer, to the
 * bit, whatever was sampled before.
 */
import { Problem } from "../errors.ts";
import { createKernel, type Kernel, type KernelLimits, type Row } from "../kernels/kernel.ts";
import { Candidates } from "./candidates.ts";
import { nextStates, runChain } from "./chain.ts";
import { requireInVocabulary, StepContext } from "./context.ts";
import { SYSTEM_FINGERPRINT } from "./fingerprint.ts";
import { RawDense, type RawRow, RawSparse, type TokenLogprob, tokenLogprob } from "./logprobs.ts";
import { drawSeed } from "./rng.ts";
import { isSparse, type LogitsRow, type SparseRow } from "./rows.ts";
import type { StepOptions } from "./step-options.ts";

/** The reply to one step, in wire order. What was not asked for is absent. */
export interface Sampled {
  readonly token_id: number;
  /** raw ln p of the token; null stands for −Infinity */
  readonly logprob?: number | null;
  /** ln of the probability with which it was drawn */
  readonly processed_logprob?: number;
  /** 1 = most likely in the raw row */
  readonly rank?: number;
  readonly top_logprobs?: readonly TokenLogprob[];
  readonly named_logprobs?: readonly TokenLogprob[];
  /** how many tokens were left to draw from */
  readonly kept: number;
  /** the raw mass of the tokens that were left */
  readonly kept_mass?: number;
  /** sparse rows: whether the whole row would provably have given the same answer */
  readonly exact?: boolean;
  readonly seed: string;
  readonly step: number;
  /** what the next step must bring along: the chain's stages that carry state, by name; null when none does */
  readonly state: Readonly<Record<string, unknown>> | null;
  readonly system_fingerprint: string;
}

export interface Sampler {
  /** A row to write logits into; undefined when all are leased. */
  leaseRow(): Row | undefined;
  returnRow(row: Row): void;
  /** Draws one token from a finished row. Throws a Problem whose pointer is relative to the step. The row stays as it was. */
  sample(row: LogitsRow, options: StepOptions): Sampled;
}

export function createSampler(limits: KernelLimits): Sampler {
  const kernel = createKernel(limits);
  const machine: Machine = { kernel, candidates: new Candidates(kernel), context: new StepContext() };
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
}

/** One step, straight through: row → candidates → chain → draw → log-probabilities. */
function sampleStep({ kernel, candidates, context }: Machine, row: LogitsRow, options: StepOptions): Sampled {
  const seed = options.seed ?? drawSeed();
  const vocab_size = isSparse(row)
    ? startSparse(candidates, row, options)
    : startDense(kernel, candidates, row);
  context.start({ ...options, seed }, vocab_size);
  for (const name of Object.keys(options.state)) context.giveState(name, options.state[name]);
  requireInVocabulary(options.logprob_token_ids, vocab_size, "/logprob_token_ids");
  const raw = wantsLogprobs(options) ? rawOf(kernel, row) : undefined;
  try {
    runChain(options.chain, candidates, context);
    const token_id = candidates.draw(context.uniform("token"));
    const state = nextStates(options.chain, options.state, candidates, token_id);
    return {
      token_id,
      ...report(candidates, raw, token_id, options),
      ...exactness(candidates, row, options),
      seed,
      step: options.step,
      state,
      system_fingerprint: SYSTEM_FINGERPRINT,
    };
  } finally {
    candidates.restoreRow();
  }
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

function rawOf(kernel: Kernel, row: LogitsRow): RawRow {
  return isSparse(row) ? new RawSparse(row) : new RawDense(kernel, row);
}

type Report = Omit<Sampled, "token_id" | "exact" | "seed" | "step" | "state" | "system_fingerprint">;

/** What is told of the draw. The processed side is read first: reading the raw side puts the row back. */
function report(
  candidates: Candidates,
  raw: RawRow | undefined,
  token_id: number,
  options: StepOptions,
): Report {
  const kept = candidates.count();
  if (raw === undefined) return { kept };
  const { logprobs, logprobs_mode, top_logprobs, logprob_token_ids } = options;
  const processed = logprobs_mode === "processed";
  const processed_logprob = candidates.logprob(token_id);
  const named = processed
    ? logprob_token_ids.map((id) => tokenLogprob(id, candidates.logprob(id)))
    : undefined;
  const top = processed ? candidates.top(top_logprobs) : undefined;
  const kept_mass = candidates.keptMass(raw);
  return {
    ...(logprobs && {
      logprob: tokenLogprob(token_id, raw.logprob(token_id)).logprob,
      processed_logprob,
      rank: raw.rank(token_id),
    }),
    ...(top_logprobs > 0 && { top_logprobs: top ?? raw.top(top_logprobs) }),
    ...(logprob_token_ids.length > 0 && {
      named_logprobs: named ?? logprob_token_ids.map((id) => tokenLogprob(id, raw.logprob(id))),
    }),
    kept,
    ...(logprobs && { kept_mass }),
  };
}

function exactness(
  candidates: Candidates,
  row: LogitsRow,
  { require_exact }: StepOptions,
): { exact?: boolean } {
  if (!isSparse(row)) return {};
  const exact = candidates.isExact();
  if (require_exact && !exact)
    throw new Problem(
      "need_more_tokens",
      `${row.token_ids.length} tokens were not enough to prove the answer exact`,
      "/logits/token_ids",
    );
  return { exact };
}
