/**
 * One more token of a text: the model gives a row, the service draws from it. The token keeps its row, so that its step can be
 * inspected and drawn again.
 */
import { postSample } from "../api/client.ts";
import type { Sampled, TokenLogprob } from "../api/wire.ts";
import { vocabularyFor } from "../grammar/needs.ts";
import type { ChainList } from "../rows/examples.ts";
import { type PageRow, rowOfLogits } from "../rows/row.ts";
import { type Drafted, ofStep } from "../speculate/speculation.ts";
import { stageInfo } from "../state/catalogue.ts";
import type { Extras } from "../state/extras.ts";
import type { ReadyModel } from "./model.ts";
import type { Run } from "./runs.ts";

export interface Written {
  readonly token_id: number;
  readonly text: string;
  /** probability in the unchanged row, which the colour shows */
  readonly probability: number;
  /** the likeliest tokens of the unchanged row */
  readonly likeliest: readonly TokenLogprob[];
  readonly row: PageRow;
  /** the states that the chain's stages carried to this step, and the states after it */
  readonly state_before: State;
  readonly state_after: State;
  /** what it was drawn with */
  readonly seed: string;
  readonly chain: ChainList;
  readonly extras: Extras;
  /** of a text that was speculated */
  readonly draft?: Drafted;
  /** true when the token was drawn as the first of its run although nothing else changed: drafts begin with a run */
  readonly begins?: boolean;
}

type State = Readonly<Record<string, unknown>> | null;

export interface Text {
  readonly prompt: string;
  readonly prompt_ids: readonly number[];
  readonly tokens: readonly Written[];
}

/** The request for the likeliest tokens at a position, before the chain. */
export const LIKELIEST = { logprobs: true, top_logprobs: 8, logprobs_mode: "raw" } as const;

/** undefined when the model can read no more. */
export async function drawNext(
  with_model: ReadyModel,
  text: Text,
  drawn_with: Omit<Run, "tokens">,
): Promise<Written | undefined> {
  const row = await rowAfter(with_model, text);
  if (row === undefined) return undefined;
  const place = { ...drawn_with, row, state_before: text.tokens.at(-1)?.state_after ?? null };
  return writtenBy(place, await postSample(row, { ...placeOf(place, text.tokens.length), ...LIKELIEST }));
}

/** The row after a text and the tokens drafted after it; undefined when the model's context is full. */
export async function rowAfter(
  { client, loaded: { labels, context_tokens_max } }: ReadyModel,
  { prompt, prompt_ids, tokens }: Text,
  drafted: readonly number[] = [],
): Promise<PageRow | undefined> {
  const behind = [...tokens.map(({ token_id }) => token_id), ...drafted];
  const history = [...prompt_ids, ...behind];
  if (history.length >= context_tokens_max) return undefined;
  const logits = await client.logitsAfter(history, prompt_ids.length);
  const text = prompt + behind.map((token_id) => labels[token_id] ?? "").join("");
  return {
    ...rowOfLogits(logits, labels, endOf(text)),
    history,
    prompt_length: prompt_ids.length,
    is_of_demo: true,
  };
}

/** A position of a text: its row, and the options of its draw. */
export type Place = Pick<Written, "row" | "chain" | "seed" | "extras" | "state_before">;

/** The token that the service drew at a position. */
export function writtenBy({ row, chain, seed, extras, state_before }: Place, sampled: Sampled): Written {
  const { token_id, logprob, state, top_logprobs: likeliest = [] } = sampled;
  const probability = Math.exp(logprob ?? Number.NEGATIVE_INFINITY);
  const drawn = { token_id, text: row.labelOf(token_id) ?? "", probability, likeliest, row };
  // choosing a token by hand changes no state: the states before it stay
  return { ...drawn, state_before, state_after: state ?? state_before, seed, chain, extras };
}

/** The options that decide a token of a text, as in the request. */
export function placeOf({ row, chain, seed, extras, state_before }: Place, step: number) {
  const state = carriedBy(state_before, chain);
  return {
    ...ofStep(extras),
    ...vocabularyFor(chain, stageInfo),
    chain,
    seed,
    step,
    history: row.history,
    prompt_length: row.prompt_length,
    ...(state !== undefined && { state }),
  };
}

/** The last words of a text, for the line above the drawn token. */
function endOf(text: string): string {
  return text.length <= 60 ? text : `…${text.slice(text.indexOf(" ", text.length - 60))}`;
}

/** Only states of the present chain's stages: the chain may have changed between two tokens. */
function carriedBy(state: State, by: ChainList): Readonly<Record<string, unknown>> | undefined {
  const names = new Set(by.map(({ stage }) => stage));
  const carried = Object.entries(state ?? {}).filter(([name]) => names.has(name));
  return carried.length === 0 ? undefined : Object.fromEntries(carried);
}
