/** The playground's model: the same logits whatever it read before, and no token read twice. */
import { readFile } from "node:fs/promises";
import { InferenceSession, type Tensor } from "onnxruntime-web";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createModel,
  type LanguageModel,
  type ModelConfig,
} from "../../playground/src/write/language-model.ts";

const FOLDER = new URL("../../examples/model-host/model/", import.meta.url);

const PROMPT = [1100, 1098, 1007, 6996, 667, 261];
const TEXT = [3366, 1426, 270];

/** The number of tokens that each run of a model read. */
let given: number[] = [];

let session: InferenceSession;
let config: ModelConfig;

/** A model that has read nothing: its cache contains only its own text. */
function model(): LanguageModel {
  const run = (feeds: Record<string, Tensor>) => {
    given.push(feeds["input_ids"]?.dims[1] ?? 0);
    return session.run(feeds);
  };
  return createModel({ run } as Pick<InferenceSession, "run">, config); // the model calls it with feeds alone
}

async function stepwise(with_model: LanguageModel, text: readonly number[]): Promise<Float32Array> {
  let logits = await with_model.logitsAfter(PROMPT, PROMPT.length);
  for (let n = 1; n <= text.length; n++)
    logits = await with_model.logitsAfter([...PROMPT, ...text.slice(0, n)], PROMPT.length);
  return logits;
}

describe("the demo model", () => {
  beforeAll(async () => {
    const weights = await readFile(new URL("model_quantized.onnx", FOLDER));
    config = JSON.parse(await readFile(new URL("config.json", FOLDER), "utf8")) as ModelConfig;
    session = await InferenceSession.create(weights, { executionProviders: ["wasm"] });
  }, 120_000);

  afterAll(() => session?.release());

  beforeEach(() => {
    given = [];
  });

  test("a text that goes on is read token by token behind its prompt", async () => {
    await stepwise(model(), TEXT);
    expect(given).toEqual([PROMPT.length, 1, 1, 1]);
  });

  test("two texts that are written in turns each go on from their own", async () => {
    const shared = model();
    const other = [287, 12, 355];
    await shared.logitsAfter(PROMPT, PROMPT.length);
    for (let n = 1; n <= 3; n++)
      for (const text of [TEXT, other])
        await shared.logitsAfter([...PROMPT, ...text.slice(0, n)], PROMPT.length);
    expect(given).toEqual([PROMPT.length, 1, 1, 1, 1, 1, 1]);
  });

  test("the logits are the same to the bit after other prompts, forks and texts in between", async () => {
    const expected = await stepwise(model(), TEXT);
    const busy = model();
    await busy.logitsAfter(PROMPT.slice(0, 3), 3);
    await busy.logitsAfter([...PROMPT, 9, 8], PROMPT.length + 2);
    await stepwise(busy, [...TEXT, 5, 6]);
    expect(await busy.logitsAfter([...PROMPT, ...TEXT], PROMPT.length)).toEqual(expected);
    const at_once = await model().logitsAfter([...PROMPT, ...TEXT], PROMPT.length);
    expect(at_once).toEqual(expected);
    // the reason for the rule: the same tokens, read as one prompt, give other numbers
    expect(await busy.logitsAfter([...PROMPT, ...TEXT], PROMPT.length + 3)).not.toEqual(expected);
  });
});
