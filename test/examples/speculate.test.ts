import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutModel } from "../../examples/model-host/cut-model.ts";
import { DRAFTERS } from "../../examples/model-host/drafters.ts";
import { generate } from "../../examples/model-host/generate.ts";
import {
  EARLY_LAYERS,
  type LoadedModel,
  loadEarlyModel,
  loadLayeredModel,
  loadModel,
  MODEL_FOLDER,
} from "../../examples/model-host/model.ts";
import { draftFromHistory } from "../../examples/model-host/ngram.ts";
import { readingOneByOne, speculate, stepByStep } from "../../examples/model-host/speculate.ts";
import { connectStream } from "../../examples/model-host/stream-client.ts";
import { loadTokenizer, type TextCodec } from "../../examples/model-host/tokenizer.ts";
import { type Listening, listen } from "../http/listening.ts";

const TEXT = { prompt: "The captain looked at the sea, and said to", max_tokens: 24 };
const SAMPLING = { temperature: 0.8, top_p: 0.95, repetition_penalty: 1.15, seed: 7 };

let app: Listening;
let model: LoadedModel;
let codec: TextCodec;

beforeAll(async () => {
  app = await listen({ vocab_size_max: 8192, rows_max: 8 });
  model = await loadModel(MODEL_FOLDER);
  codec = await loadTokenizer(MODEL_FOLDER);
});
afterAll(async () => {
  await model.close();
  await app.close();
});

describe.each(Object.keys(DRAFTERS))("speculation with %s", (drafter) => {
  test.each([SAMPLING, { ...SAMPLING, draw: { rule: "gumbel" } }])(
    "writes the text of plain decoding where the rows are its rows: %j",
    async (sampling) => {
      const stream = connectStream(app.url);
      const plain = await generate(model, codec, stream, { ...TEXT, sampling });
      stream.close();
      const request = { ...TEXT, drafter, drafted_max: 4, sampling };
      const speculated = await speculate(readingOneByOne(model), codec, app.url, request);
      expect(speculated.text).toBe(plain.text);
      expect(speculated.token_ids).toEqual(plain.token_ids);
      expect(speculated.calls).toBe(speculated.token_ids.length - speculated.accepted);
    },
  );

  test("draws what its rows give one by one, in passes of several tokens", async () => {
    const request = { ...TEXT, drafter, drafted_max: 3, sampling: SAMPLING };
    const { token_ids, rows } = await speculate(model, codec, app.url, request);
    expect(token_ids.length).toBe(TEXT.max_tokens);
    expect(await stepByStep(codec, app.url, request, rows)).toEqual(token_ids);
  });
});

test("the model's first layers draft tokens that it accepts", async () => {
  const request = { ...TEXT, drafter: "early", drafted_max: 2, sampling: { ...SAMPLING, temperature: 0 } };
  const { accepted, drafted } = await speculate(model, codec, app.url, request);
  expect(drafted).toBeGreaterThan(10);
  expect(accepted).toBeGreaterThan(0.1 * drafted);
});

test("a drafter that there is not is told of", async () => {
  const request = { ...TEXT, drafter: "other", drafted_max: 2, sampling: SAMPLING };
  await expect(speculate(model, codec, app.url, request)).rejects.toThrow("one of ngram,early, got other");
});

test("the cut model's logits are those that the whole model tells of its early layers, to the bit", async () => {
  const layered = await loadLayeredModel(MODEL_FOLDER);
  for (const [index, layers] of EARLY_LAYERS.entries()) {
    const early = await loadEarlyModel(MODEL_FOLDER, layers);
    const [all, alone] = [layered.startSequence(), early.startSequence()];
    for (const token_ids of [[5, 17, 300, 42], [7]]) {
      const expected = (await all.step(token_ids))[1 + index];
      expect(await alone.step(token_ids)).toEqual(expected);
    }
    await early.close();
  }
  await layered.close();
});

/** A field of a message: its number and its content. */
const field = (number: number, content: readonly number[]) => [8 * number + 2, content.length, ...content];
const text = (number: number, word: string) => field(number, [...new TextEncoder().encode(word)]);

test("cutting keeps what an output needs, in its order, and leaves the rest out", () => {
  const node = (input: string, output: string) => field(1, [...text(1, input), ...text(2, output)]);
  const first = [...node("x", "h"), ...text(2, "name"), ...field(5, [...text(8, "unused")])];
  const last = [...node("h", "y"), ...field(11, text(1, "x")), ...field(12, text(1, "y"))];
  const early = [...node("h", "early"), ...field(12, text(1, "early"))];
  const version = [8, 200, 1];
  const model = Uint8Array.from([...version, ...field(7, [...first, ...last]), ...field(7, early)]);
  const kept = [
    ...node("x", "h"),
    ...text(2, "name"),
    ...field(11, text(1, "x")),
    ...node("h", "early"),
    ...field(12, text(1, "early")),
  ];
  expect([...cutModel(model, ["early"])]).toEqual([...version, ...field(7, kept)]);
  expect([...cutModel(model, ["early", "y"])].length).toBe(model.length - 10 - 2);
});

test.each([
  [[1, 2, 3, 1, 2], 2, [3, 1]],
  [[1, 2, 3, 9, 2, 3, 7, 2, 3], 1, [7]],
  [[1, 2, 3], 4, []],
  [[5, 5], 3, [5]],
  [[], 3, []],
])("behind %j at most %d tokens are drafted: %j", (history, count, drafted) => {
  expect(draftFromHistory(history, count)).toEqual(drafted);
});
