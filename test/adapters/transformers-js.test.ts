import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  generateOverStream,
  inProcessProcessor,
  type ModelLike,
  type TensorLike,
} from "../../src/adapters/transformers-js.ts";
import { type ClientStream, connect } from "../../src/client/index.ts";
import { createVocabulary, vocabulariesOf } from "../../src/index.ts";
import { type Listening, listen } from "../http/listening.ts";
import { randomRow, sample } from "../sampling/sample.ts";

const VOCABULARY = 64;
const OPTIONS = { temperature: 1.1, repetition_penalty: 1.2, mirostat: 2 };
const PROMPT = [5, 9, 2];

class Tensor implements TensorLike {
  readonly data: BigInt64Array;
  readonly dims: readonly number[];

  constructor(_type: "int64", data: BigInt64Array, dims: readonly number[]) {
    this.data = data;
    this.dims = dims;
  }
}

const logitsAfter = (token: number): Float32Array => randomRow(VOCABULARY, token + 1, true);

type Processor = (input_ids: bigint[][], logits: { dims: number[]; data: Float32Array }) => TensorLike;

/** The used parts of generate() of transformers.js: greedy, with processors, a cache, and a dictionary on request. */
class TableModel implements ModelLike {
  /** how many tokens the model has read in each call */
  readonly read: number[] = [];

  async generate(inputs: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { data, dims } = inputs["input_ids"] as Tensor;
    const [sequences = 0, width = 0] = dims;
    const ids = Array.from({ length: sequences }, (_, i) => [...data.slice(i * width, (i + 1) * width)]);
    let cached = (inputs["past_key_values"] as number | undefined) ?? 0;
    for (let step = 0; step < (inputs["max_new_tokens"] as number); step++) {
      this.read.push((ids[0]?.length ?? 0) - cached);
      cached = ids[0]?.length ?? 0;
      const logits = new Float32Array(ids.flatMap((each) => Array.from(logitsAfter(Number(each.at(-1))))));
      for (const processor of inputs["logits_processor"] as Iterable<Processor>)
        processor(ids, { dims: [sequences, VOCABULARY], data: logits });
      for (const [i, each] of ids.entries()) {
        const row = logits.subarray(i * VOCABULARY, (i + 1) * VOCABULARY);
        each.push(BigInt(row.indexOf(Math.max(...row))));
      }
    }
    const result = new Tensor("int64", BigInt64Array.from(ids.flat()), [sequences, ids[0]?.length ?? 0]);
    return inputs["return_dict_in_generate"] === true
      ? { sequences: result, past_key_values: cached }
      : result;
  }
}

function drawnAlone(prompt: readonly number[], count: number, seed: number): number[] {
  const history = [...prompt];
  let state: unknown = null;
  for (let step = 0; step < count; step++) {
    const fields = { seed, step, history, prompt_length: prompt.length, state };
    const reply = sample(logitsAfter(history.at(-1) ?? 0), { ...OPTIONS, ...fields });
    state = reply.state;
    history.push(reply.token_id);
  }
  return history.slice(prompt.length);
}

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

describe("transformers.js", () => {
  test("over a stream, each token is the service's, and the model reads each token once", async () => {
    const stream = await connect(app.url).stream({ ...OPTIONS, seed: 7, history: PROMPT, prompt_length: 3 });
    const model = new TableModel();
    const tokens: number[] = [];
    const loop = generateOverStream({ model, Tensor, stream, input_ids: PROMPT, max_new_tokens: 6 });
    for await (const id of loop) tokens.push(id);
    expect(tokens).toEqual(drawnAlone(PROMPT, 6, 7));
    expect(model.read).toEqual([3, 1, 1, 1, 1, 1]);
    await stream.close();
  });

  test("the end of the sequence ends the loop", async () => {
    const stream = await connect(app.url).stream({ temperature: 0 });
    const first = Number(sample(logitsAfter(2), { temperature: 0 }).token_id);
    const options = { model: new TableModel(), Tensor, stream, input_ids: PROMPT, max_new_tokens: 6 };
    const tokens: number[] = [];
    for await (const id of generateOverStream({ ...options, eos_token_id: first })) tokens.push(id);
    expect(tokens).toEqual([]);
    await stream.close();
  });

  test("a text that is complete ends the loop, with its last token", async () => {
    const stream = await connect(app.url).stream({ temperature: 0, stop: { max_tokens: 2 } });
    const options = { model: new TableModel(), Tensor, stream, input_ids: PROMPT, max_new_tokens: 6 };
    const tokens: number[] = [];
    for await (const id of generateOverStream(options)) tokens.push(id);
    expect(tokens).toHaveLength(2);
    await stream.close();
  });

  test("tokens that are taken back cannot be: the model does not go back", async () => {
    const taken = { token_id: 3, rewind: 1 } as Awaited<ReturnType<ClientStream["next"]>>;
    const stream = { next: () => Promise.resolve(taken) };
    const options = { model: new TableModel(), Tensor, stream, input_ids: PROMPT, max_new_tokens: 6 };
    await expect(generateOverStream(options).next()).rejects.toThrow("does not go back");
  });

  test("in the process, options may name a vocabulary that is given", async () => {
    const input_ids = new Tensor("int64", BigInt64Array.from(PROMPT, BigInt), [1, 3]);
    const letters = Array.from({ length: VOCABULARY }, (_, id) => Uint8Array.of(0x40 + id));
    const vocabulary = createVocabulary("letters", { tokens: letters, special: new Map(), end_ids: [] });
    const processor = inProcessProcessor(
      { vocabulary: "letters", allowed_token_ids: ["A"] },
      { vocabularies: vocabulariesOf([vocabulary]) },
    );
    const given = { input_ids, max_new_tokens: 2, logits_processor: [processor] };
    const output = (await new TableModel().generate(given)) as Tensor;
    expect(Array.from(output.data, Number).slice(3)).toEqual([1, 1]);
  });

  test("in the process, every sequence draws with a seed of its own inside generate()", async () => {
    const ids = [...PROMPT, 7, 8, 1];
    const input_ids = new Tensor("int64", BigInt64Array.from(ids, BigInt), [2, 3]);
    const logits_processor = [inProcessProcessor({ ...OPTIONS, seed: 7 })];
    const output = await new TableModel().generate({ input_ids, max_new_tokens: 6, logits_processor });
    const drawn = Array.from((output as Tensor).data, Number);
    expect(drawn.slice(3, 9)).toEqual(drawnAlone(PROMPT, 6, 7));
    expect(drawn.slice(12)).toEqual(drawnAlone([7, 8, 1], 6, 8));
  });
});
