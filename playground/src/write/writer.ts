/**
 * Text as it is written: the model gives a row, the service draws a token from it, again and again. Every token
 * keeps its row, so that its step can be looked at and drawn anew.
 */
import { signal } from "@preact/signals";
import { postSample, Refusal } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { type PageRow, rowOfLogits } from "../rows/row.ts";
import { sentChain } from "../state/chain.ts";
import { carried_state, chain, row, seed, source, step } from "../state/signals.ts";
import type { Loaded } from "./messages.ts";
import { type ModelClient, startModel } from "./model-client.ts";

export interface Written {
  readonly token_id: number;
  readonly text: string;
  /** of the row as it came: what the tint shows */
  readonly probability: number;
  readonly row: PageRow;
  /** what the chain's stages carried to this step, and from it */
  readonly state_before: Readonly<Record<string, unknown>> | null;
  readonly state_after: Readonly<Record<string, unknown>> | null;
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
export const selected = signal(-1);
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

/** Writes on from the text there is; from the prompt when that was changed. */
export async function write(tokens: number): Promise<void> {
  const state = model.value;
  if (client === undefined || state.kind !== "ready" || is_writing.value) return;
  is_writing.value = true;
  writing_problem.value = undefined;
  try {
    await begin(client);
    const began = performance.now();
    for (let done = 0; done < tokens && is_writing.value; done++) {
      const is_end = await writeOne(client, state.loaded);
      pace.value = (1000 * (done + 1)) / (performance.now() - began);
      if (is_end) break;
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    writing_problem.value = error.problem;
  } finally {
    is_writing.value = false;
  }
}

async function begin(with_model: ModelClient): Promise<void> {
  if (written_prompt.value === prompt.value) return;
  const ids = await with_model.encode(prompt.value);
  prompt_ids = ids.length > 0 ? ids : [0]; // the model begins an empty text with its end-of-text token
  written_prompt.value = prompt.value;
  written.value = [];
}

/** Answers whether the text has come to its end. */
async function writeOne(
  with_model: ModelClient,
  { labels, context_tokens_max, eos_token_id }: Loaded,
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
    chain: sentChain(chain.value),
    seed: seed.value,
    step: so_far.length,
    history,
    prompt_length: prompt_ids.length,
    ...(state_before !== null && { state: carriedBy(state_before) }),
    logprobs: true,
  });
  const { token_id, logprob, state } = sampled;
  const probability = Math.exp(logprob ?? Number.NEGATIVE_INFINITY);
  written.value = [
    ...so_far,
    { token_id, text: labels[token_id] ?? "", probability, row: here, state_before, state_after: state },
  ];
  selectToken(written.value.length - 1);
  return token_id === eos_token_id;
}

/** The last words of a text, for the line above the drawn token. */
function endOf(text: string): string {
  return text.length <= 60 ? text : `…${text.slice(text.indexOf(" ", text.length - 60))}`;
}

/** Only what stages of the present chain carry: the chain may have been changed between two tokens. */
function carriedBy(state: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = new Set(sentChain(chain.value).map(({ stage }) => stage));
  return Object.fromEntries(Object.entries(state).filter(([name]) => names.has(name)));
}

/** Shows the step at which a token was drawn. */
export function selectToken(index: number): void {
  const token = written.value[index];
  if (token === undefined) return;
  selected.value = index;
  source.value = { kind: "written", index };
  carried_state.value = token.state_before;
  step.value = index;
  row.value = token.row;
}

/** Drops a token and all after it, and writes on from there with the chain as it is now. */
export async function forkAt(index: number, tokens: number): Promise<void> {
  written.value = written.value.slice(0, index);
  await write(tokens);
}
