/**
 * Text as it is written: the model gives a row, the service draws a token from it, again and again. Every token
 * keeps its row, so that its step can be looked at and drawn anew.
 */
import { batch, computed, signal } from "@preact/signals";
import { postSample, Refusal } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import type { ChainList } from "../rows/examples.ts";
import { type PageRow, rowOfLogits } from "../rows/row.ts";
import { sentChain } from "../state/chain.ts";
import { carried_state, chain, reading, row, row_error, seed, source, step } from "../state/signals.ts";
import type { Loaded } from "./messages.ts";
import { type ModelClient, startModel } from "./model-client.ts";
import { isSameChain, type Run, runsOf } from "./runs.ts";

export interface Written {
  readonly token_id: number;
  readonly text: string;
  /** of the row as it came: what the tint shows */
  readonly probability: number;
  readonly row: PageRow;
  /** what the chain's stages carried to this step, and from it */
  readonly state_before: Readonly<Record<string, unknown>> | null;
  readonly state_after: Readonly<Record<string, unknown>> | null;
  /** what it was drawn with */
  readonly seed: string;
  readonly chain: ChainList;
}

export type ModelState =
  | { readonly kind: "absent" }
  | { readonly kind: "loading"; readonly loaded: number; readonly total: number }
  | { readonly kind: "ready"; readonly loaded: Loaded }
  | { readonly kind: "failed"; readonly sentence: string };

export const model = signal<ModelState>({ kind: "absent" });
export const prompt = signal("The old ship sailed into the");
export const written = signal<readonly Written[]>([]);
/** the prompt that the text goes on from; undefined before the first token */
export const written_prompt = signal<string | undefined>(undefined);
export const runs_written = computed(() => runsOf(written.value));
export const selected = signal(-1);
/** how far a text that a link describes has been written again, and how long it is; undefined when none is */
export const replaying = signal<{ readonly done: number; readonly tokens: number } | undefined>(undefined);
/** how many tokens are written at a time */
export const amount = signal(60);
export const is_writing = signal(false);
export const writing_problem = signal<ProblemBody | undefined>(undefined);
/** tokens a second of the last run, model and service together */
export const pace = signal(0);

let client: ModelClient | undefined;
let prompt_ids: readonly number[] = [];

export async function loadModel(): Promise<void> {
  if (client !== undefined) return;
  model.value = { kind: "loading", loaded: 0, total: 0 };
  const started = startModel((loaded, total) => {
    if (client === started) model.value = { kind: "loading", loaded, total };
  });
  client = started;
  try {
    const loaded = await started.load();
    if (client === started) model.value = { kind: "ready", loaded };
  } catch (error) {
    started.end();
    client = undefined;
    model.value = { kind: "failed", sentence: error instanceof Error ? error.message : String(error) };
  }
}

export function stopLoading(): void {
  client?.end();
  client = undefined;
  model.value = { kind: "absent" };
}

export function stopWriting(): void {
  is_writing.value = false;
}

/** Writes on from the text there is; from the prompt when that was changed. Each token by the chain as it is then. */
export async function write(tokens: number): Promise<void> {
  await writing(async (with_model, loaded, goesOn) => {
    const began = performance.now();
    let of = chain.value;
    let stages = sentChain(of);
    for (let done = 0; done < tokens && goesOn(); done++) {
      if (of !== chain.value) stages = sentChain(chain.value);
      of = chain.value;
      const is_end = await writeOne(with_model, loaded, { seed: seed.value, chain: stages }, goesOn);
      if (!goesOn()) break;
      selectToken(written.value.length - 1);
      pace.value = (1000 * (done + 1)) / (performance.now() - began);
      if (is_end) break;
    }
  });
}

/** Writes a text again, as a link describes it, and shows the token at `index`; the last for −1. */
export async function replay(text: string, runs: readonly Run[], index: number): Promise<void> {
  if (!isSameText(text, runs)) {
    prompt.value = text;
    const tokens = runs.reduce((sum, run) => sum + run.tokens, 0);
    replaying.value = { done: 0, tokens };
    void loadModel();
    await modelReady();
    await writing((with_model, loaded, goesOn) => replayRuns(with_model, loaded, runs, goesOn));
    replaying.value = undefined;
  }
  // whoever went to another row meanwhile stays there
  if (source.value.kind === "written") selectToken(index < 0 ? written.value.length - 1 : index);
}

/** Until the model is there; loading that failed or was stopped may be begun again. */
function modelReady(): Promise<void> {
  return new Promise((resolve) => {
    const end = model.subscribe(({ kind }) => {
      // subscribing calls back at once, before there is an end to call
      if (kind === "ready") queueMicrotask(() => end());
      if (kind === "ready") resolve();
    });
  });
}

