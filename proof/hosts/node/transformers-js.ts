/**
 * transformers.js in Node, on onnxruntime-node, with the demo model: over a stream, and with the library in the same
 * process.
 */
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  AutoModelForCausalLM,
  AutoTokenizer,
  env,
  LogitsProcessorList,
  Tensor,
} from "@huggingface/transformers";
import { createVocabulary, tokensOfTokenizerJson, vocabulariesOf } from "logit-sampler";
import { generateOverStream, inProcessProcessor } from "logit-sampler/transformers-js";
import { claim, client, host, MODEL, measured, OPTIONS, PROMPT, plain, same, TIMED } from "./checks.ts";

env.allowRemoteModels = false;
env.localModelPath = dirname(MODEL);
const settings = { dtype: "q8", session_options: { intraOpNumThreads: 1 } } as const;
const tokenizer = await AutoTokenizer.from_pretrained(basename(MODEL));
const model = await AutoModelForCausalLM.from_pretrained(basename(MODEL), settings);
const inputs = tokenizer(PROMPT);
const prompt = Array.from(inputs.input_ids.data as BigInt64Array, Number);
const COUNT = 12;
const ENDLESS = { min_tokens: COUNT, stop_token_ids: [0] } as const;

async function own(options: object): Promise<number[]> {
  const output = (await model.generate({ ...inputs, max_new_tokens: COUNT, ...options })) as Tensor;
  return Array.from(output.data as BigInt64Array, Number).slice(prompt.length);
}

async function overStream(
  options: object,
  max_new_tokens = COUNT,
  rows: Float32Array[] = [],
): Promise<number[]> {
  const stream = await client.stream({ ...options, history: prompt, prompt_length: prompt.length });
  const recording = {
    next: (logits: Float32Array) => {
      rows.push(logits.slice());
      return stream.next(logits);
    },
  };
  const tokens: number[] = [];
  const given = { model, Tensor, stream: recording as typeof stream, input_ids: prompt, max_new_tokens };
  for await (const token of generateOverStream(given)) tokens.push(token);
  await stream.close();
  return tokens;
}

function inProcess(options: Record<string, unknown>, max_new_tokens = COUNT): Promise<number[]> {
  const logits_processor = new LogitsProcessorList();
  logits_processor.push(inProcessProcessor(options));
  return own({ do_sample: false, max_new_tokens, logits_processor });
}

host(`transformers.js ${env.version}`);

await claim("with temperature 0 both ways write what transformers.js writes", async () => {
  const greedy = await own({ do_sample: false });
  same(await overStream({ temperature: 0 }), greedy);
  same(await inProcess({ temperature: 0 }), greedy);
});

await claim("every token of the stream is the one that a plain call draws", async () => {
  const rows: Float32Array[] = [];
  const options = { ...OPTIONS, ...ENDLESS, seed: 7 };
  same(await overStream(options, COUNT, rows), await plain(rows, prompt, options));
});

await claim("the library in the process writes what the service writes", async () => {
  const options = { ...OPTIONS, ...ENDLESS, seed: 7 };
  same(await inProcess(options), await overStream(options));
});

/** A schema with free texts; every text is complete within 60 tokens. */
const SCHEMA = {
  type: "object",
  properties: { name: { type: "string", maxLength: 12 }, age: { type: "integer", minimum: 0, maximum: 120 } },
  required: ["name", "age"],
  additionalProperties: false,
};
const STRUCTURED = { vocabulary: "demo", grammar: { json_schema: SCHEMA, whitespace: "compact" } };
const vocabularies = vocabulariesOf([
  createVocabulary("demo", tokensOfTokenizerJson(await readFile(join(MODEL, "tokenizer.json"), "utf8"), [0])),
]);

function requirePerson(tokens: readonly number[]): void {
  const text = tokenizer.decode([...tokens], { skip_special_tokens: true });
  const { name, age, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const is_person =
    typeof name === "string" && name.length <= 12 && Number.isInteger(age) && Number(age) <= 120;
  if (!is_person || Object.keys(rest).length > 0) throw new Error(`${text} is not what the schema says`);
}

await claim("a JSON schema holds over a stream and in the process, and both write the same", async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const options = { ...STRUCTURED, temperature: 1, seed };
    const streamed = await overStream(options, 60);
    requirePerson(streamed);
    const logits_processor = new LogitsProcessorList();
    logits_processor.push(inProcessProcessor(options, { vocabularies }));
    const whole = await own({ do_sample: false, max_new_tokens: 60, logits_processor });
    same(whole.slice(0, streamed.length), streamed);
    requirePerson(whole);
  }
});

const timed = 48;
const endless = { min_tokens: timed, stop_token_ids: [0] };
const by_own = async () =>
  (await own({ do_sample: true, ...TIMED, max_new_tokens: timed, min_new_tokens: timed })).length;
await measured(
  8192,
  by_own,
  async () => (await overStream({ ...TIMED, ...endless }, timed)).length,
  undefined,
  async () => (await inProcess({ ...TIMED, ...endless }, timed)).length,
);
