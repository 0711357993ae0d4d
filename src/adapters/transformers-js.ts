/**
 * transformers.js (v4): draws tokens with the service, or with this library in the same process.
 *
 * Its logits processors are synchronous, so a service cannot be asked from one. `generateOverStream` therefore calls
 * generate() for one step at a time, reads its logits, and replaces its token by the service's. `inProcessProcessor`
 * needs no service and runs inside generate() as it is.
 *
 *   import { generateOverStream, inProcessProcessor } from "logit-sampler/transformers-js";
 *
 *   const stream = await connect(url).stream({ temperature: 0.8, seed: 7, history: ids, prompt_length: ids.length });
 *   for await (const id of generateOverStream({ model, Tensor, stream, input_ids: ids, max_new_tokens: 50 })) …
 *
 *   const logits_processor = new LogitsProcessorList();
 *   logits_processor.push(inProcessProcessor({ temperature: 0.8, seed: 7 }));
 *   await model.generate({ ...inputs, do_sample: false, max_new_tokens: 50, logits_processor });
 */
import type { ClientStream } from "../client/index.ts";
import { createSampler, type LibraryStream, openStream } from "../library.ts";
import { drawEach } from "./draw-each.ts";

/** The used part of transformers.js' Tensor. Logits come as [sequences, vocab_size] of float32. */
export interface TensorLike {
  readonly dims: readonly number[];
  readonly data: ArrayLike<unknown>;
}

type TensorClass = new (type: "int64", data: BigInt64Array, dims: number[]) => TensorLike;

/** Like transformers.js' LogitsProcessor: called directly, or by its method. */
export interface Processor {
  (input_ids: bigint[][], logits: TensorLike): TensorLike;
  _call(input_ids: bigint[][], logits: TensorLike): TensorLike;
}

/** The used part of a causal language model. */
export interface ModelLike {
  // A method, so that a model whose generate() names its arguments more closely is one.
  generate(inputs: object): Promise<unknown>;
}

export interface OverStream {
  readonly model: ModelLike;
  /** the Tensor class of transformers.js */
  readonly Tensor: TensorClass;
  /** opened with the prompt as its history */
  readonly stream: Pick<ClientStream, "next">;
  /** the prompt */
  readonly input_ids: readonly number[];
  readonly max_new_tokens: number;
  /** ends the sequence; it is not returned */
  readonly eos_token_id?: number;
}

/** The tokens of one sequence, as they are drawn. */
export function generateOverStream(options: OverStream): AsyncGenerator<number> {
  const { stream, max_new_tokens, eos_token_id } = options;
  const ids = [...options.input_ids];
  let past_key_values: unknown;
  return drawEach({
    stream,
    max_new_tokens,
    end_token_ids: eos_token_id === undefined ? [] : [eos_token_id],
    async rowAfter(token_id) {
      if (token_id !== undefined) ids.push(token_id);
      const taken = await oneStep(options, ids, past_key_values);
      past_key_values = taken.past_key_values;
      return taken.logits;
    },
  });
}

/** Lets the model process its new tokens, and copies the resulting logits. */
async function oneStep({ model, Tensor }: OverStream, ids: readonly number[], past_key_values: unknown) {
  let logits = new Float32Array();
  const look = (_: bigint[][], tensor: TensorLike) => {
    logits = Float32Array.from(tensor.data as ArrayLike<number>); // generate() has made it float32
    return tensor;
  };
  const row = (values: readonly number[]) =>
    new Tensor("int64", BigInt64Array.from(values, BigInt), [1, ids.length]);
  const output = await model.generate({
    input_ids: row(ids),
    attention_mask: row(ids.map(() => 1)),
    ...(past_key_values !== undefined && { past_key_values }),
    max_new_tokens: 1,
    do_sample: false,
    return_dict_in_generate: true,
    logits_processor: [look],
  });
  return { logits, past_key_values: (output as { readonly past_key_values: unknown }).past_key_values }; // as requested
}

/**
 * A logits processor that draws in this process and leaves only the drawn token. Make one for each generate() call.
 * With several sequences, sequence i draws with `seed + i`. `parts` are the vocabularies and keys that the options may
 * name.
 */
export function inProcessProcessor(
  options: Readonly<Record<string, unknown>> = {},
  parts?: Parameters<typeof createSampler>[2],
): Processor {
  let streams: readonly LibraryStream[] = [];
  const process = (input_ids: bigint[][], logits: TensorLike) => {
    const vocab_size = logits.dims.at(-1) ?? 0;
    const data = logits.data as Float32Array; // as above
    if (streams.length === 0) {
      const sampler = createSampler({ vocab_size_max: vocab_size }, undefined, parts);
      streams = input_ids.map((ids, index) => openStream(sampler, sequenceOptions(options, ids, index)));
    }
    for (const [index, stream] of streams.entries()) {
      const values = data.subarray(index * vocab_size, (index + 1) * vocab_size);
      const { token_id } = stream.next(values);
      values.fill(Number.NEGATIVE_INFINITY);
      values[token_id] = 0;
    }
    return logits;
  };
  return Object.assign(process, { _call: process });
}

function sequenceOptions(options: Readonly<Record<string, unknown>>, ids: readonly bigint[], index: number) {
  const { seed } = options;
  return {
    ...options,
    ...(seed !== undefined && { seed: String(BigInt(seed as string | number) + BigInt(index)) }),
    history: ids.map(Number),
    prompt_length: ids.length,
  };
}
