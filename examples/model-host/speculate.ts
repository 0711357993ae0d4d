/**
 * The loop of a host that speculates: tokens are drafted, the model reads them in one pass together with the last token,
 * and POST /v1/verify says how many of them are right and what follows. What was drafted wrong is taken out of the cache.
 */
import { connect } from "../../src/client/index.ts";
import { draftFromHistory } from "./drafter.ts";
import type { LoadedModel } from "./model.ts";
import type { StepFields } from "./row-formats.ts";
import type { TextCodec } from "./tokenizer.ts";

export interface SpeculateRequest {
  readonly prompt: string;
  readonly max_tokens: number;
  /** tokens of a draft at the most */
  readonly drafted_max: number;
  /** sampling options as they stand on the wire, a seed among them */
  readonly sampling: StepFields;
}

export interface Speculated {
  readonly text: string;
  readonly token_ids: readonly number[];
  /** passes of the model, each with one call to verify */
  readonly calls: number;
  readonly drafted: number;
  readonly accepted: number;
  readonly elapsed_ms: number;
  /** the row that each token was drawn from */
  readonly rows: readonly Float32Array[];
}

export async function speculate(
  model: LoadedModel,
  codec: TextCodec,
  url: string,
  { prompt, max_tokens, drafted_max, sampling }: SpeculateRequest,
): Promise<Speculated> {
  const client = connect(url);
  const history = codec.encode(prompt);
  const prompt_length = history.length;
  const tokens_max = Math.min(prompt_length + max_tokens, model.context_tokens_max);
  const sequence = model.startSequence();
  const rows: Float32Array[] = [];
  const totals = { calls: 0, drafted: 0, accepted: 0 };
  const begin_ms = performance.now();
  let unread: readonly number[] = history;
  let state: unknown = null;
  let ended = false;
  while (!ended && history.length < tokens_max) {
    const room = tokens_max - history.length - 1;
    const draft = draftFromHistory(history, Math.min(drafted_max, room));
    const logits = (await sequence.rows([...unread, ...draft])).slice(-draft.length - 1);
    const step = history.length - prompt_length;
    const fields = { ...sampling, state, history, prompt_length, step };
    const verified = await client.verify(logits, { ...fields, draft_token_ids: draft } as Parameters<
      typeof client.verify
    >[1]); // as given on the command line
    sequence.rewind(draft.length - verified.accepted);
    totals.calls += 1;
    totals.drafted += draft.length;
    totals.accepted += verified.accepted;
    const end = verified.token_ids.indexOf(model.eos_token_id);
    const fresh = end < 0 ? verified.token_ids : verified.token_ids.slice(0, end);
    rows.push(...logits.slice(0, fresh.length));
    history.push(...fresh);
    unread = fresh.slice(-1);
    state = verified.state;
    ended = end >= 0;
  }
  const token_ids = history.slice(prompt_length);
  const text = codec.decode(history).slice(codec.decode(history.slice(0, prompt_length)).length);
  return { text, token_ids, elapsed_ms: performance.now() - begin_ms, rows, ...totals };
}

/** The tokens that these rows give one by one, each with a POST of its own. */
export async function stepByStep(
  codec: TextCodec,
  url: string,
  { prompt, sampling }: SpeculateRequest,
  rows: readonly Float32Array[],
): Promise<number[]> {
  const client = connect(url);
  const history = codec.encode(prompt);
  const prompt_length = history.length;
  let state: unknown = null;
  for (const [step, row] of rows.entries()) {
    const fields = { ...sampling, state, history, prompt_length, step };
    const sampled = await client.sample(row, fields as Parameters<typeof client.sample>[1]); // as above
    history.push(sampled.token_id);
    state = sampled.state;
  }
  return history.slice(prompt_length);
}

/** What a run cost, in words. */
export function describeSpeculation({ token_ids, calls, drafted, accepted, elapsed_ms }: Speculated): string {
  const [tokens, seconds] = [token_ids.length, elapsed_ms / 1000];
  return `${tokens} tokens in ${calls} passes of the model, ${(tokens / calls).toFixed(2)} a pass; ${accepted} of ${drafted} drafted were accepted; ${(tokens / seconds).toFixed(1)} tokens/s.`;
}
