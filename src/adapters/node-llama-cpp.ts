/**
 * node-llama-cpp (from 3.22): every token of a sequence drawn over a stream to the service.
 *
 *   import { generateOverStream } from "logit-sampler/node-llama-cpp";
 *
 *   const stream = await connect(url).stream({ temperature: 0.8, seed: 7, history: tokens, prompt_length: tokens.length });
 *   for await (const token of generateOverStream({ sequence, stream, tokens, max_new_tokens: 50 })) …
 *
 * llama.cpp's own samplers have no part in it: `controlledEvaluate` gives the raw logits. It gives them as a Map, which
 * costs more than the sampler does; `top` asks for the largest alone, which travel as a sparse row with the sum of all.
 */
import type { ClientStream, Logits } from "../client/index.ts";
import { drawEach } from "./draw-each.ts";

interface Wanted {
  readonly logits: true | { filter: { tokens: []; includeTop: number } };
  readonly totalLogitWeight: true;
}

/** What is used of a LlamaContextSequence. `Token` is node-llama-cpp's own: a number with a mark. */
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
  /** the prompt: what the sequence has not read yet */
  readonly tokens: readonly Token[];
  readonly max_new_tokens: number;
  /** tokens that end the sequence, such as `model.tokens.eos`; they are not given out */
  readonly end_tokens?: readonly Token[];
  /** only so many of the largest logits are sent: for large vocabularies */
  readonly top?: number;
}

/** The tokens of one sequence, as they are drawn. Each is read by the model before the next is drawn. */
export async function* generateOverStream<Token extends number>(
  options: OverStream<Token>,
): AsyncGenerator<Token> {
  const { sequence, stream, tokens, max_new_tokens, end_tokens = [], top } = options;
  if (tokens.length === 0) throw new Error("tokens must have the prompt, got none");
  let vocab_size = 0;
  const rowAfter = async (token_id: number | undefined) => {
    // What is drawn is an id of the model that the row came from, hence a Token.
    const unread = token_id === undefined ? tokens : [token_id as Token];
    // Before anything is known of the vocabulary the whole row is asked for.
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
  const last = unread.at(-1) as Token; // there is one
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
