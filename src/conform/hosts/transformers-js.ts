/**
 * transformers.js: the processors and warpers of generation/logits_process.js, one for each stage, in the order of the
 * chain. The package is resolved from the working directory, because it is no dependency of this one.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { answerOfFunction, type TestedSampler } from "../function.ts";
import type { ConformHost } from "./host.ts";

const PACKAGE = "@huggingface/transformers";

interface Tensor {
  readonly data: Float32Array;
}
type Processor = (input_ids: bigint[][], logits: Tensor) => Tensor;
type Make<Arguments extends unknown[]> = new (...given: Arguments) => Processor;

/** The used part of the package. */
interface Package {
  readonly Tensor: new (type: "float32", data: Float32Array, dims: number[]) => Tensor;
  readonly TemperatureLogitsWarper: Make<[number]>;
  readonly TopKLogitsWarper: Make<[number]>;
  readonly TopPLogitsWarper: Make<[number]>;
  readonly RepetitionPenaltyLogitsProcessor: Make<[number]>;
  readonly NoRepeatNGramLogitsProcessor: Make<[number]>;
  readonly NoBadWordsLogitsProcessor: Make<[number[][], number[]]>;
  readonly MinNewTokensLengthLogitsProcessor: Make<[number, number, number[]]>;
  readonly SuppressTokensAtBeginLogitsProcessor: Make<[number[], number]>;
}

/** The options of each stage that the processor of that name supports. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  temperature: ["temperature"],
  top_k: ["top_k", "ties"],
  top_p: ["top_p"],
  repetition_penalty: ["repetition_penalty"],
  no_repeat_ngram_size: ["no_repeat_ngram_size"],
  bad_words_ids: ["bad_words_ids"],
  min_tokens: ["min_tokens", "stop_token_ids"],
};

/** Throws an error when the package is not installed. */
export async function transformersJs(): Promise<ConformHost> {
  const { made, version } = await installed();
  const sampler = samplerOf(made);
  return {
    version: `transformers.js ${version}`,
    recorded_as: "transformers.js",
    answer: (vector) => answerOfFunction(sampler, vector),
  };
}

async function installed(): Promise<{ readonly made: Package; readonly version: string }> {
  const require = createRequire(join(process.cwd(), "index.js"));
  let entry: string;
  try {
    entry = require.resolve(PACKAGE);
  } catch {
    throw new Error(`${PACKAGE} is not installed in ${process.cwd()}: npm install ${PACKAGE}`);
  }
  const made = (await import(pathToFileURL(entry).href)) as { readonly default?: Package } & Package; // of that name
  const card = join(dirname(entry), "../package.json");
  const { version } = JSON.parse(readFileSync(card, "utf8")) as { readonly version: string }; // npm wants one
  return { made: made.default ?? made, version };
}

function samplerOf(made: Package): TestedSampler {
  return (row, { chain, prompt_length }, history) => {
    const logits = new made.Tensor("float32", Float32Array.from(row), [1, row.length]);
    const ids = [history.map(BigInt)];
    for (const { stage, ...options } of chain) {
      const takes = TAKES[String(stage)];
      if (takes === undefined || Object.keys(options).some((name) => !takes.includes(name))) return undefined;
      const processor = processorOf(made, String(stage), options, prompt_length);
      if (processor === undefined) return undefined;
      processor(ids, logits);
    }
    return softmax(logits.data);
  };
}

/** undefined for a value that generate() handles differently. */
function processorOf(
  made: Package,
  stage: string,
  options: Readonly<Record<string, unknown>>,
  prompt_length: number,
): Processor | undefined {
  const value = options[stage];
  if (stage === "bad_words_ids") return new made.NoBadWordsLogitsProcessor(value as number[][], []); // as the suite writes it
  if (stage === "min_tokens") {
    const stops = options["stop_token_ids"] as number[]; // as the suite writes it
    return new made.MinNewTokensLengthLogitsProcessor(prompt_length, Number(value), stops);
  }
  if (stage === "temperature" && value === 0) return undefined; // generate() does not sample then
  const simple: Readonly<Record<string, Make<[number]>>> = {
    temperature: made.TemperatureLogitsWarper,
    top_k: made.TopKLogitsWarper,
    top_p: made.TopPLogitsWarper,
    repetition_penalty: made.RepetitionPenaltyLogitsProcessor,
    no_repeat_ngram_size: made.NoRepeatNGramLogitsProcessor,
  };
  return new (simple[stage] as Make<[number]>)(Number(value)); // TAKES has no other
}

/** Computed in float64, so that differences come from the processors. */
function softmax(logits: Float32Array): Float64Array {
  const max = logits.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(logits, (x) => Math.exp(x - max));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
