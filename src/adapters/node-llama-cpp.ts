/**
 * node-llama-cpp (from 3.22): draws every token of a sequence over a stream to the service.
 *
 *   import { generateOverStream } from "logit-sampler/node-llama-cpp";
 *
 *   const stream = await connect(url).stream({ temperature: 0.8, seed: 7, history: tokens, prompt_length: tokens.length });
 *   for await (const token of generateOverStream({ sequence, stream, tokens, max_new_tokens: 50 })) …
 *
 * llama.cpp's own samplers are not used: `controlledEvaluate` returns the raw logits. It returns them as a Map, which costs
 * more than the sampler. `top` requests the largest logits only, which are sent as a sparse row with the sum of all.
 */
import type { ClientStream, Logits } from "../client/index.ts";
import { drawEach } from "./draw-each.ts";

interface Wanted {
  readonly logits: true | { filter: { tokens: []; includeTop: number } };
  readonly totalLogitWeight: true;
}

/** The used part of LlamaContextSequence. `Token` is node-llama-cpp's branded number. */
export interface SequenceLike<Token extends number> {
  controlledEvaluate(
    input: (Token | [Token, { generateNext: Wanted }])[],
  ): Promise<readonly (Evaluated<Token> | undefined)[]>;
}

interface Evaluated<Token extends number> {
  readonly next: {
    readonly logits?: ReadonlyMap<Token, number>;
    readonly totalLogitWeight?: number;
  };
}

export interface OverStream<Token extends number> {
  readonly sequence: SequenceLike<Token>;
  /** opened with the prompt as its history */
  readonly stream: Pick<ClientStream, "next">;
  /** the prompt: the tokens that the sequence has not processed yet */
  readonly tokens: readonly Token[];
  readonly max_new_tokens: number;
  /** tokens that end the sequence, such as `model.tokens.eos`; they are not returned */
  readonly end_tokens?: readonly Token[];
  /** number of largest logits to send, for large vocabularies */
  readonly top?: number;
}

/** The tokens of one sequence, as they are drawn. The model processes each before the next is drawn. */
export async function* generateOverStream<Token extends number>(
  options: OverStream<Token>,
): AsyncGenerator<Token> {
  const { sequence, stream, tokens, max_new_tokens, end_tokens = [], top } = options;
  if (tokens.length === 0) throw new Error("tokens must have the prompt, got none");
  let vocab_size = 0;
  const rowAfter = async (token_id: number | undefined) => {
    // The drawn id comes from the model's row, so it is a Token.
    const unread = token_id === undefined ? tokens : [token_id as Token];
    // While the vocabulary is unknown, the whole row is requested.
    const wanted = top === undefined || vocab_size === 0 ? true : { filter: topOnly(top) };
    const { logits, totalLogitWeight } = await evaluate(sequence, unread, wanted);
    if (wanted !== true) return sparseRow(logits, totalLogitWeight, vocab_size);
    vocab_size = logits.size;
    return denseRow(logits);
  };
  const drawn = drawEach({ stream, max_new_tokens, end_token_ids: end_tokens, rowAfter });
  for await (const token_id of drawn) yield token_id as Token; // as above
}

function topOnly(includeTop: number): { tokens: []; includeTop: number } {
  return { tokens: [], includeTop };
}

async function evaluate<Token extends number>(
  sequence: SequenceLike<Token>,
  unread: readonly Token[],
  logits: Wanted["logits"],
) {
  const last = unread.at(-1) as Token; // there is at least one
  const generateNext: Wanted = { logits, totalLogitWeight: true };
  const evaluated = await sequence.controlledEvaluate([...unread.slice(0, -1), [last, { generateNext }]]);
  const next = evaluated.at(-1)?.next;
  if (next?.logits === undefined)
    throw new Error("this node-llama-cpp gives no logits: 3.22 or newer is needed");
  return { logits: next.logits, totalLogitWeight: next.totalLogitWeight ?? Number.NaN };
}

function denseRow(logits: ReadonlyMap<number, number>): Float32Array {
  const row = new Float32Array(logits.size);
  for (const [token, logit] of logits) row[token] = logit;
  return row;
}

/** totalLogitWeight is Σ exp(logit − largest) over all tokens; the Map begins with the largest. */
function sparseRow(
  logits: ReadonlyMap<number, number>,
  totalLogitWeight: number,
  vocab_size: number,
): Logits {
  const values = Float32Array.from(logits.values());
  const logsumexp = (values[0] ?? 0) + Math.log(totalLogitWeight);
  return { token_ids: [...logits.keys()], values, vocab_size, logsumexp, max_omitted: values.at(-1) ?? 0 };
}
