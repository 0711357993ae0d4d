/** The built service as a process, and the model host writing text through it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningService, startService } from "../../evidence/service.ts";
import { type Generated, generate } from "../../examples/model-host/generate.ts";
import { loadModel, MODEL_FOLDER, type Model } from "../../examples/model-host/model.ts";
import type { RowFormat, StepFields } from "../../examples/model-host/row-formats.ts";
import { connectSampler } from "../../examples/model-host/sampler-client.ts";
import { connectStream } from "../../examples/model-host/stream-client.ts";
import { loadTokenizer, type TextCodec } from "../../examples/model-host/tokenizer.ts";

const SAMPLING = { temperature: 0.8, top_p: 0.95, top_k: 50, repetition_penalty: 1.1, seed: 7 };

let service: RunningService;
let model: Model;
let codec: TextCodec;

beforeAll(async () => {
  service = await startService();
  model = await loadModel(MODEL_FOLDER);
  codec = await loadTokenizer(MODEL_FOLDER);
});

afterAll(async () => {
  await model?.close();
  await service?.stop();
});

async function write(
  sampling: StepFields,
  format: RowFormat = "binary",
  url = service.url,
): Promise<Generated> {
  const sampler = connectSampler(url, format);
  try {
    return await generate(model, codec, sampler, { prompt: "The old ship", max_tokens: 20, sampling });
  } finally {
    sampler.close();
  }
}

test("greedy decoding is the argmax of the model's own logits at every step", async () => {
  const { token_ids } = await write({ temperature: 0 });
  const sequence = model.startSequence();
  let next: readonly number[] = codec.encode("The old ship");
  for (const token_id of token_ids) {
    const logits = await sequence.step(next);
    expect(token_id).toBe(logits.indexOf(logits.reduce((max, logit) => Math.max(max, logit))));
    next = [token_id];
  }
  expect(token_ids.length).toBe(20);
});

test("the same seed writes the same text again", async () => {
  const first = await write(SAMPLING);
  const again = await write(SAMPLING);
  expect(first.text.length).toBeGreaterThan(20);
  expect(again.text).toBe(first.text);
  expect(again.token_ids).toEqual(first.token_ids);
});

test("another seed writes another text", async () => {
  const [seven, eight] = [await write(SAMPLING), await write({ ...SAMPLING, seed: 8 })];
  expect(eight.text).not.toBe(seven.text);
});

test.each(["json", "base64"] as const)("rows sent as %s write the text of binary rows", async (format) => {
  expect((await write(SAMPLING, format)).token_ids).toEqual((await write(SAMPLING)).token_ids);
});

test("one stream writes the text of one POST a step", async () => {
  const sampler = connectStream(service.url);
  for (const seed of [7, 8]) {
    const request = { prompt: "The old ship", max_tokens: 20, sampling: { ...SAMPLING, seed } };
    const streamed = await generate(model, codec, sampler, request);
    expect(streamed.token_ids).toEqual((await write({ ...SAMPLING, seed })).token_ids);
  }
  sampler.close();
});

test("a seed that the service chose writes the same text when it is given back", async () => {
  const { seed: _, ...unseeded } = SAMPLING;
  const first = await write(unseeded);
  const again = await write({ ...unseeded, seed: first.seed });
  expect(again.text).toBe(first.text);
});

test("a restarted service writes the same text", async () => {
  const second = await startService();
  try {
    expect((await write(SAMPLING, "binary", second.url)).text).toBe((await write(SAMPLING)).text);
  } finally {
    await second.stop();
  }
});

test("an option that does not exist ends the run with the service's own sentence", async () => {
  await expect(write({ ...SAMPLING, temprature: 0.8 })).rejects.toThrow(/422.*temprature/);
});
