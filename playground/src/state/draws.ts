/**
 * Draws the shown step many times. Draws are requested in portions, a thousand for each step from the shown one on, so
 * that progress is visible and can be stopped. Each portion is compared with its own step's distribution.
 */
import { signal } from "@preact/signals";
import { Refusal } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { askStep, type Question } from "./result.ts";

const PORTION = 1000;
const LISTED = 1024;

export interface Draws {
  readonly question: Question;
  readonly wanted: number;
  /** all tokens drawn so far, in order */
  readonly tokens: readonly number[];
  readonly observed: ReadonlyMap<number, number>;
  /** the expected count of each listed token so far */
  readonly expected: ReadonlyMap<number, number>;
  readonly is_running: boolean;
  /** after a repeat: the number of tokens that are the same again */
  readonly same_as_before: number | undefined;
  readonly problem: ProblemBody | undefined;
}

export const draws = signal<Draws | undefined>(undefined);

let stopper = new AbortController();

export function stopDrawing(): void {
  stopper.abort();
}

/** Draws many times. When the last run had the same question, it also reports whether the tokens are the same again. */
export async function drawMany(question: Question, wanted: number): Promise<void> {
  stopper.abort();
  stopper = new AbortController();
  const { signal: stop } = stopper;
  const last = draws.value;
  const before = last !== undefined && isSame(last.question, question) ? last.tokens : undefined;
  let run = emptyRun(question, wanted);
  draws.value = run;
  try {
    for (let done = 0; done < wanted && !stop.aborted; done += PORTION) {
      const n = Math.min(PORTION, wanted - done);
      run = withPortion(run, n, await portion(question, question.step + done / PORTION, n, stop), before);
      draws.value = run;
    }
  } catch (error) {
    if (error instanceof Refusal) run = { ...run, problem: error.problem };
    else if (!stop.aborted) throw error;
  }
  // another run may have begun meanwhile
  if (draws.value?.question === question) draws.value = { ...run, is_running: false };
}

function isSame(a: Question, b: Question): boolean {
  return (
    a.row === b.row &&
    a.combined === b.combined &&
    a.seed === b.seed &&
    a.step === b.step &&
    JSON.stringify(a.chain) === JSON.stringify(b.chain)
  );
}

function emptyRun(question: Question, wanted: number): Draws {
  return {
    question,
    wanted,
    tokens: [],
    observed: new Map(),
    expected: new Map(),
    is_running: true,
    same_as_before: undefined,
    problem: undefined,
  };
}

interface Portion {
  readonly tokens: readonly number[];
  readonly probabilities: readonly (readonly [token_id: number, p: number])[];
}

async function portion(question: Question, step: number, n: number, stop: AbortSignal): Promise<Portion> {
  const there = { ...question, step };
  const listed = { top_logprobs: Math.min(LISTED, question.row.vocab_size), logprobs_mode: "processed" };
  const [drawn, distribution] = await Promise.all([
    askStep(there, { n }, stop),
    askStep(there, listed, stop),
  ]);
  return {
    tokens: (drawn.draws ?? []).map(({ token_id }) => token_id),
    probabilities: (distribution.top_logprobs ?? []).map(({ token_id, logprob }) => [
      token_id,
      Math.exp(logprob ?? Number.NEGATIVE_INFINITY),
    ]),
  };
}

function withPortion(
  run: Draws,
  n: number,
  { tokens, probabilities }: Portion,
  before: readonly number[] | undefined,
): Draws {
  const observed = new Map(run.observed);
  for (const token_id of tokens) observed.set(token_id, (observed.get(token_id) ?? 0) + 1);
  const expected = new Map(run.expected);
  for (const [token_id, p] of probabilities)
    if (p > 0) expected.set(token_id, (expected.get(token_id) ?? 0) + n * p);
  const all = [...run.tokens, ...tokens];
  const same_as_before = before && all.filter((token_id, i) => token_id === before[i]).length;
  return { ...run, tokens: all, observed, expected, same_as_before };
}
