/**
 * The answer for the present choices: whenever row, chain, seed or step change, the service is asked again. A row takes
 * two requests: one for its most likely tokens before the chain, sent once, and one that follows these tokens through
 * the chain.
 */
import { effect, signal, untracked } from "@preact/signals";
import { postSample, Refusal } from "../api/client.ts";
import type { ProblemBody, Sampled, TokenLogprob } from "../api/wire.ts";
import { type Combined, combined, is_awaited } from "../combine/combination.ts";
import { vocabularyFor } from "../grammar/needs.ts";
import type { ChainList } from "../rows/examples.ts";
import type { PageRow } from "../rows/row.ts";
import { ofStep } from "../speculate/speculation.ts";
import { stageInfo } from "./catalogue.ts";
import { sentChain } from "./chain.ts";
import { type Extras, extras, NO_EXTRAS } from "./extras.ts";
import { followLatest } from "./latest.ts";
import { carried_state, chain, row, seed, source, step } from "./signals.ts";

/** How many of the row's tokens the funnel follows, and how many log-probabilities draw the distribution. */
const FOLLOWED = 256;
const LISTED = 1024;
/**
 * How many of the finally likeliest tokens are followed whatever their first rank, because a grammar may raise them.
 */
const RISEN = 24;

/** The question, kept with its answer so that the two always belong together. */
export interface Question {
  readonly row: PageRow;
  readonly chain: ChainList;
  readonly seed: string;
  readonly step: number;
  /** further rows, and the rule that combines all rows */
  readonly combined: Combined | undefined;
  /** the further options of a written text, besides chain and seed */
  readonly extras: Extras;
}

export interface Answer {
  readonly question: Question;
  readonly sampled: Sampled;
  /** the most likely tokens of the unchanged row, most likely first */
  readonly raw: readonly TokenLogprob[];
  /** tokens that are not among these, but are drawn or among the likeliest after the chain */
  readonly risen: readonly TokenLogprob[];
  /** the tokens in `trace[].named` and `fates`, in their order */
  readonly followed: readonly number[];
  /** from the request to the parsed reply */
  readonly round_trip_ms: number;
}

export const answer = signal<Answer | undefined>(undefined);
/** the problem of the newest question; the last answer stays visible meanwhile */
export const problem = signal<ProblemBody | undefined>(undefined);
export const is_asking = signal(false);

/** The raw side of the row of the last request. */
let probed: { readonly row: PageRow; readonly raw: readonly TokenLogprob[] } | undefined;

/** Asks the service whenever the choices change. */
export function keepAsking(): void {
  const ask = followLatest(askOnce);
  effect(() => {
    if (row.value === undefined || is_awaited.value) return;
    const question: Question = {
      row: row.value,
      chain: sentChain(chain.value),
      seed: seed.value,
      step: step.value,
      combined: combined.value,
      extras: source.value.kind === "written" ? ofStep(extras.value) : NO_EXTRAS,
    };
    untracked(() => ask(question));
  });
}

async function askOnce(question: Question): Promise<void> {
  is_asking.value = true;
  try {
    const raw = await rawSide(question.row);
    answer.value = await follow(question, raw);
    problem.value = undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problem.value = error.problem;
  } finally {
    is_asking.value = false;
  }
}

async function rawSide(of: PageRow): Promise<readonly TokenLogprob[]> {
  if (probed?.row === of) return probed.raw;
  const top_logprobs = Math.min(FOLLOWED, of.vocab_size);
  const { top_logprobs: raw = [] } = await postSample(of, { chain: [], seed: "0", top_logprobs });
  probed = { row: of, raw };
  return raw;
}

/** One step with its explanation. It is requested again when tokens that matter in the end were not followed. */
async function follow(question: Question, raw: readonly TokenLogprob[]): Promise<Answer> {
  const ids = raw.map(({ token_id }) => token_id);
  const first = await traced(question, ids);
  const { token_id, top_logprobs = [] } = first.sampled;
  const last = top_logprobs.filter(({ logprob }) => logprob !== null).slice(0, RISEN);
  const beyond = [...new Set([token_id, ...last.map((each) => each.token_id)])].filter(
    (id) => !ids.includes(id),
  );
  if (beyond.length === 0) return { question, raw, risen: [], ...first };
  const { named_logprobs: risen = [] } = await postSample(question.row, {
    chain: [],
    seed: "0",
    logprob_token_ids: beyond,
  });
  return { question, raw, risen, ...(await traced(question, [...beyond, ...ids])) };
}

async function traced(question: Question, followed: readonly number[]) {
  const began = performance.now();
  const sampled = await askStep(question, {
    trace: "timed",
    logprobs: true,
    top_logprobs: Math.min(LISTED, question.row.vocab_size),
    logprobs_mode: "processed",
    logprob_token_ids: followed,
  });
  return { sampled, followed, round_trip_ms: performance.now() - began };
}

/** The selected step, and the further fields requested with it. */
export function askStep(
  question: Question,
  more: Readonly<Record<string, unknown>>,
  stop?: AbortSignal,
): Promise<Sampled> {
  return postSample(sentRow(question), { ...stepOptions(question), ...more }, stop);
}

/** The bytes of the request: several rows are sent one after the other. */
export function sentRow({ row: of, combined: joined }: Pick<Question, "row" | "combined">): PageRow {
  if (joined === undefined) return of;
  const parts = [of, ...joined.rows].map(({ bytes }) => bytes);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => {
    bytes.set(part, at);
    return at + part.length;
  }, 0);
  return { ...of, bytes };
}

/** The options that decide the token, as they are sent; also shown as code. */
export function stepOptions({
  row: of,
  chain: stages,
  seed: seed_text,
  step: at,
  combined: joined,
  extras: more,
}: Question) {
  const state = stateFor(stages);
  return {
    ...more,
    ...(joined && { combine: joined.combine, shape: [1 + joined.rows.length, of.vocab_size] }),
    ...(of.is_of_demo && vocabularyFor(stages, stageInfo)),
    chain: stages,
    seed: seed_text,
    step: at,
    ...(of.history.length > 0 && { history: of.history, prompt_length: of.prompt_length }),
    ...(state !== undefined && { state }),
  };
}

/** The states carried to this step, for the stages that are still in the chain. */
function stateFor(stages: ChainList): Readonly<Record<string, unknown>> | undefined {
  const carried = Object.entries(carried_state.peek() ?? {});
  const wanted = carried.filter(([name]) => stages.some(({ stage }) => stage === name));
  return wanted.length === 0 ? undefined : Object.fromEntries(wanted);
}