async function replayRuns(
  with_model: ModelClient,
  loaded: Loaded,
  runs: readonly Run[],
  goesOn: () => boolean,
): Promise<void> {
  const tokens = runs.reduce((sum, run) => sum + run.tokens, 0);
  for (const run of runs)
    for (let i = 0; i < run.tokens && goesOn(); i++) {
      if (await writeOne(with_model, loaded, run, goesOn)) return;
      replaying.value = { done: written.value.length, tokens };
    }
}

export function isSameText(text: string, runs: readonly Run[]): boolean {
  const now = runs_written.value;
  return (
    written_prompt.value === text &&
    now.length === runs.length &&
    runs.every((run, i) => {
      const here = now[i];
      return here?.tokens === run.tokens && here.seed === run.seed && isSameChain(here.chain, run.chain);
    })
  );
}

let turns = 0;

/** One text is written at a time, until it is stopped; what the service refuses is kept where it can be shown. */
async function writing(
  work: (with_model: ModelClient, loaded: Loaded, goesOn: () => boolean) => Promise<void>,
): Promise<void> {
  const state = model.value;
  if (client === undefined || state.kind !== "ready" || is_writing.value) return;
  turns += 1;
  const turn = turns;
  // another text may be begun while the last token of this one is still under way
  const goesOn = () => is_writing.value && turn === turns;
  is_writing.value = true;
  writing_problem.value = undefined;
  try {
    await begin(client);
    await work(client, state.loaded, goesOn);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    writing_problem.value = error.problem;
  } finally {
    if (turn === turns) is_writing.value = false;
  }
}

async function begin(with_model: ModelClient): Promise<void> {
  if (written_prompt.value === prompt.value) return;
  const ids = await with_model.encode(prompt.value);
  prompt_ids = ids.length > 0 ? ids : [0]; // the model begins an empty text with its end-of-text token
  written_prompt.value = prompt.value;
  written.value = [];
}

/** Answers whether the text has come to its end. A token that comes after it was stopped is dropped. */
async function writeOne(
  with_model: ModelClient,
  { labels, context_tokens_max, eos_token_id }: Loaded,
  drawn_with: Omit<Run, "tokens">,
  goesOn: () => boolean,
): Promise<boolean> {
  const so_far = written.value;
  const history = [...prompt_ids, ...so_far.map(({ token_id }) => token_id)];
  if (history.length >= context_tokens_max) return true;
  const logits = await with_model.logitsAfter(history);
  const text = (written_prompt.value ?? "") + so_far.map((token) => token.text).join("");
  const here: PageRow = {
    ...rowOfLogits(logits, labels, endOf(text)),
    history,
    prompt_length: prompt_ids.length,
  };
  const state_before = so_far.at(-1)?.state_after ?? null;
  const sampled = await postSample(here, {
    chain: drawn_with.chain,
    seed: drawn_with.seed,
    step: so_far.length,
    history,
    prompt_length: prompt_ids.length,
    ...(state_before !== null && { state: carriedBy(state_before, drawn_with.chain) }),
    logprobs: true,
  });
  if (!goesOn()) return true;
  const { token_id, logprob, state } = sampled;
  const probability = Math.exp(logprob ?? Number.NEGATIVE_INFINITY);
  const token = { token_id, text: labels[token_id] ?? "", probability, row: here };
  const { seed: with_seed, chain: with_chain } = drawn_with;
  written.value = [
    ...so_far,
    { ...token, state_before, state_after: state, seed: with_seed, chain: with_chain },
  ];
  return token_id === eos_token_id;
}

/** The last words of a text, for the line above the drawn token. */
function endOf(text: string): string {
  return text.length <= 60 ? text : `…${text.slice(text.indexOf(" ", text.length - 60))}`;
}

/** Only what stages of the chain carry: it may have been changed between two tokens. */
function carriedBy(
  state: Readonly<Record<string, unknown>>,
  by: ChainList,
): Readonly<Record<string, unknown>> {
  const names = new Set(by.map(({ stage }) => stage));
  return Object.fromEntries(Object.entries(state).filter(([name]) => names.has(name)));
}

/** Shows the step at which a token was drawn. */
export function selectToken(index: number): void {
  const token = written.value[index];
  if (token === undefined) return;
  batch(() => {
    selected.value = index;
    source.value = { kind: "written", index };
    row_error.value = "";
    reading.value = undefined;
    carried_state.value = token.state_before;
    step.value = index;
    row.value = token.row;
  });
}

/** Takes the text away; the prompt stays. */
export function beginAnew(): void {
  batch(() => {
    written_prompt.value = undefined;
    written.value = [];
    selected.value = -1;
  });
}

/** Drops a token and all after it, and writes on from there with the chain as it is now. */
export async function forkAt(index: number, tokens: number): Promise<void> {
  written.value = written.value.slice(0, index);
  await write(tokens);
}
