/** One more token of a text: the model gives a row, the service draws from it. The token keeps its row, so that its step can be looked at and drawn anew. */
import { postSample } from "../api/client.ts";
import type { TokenLogprob } from "../api/wire.ts";
import { vocabularyFor } from "../grammar/needs.ts";
import type { ChainList } from "../rows/examples.ts";
import { type PageRow, rowOfLogits } from "../rows/row.ts";
import { stageInfo } from "../state/catalogue.ts";
import type { Extras } from "../state/extras.ts";
import type { ReadyModel } from "./model.ts";
import type { Run } from "./runs.ts";

export interface Written {
  readonly token_id: number;
  readonly text: string;
  /** of the row as it came: what the tint shows */
  readonly probability: number;
  /** the likeliest tokens of the row as it came */
  readonly likeliest: readonly TokenLogprob[];
  readonly row: PageRow;
  /** what the chain's stages carried to this step, and from it */
  readonly state_before: State;
  readonly state_after: State;
  /** what it was drawn with */
  readonly seed: string;
  readonly chain: ChainList;
  readonly extras: Extras;
}

type State = Readonly<Record<string, unknown>> | null;

export interface Text {
  readonly prompt: string;
  readonly prompt_ids: readonly number[];
  readonly tokens: readonly Written[];
}

/** How many of a place's tokens are shown. */
const LIKELIEST = 8;

/** undefined when the model can read no more. */
export async function drawNext(
  { client, loaded: { labels, context_tokens_max } }: ReadyModel,
  { prompt, prompt_ids, tokens }: Text,
  { chain, seed, extras }: Omit<Run, "tokens">,
): Promise<Written | undefined> {
  const history = [...prompt_ids, ...tokens.map(({ token_id }) => token_id)];
  if (history.length >= context_tokens_max) return undefined;
  const logits = await client.logitsAfter(history, prompt_ids.length);
  const text = prompt + tokens.map((token) => token.text).join("");
  const row: PageRow = {
    ...rowOfLogits(logits, labels, endOf(text)),
    history,
    prompt_length: prompt_ids.length,
    is_of_demo: true,
  };
  const state_before = tokens.at(-1)?.state_after ?? null;
  const sampled = await postSample(row, {
    ...placeOf({ row, chain, seed, extras, state_before }, tokens.length),
    logprobs: true,
    top_logprobs: LIKELIEST,
    logprobs_mode: "raw",
  });
  const { token_id, logprob, state, top_logprobs: likeliest = [] } = sampled;
  const probability = Math.exp(logprob ?? Number.NEGATIVE_INFINITY);
  const drawn = { token_id, text: labels[token_id] ?? "", probability, likeliest, row };
  // a token that was chosen by hand carries nothing: what the stages before it knew holds on
  return { ...drawn, state_before, state_after: state ?? state_before, seed, chain, extras };
}

/** The options that decide a token of a text, as they are sent. */
export function placeOf(
  {
    row,
    chain,
    seed,
    extras,
    state_before,
  }: Pick<Written, "row" | "chain" | "seed" | "extras" | "state_before">,
  step: number,
) {
  const state = carriedBy(state_before, chain);
  return {
    ...extras,
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

/** Only what stages of the chain carry: it may have been changed between two tokens. */
function carriedBy(state: State, by: ChainList): Readonly<Record<string, unknown>> | undefined {
  const names = new Set(by.map(({ stage }) => stage));
  const carried = Object.entries(state ?? {}).filter(([name]) => names.has(name));
  return carried.length === 0 ? undefined : Object.fromEntries(carried);
}
