/**
 * The answer to what is chosen: whenever row, chain, seed or step change, the service is asked again. Two requests
 * serve a row: one that tells its most likely tokens as they came, once, and one that follows them through the chain.
 */
import { effect, signal, untracked } from "@preact/signals";
import { postSample, Refusal } from "../api/client.ts";
import type { ProblemBody, Sampled, TokenLogprob } from "../api/wire.ts";
import type { ChainList } from "../rows/examples.ts";
import type { PageRow } from "../rows/row.ts";
import { sentChain } from "./chain.ts";
import { type Extras, extras, NO_EXTRAS } from "./extras.ts";
import { followLatest } from "./latest.ts";
import { carried_state, chain, row, seed, source, step } from "./signals.ts";

/** How many of the row's tokens the funnel follows, and how many log-probabilities draw the distribution. */
const FOLLOWED = 256;
const LISTED = 1024;

/** What was asked: kept with the answer, so that the two always belong together. */
export interface Question {
  readonly row: PageRow;
  readonly chain: ChainList;
  readonly seed: string;
  readonly step: number;
  /** what a written text is drawn with beside chain and seed */
  readonly extras: Extras;
}

export interface Answer {
  readonly question: Question;
  readonly sampled: Sampled;
  /** the row's most likely tokens as they came, most likely first */
  readonly raw: readonly TokenLogprob[];
  /** the tokens whose way `trace[].named` and `fates` tell, in their order */
  readonly followed: readonly number[];
  /** from the request to the parsed reply */
  readonly round_trip_ms: number;
}

export const answer = signal<Answer | undefined>(undefined);
/** what the service said to the newest question; the last answer stays in sight meanwhile */
export const problem = signal<ProblemBody | undefined>(undefined);
export const is_asking = signal(false);

/** The raw side of the row that was asked about last. */
let probed: { readonly row: PageRow; readonly raw: readonly TokenLogprob[] } | undefined;

/** Asks whenever what is chosen changes. */
export function keepAsking(): void {
  const ask = followLatest(askOnce);
  effect(() => {
    if (row.value === undefined) return;
    const question: Question = {
      row: row.value,
      chain: sentChain(chain.value),
      seed: seed.value,
      step: step.value,
      extras: source.value.kind === "written" ? extras.value : NO_EXTRAS,
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

/** One step with its account; once more when the drawn token was not among those that were followed. */
async function follow(question: Question, raw: readonly TokenLogprob[]): Promise<Answer> {
  const followed = raw.map(({ token_id }) => token_id);
  const first = await traced(question, followed);
  const { token_id } = first.sampled;
  const answered = followed.includes(token_id) ? first : await traced(question, [...followed, token_id]);
  return { question, raw, ...answered };
}

async function traced(question: Question, followed: readonly number[]) {
  const began = performance.now();
  const sampled = await postSample(question.row, {
    ...stepOptions(question),
    trace: "timed",
    logprobs: true,
    top_logprobs: Math.min(LISTED, question.row.vocab_size),
    logprobs_mode: "processed",
    logprob_token_ids: followed,
  });
  return { sampled, followed, round_trip_ms: performance.now() - began };
}

/** What decides the token, as it is sent: also what is shown as code. */
export function stepOptions({ row: of, chain: stages, seed: seed_text, step: at, extras: more }: Question) {
  const state = stateFor(stages);
  return {
    ...more,
    chain: stages,
    seed: seed_text,
    step: at,
    ...(of.history.length > 0 && { history: of.history, prompt_length: of.prompt_length }),
    ...(state !== undefined && { state }),
  };
}

/** What was carried to this step, for those stages that are still in the chain. */
function stateFor(stages: ChainList): Readonly<Record<string, unknown>> | undefined {
  const carried = Object.entries(carried_state.peek() ?? {});
  const wanted = carried.filter(([name]) => stages.some(({ stage }) => stage === name));
  return wanted.length === 0 ? undefined : Object.fromEntries(wanted);
}
