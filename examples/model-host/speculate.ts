/**
 * The loop of a host that speculates: tokens are drafted, the model reads them in one pass together with the last token,
 * and a message on a stream says how many of them are right and what follows. What was drafted wrong is taken out of the cache.
 */
import { connect } from "../../src/client/index.ts";
import { DRAFTERS } from "./drafters.ts";
import type { LoadedModel } from "./model.ts";
import type { StepFields } from "./row-formats.ts";
import type { TextCodec } from "./tokenizer.ts";

export interface SpeculateRequest {
  readonly prompt: string;
  readonly max_tokens: number;
  /** one of DRAFTERS */
  readonly drafter: string;
  /** tokens of a draft at most */
  readonly drafted_max: number;
  /** sampling options as they stand on the wire, a seed among them */
  readonly sampling: StepFields;
}

export interface Speculated {
  readonly text: string;
  readonly token_ids: readonly number[];
  /** passes of the model, each with its rows verified once */
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
  { prompt, max_tokens, drafter: name, drafted_max, sampling }: SpeculateRequest,
): Promise<Speculated> {
  const history = codec.encode(prompt);
  const prompt_length = history.length;
  const tokens_max = Math.min(prompt_length + max_tokens, model.context_tokens_max);
  const drafter = await DRAFTERS[name]?.({ url, prompt_ids: history.slice(), sampling });
  if (drafter === undefined) throw new Error(`a drafter is one of ${Object.keys(DRAFTERS)}, got ${name}`);
  const stream = await connect(url).stream({ ...sampling, history: history.slice(), prompt_length, step: 0 });
  const sequence = model.startSequence();
  const rows: Float32Array[] = [];
  const totals = { calls: 0, drafted: 0, accepted: 0 };
  const begin_ms = performance.now();
  let unread: readonly number[] = history.slice();
  let ended = false;
  while (!ended && history.length < tokens_max) {
    const room = tokens_max - history.length - 1;
    // Nothing is drafted after the prompt, whose pass is long enough.
    const is_first = history.length === prompt_length;
    const draft = is_first ? [] : await drafter.draft(history, Math.min(drafted_max, room));
    const logits = (await sequence.rows([...unread, ...draft])).slice(-draft.length - 1);
    const verified = await stream.verify(logits, { draft_token_ids: draft });
    sequence.rewind(draft.length - verified.accepted);
    totals.calls += 1;
    totals.drafted += draft.length;
    totals.accepted += verified.accepted;
    const end = verified.token_ids.indexOf(model.eos_token_id);
    const fresh = end < 0 ? verified.token_ids : verified.token_ids.slice(0, end);
    rows.push(...logits.slice(0, fresh.length));
    history.push(...fresh);
    unread = fresh.slice(-1);
    ended = end >= 0 || typeof verified.positions.at(-1)?.finish_reason === "string";
  }
  const elapsed_ms = performance.now() - begin_ms;
  await stream.close();
  await drafter.close();
  const token_ids = history.slice(prompt_length);
  const text = codec.decode(history).slice(codec.decode(history.slice(0, prompt_length)).length);
  return { text, token_ids, elapsed_ms, rows, ...totals };
}

/**
 * A model that reads every token in a pass of its own: slower, and its rows are those of plain decoding to the bit, as a host
 * has them whose kernels do not depend on the batch. This one's int8 activations are scaled by all tokens of a pass.
 */
export function readingOneByOne(model: LoadedModel): LoadedModel {
  return {
    ...model,
    startSequence() {
      const sequence = model.startSequence();
      let has_begun = false;
      return {
        ...sequence,
        async rows(token_ids) {
          // A prompt is read in one pass without drafts, too.
          const passes = has_begun ? token_ids.map((id) => [id]) : [token_ids];
          has_begun = true;
          const rows: Float32Array[] = [];
          for (const pass of passes) rows.push(...(await sequence.rows(pass)));
          return rows;
        },
      };
    },
  };
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
  return `${tokens} tokens in ${calls} passes of the model and calls to verify, ${(tokens / calls).toFixed(2)} a call; ${accepted} of ${drafted} drafted were accepted, ${(accepted / calls).toFixed(2)} a call; ${(tokens / seconds).toFixed(1)} tokens/s.`;
}
