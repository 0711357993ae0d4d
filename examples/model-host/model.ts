/**
 * A language model that turns token ids into logits: ONNX, run by onnxruntime-web's WebAssembly backend on
 * one thread. It knows nothing of text, sampling or HTTP; what it gives away is one row of logits per step.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { env, InferenceSession, Tensor } from "onnxruntime-web";
import { cutModel, outputsOf } from "./cut-model.ts";

/** The model that comes with the example; its README says what it is. */
export const MODEL_FOLDER = fileURLToPath(new URL("./model", import.meta.url));

/** The part of the model's config.json that decides the shapes of its inputs. */
interface ModelConfig {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly num_hidden_layers: number;
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly eos_token_id: number;
}

/** What a step of a model has: a row of logits, or those of several sources. */
export type Rows = Float32Array | readonly Float32Array[];

export interface Model<Step extends Rows = Float32Array> {
  readonly vocab_size: number;
  readonly context_tokens_max: number;
  readonly eos_token_id: number;
  /** Begins an empty sequence with a key-value cache of its own. */
  startSequence(): Sequence<Step>;
  close(): Promise<void>;
}

export interface Sequence<Step extends Rows = Float32Array> {
  /** Reads the next token ids (the prompt first, then one at a time) and answers the logits after the last. */
  step(token_ids: readonly number[]): Promise<Step>;
}

/** A sequence that can be asked for every row of a pass, and can forget what it read. */
export interface LongSequence<Step extends Rows = Float32Array> extends Sequence<Step> {
  /** Reads the next token ids and answers the logits after each of them. */
  rows(token_ids: readonly number[]): Promise<Step[]>;
  /** Forgets the last tokens that it has read. */
  rewind(tokens: number): void;
}

export interface LoadedModel<Step extends Rows = Float32Array> extends Model<Step> {
  startSequence(): LongSequence<Step>;
}

/** Loads `config.json` and `model_quantized.onnx` from a folder. Nothing is fetched from a network. */
export async function loadModel(folder: string): Promise<LoadedModel> {
  const weights = await readFile(join(folder, WEIGHTS));
  return load(await configIn(folder), weights, (outputs, index, vocab_size) =>
    rowOf(outputs, "logits", index, vocab_size),
  );
}

/** The outputs that `early_layers.onnx` adds, after so many of the model's six layers. */
export const EARLY_LAYERS = [2, 4] as const;

/** The same model, which also tells the logits that its earlier layers would give, after those of the last. */
export async function loadLayeredModel(folder: string): Promise<LoadedModel<readonly Float32Array[]>> {
  const names = ["logits", ...EARLY_LAYERS.map((layers) => outputsOf(layers).logits)];
  return load(await configIn(folder), await layeredWeights(folder), (outputs, index, vocab_size) =>
    names.map((name) => rowOf(outputs, name, index, vocab_size)),
  );
}

/** The first layers of the model alone, with the logits that they would give: quicker, and less often right. */
export async function loadEarlyModel(
  folder: string,
  layers: (typeof EARLY_LAYERS)[number],
): Promise<LoadedModel> {
  const { logits, all } = outputsOf(layers);
  const weights = cutModel(await layeredWeights(folder), all);
  return load(
    { ...(await configIn(folder)), num_hidden_layers: layers },
    weights,
    (outputs, index, vocab_size) => rowOf(outputs, logits, index, vocab_size),
  );
}

const WEIGHTS = "model_quantized.onnx";

/** Protocol buffers that stand one after the other are one message: the model and its edit. */
async function layeredWeights(folder: string): Promise<Uint8Array> {
  const files = [WEIGHTS, "early_layers.onnx"].map((file) => readFile(join(folder, file)));
  return Buffer.concat(await Promise.all(files));
}

async function configIn(folder: string): Promise<ModelConfig> {
  return JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as ModelConfig;
}

type Outputs = InferenceSession.ReturnType;

/** Reads what a step has from the outputs after token `index` of a pass. */
type Read<Step extends Rows> = (outputs: Outputs, index: number, vocab_size: number) => Step;

async function load<Step extends Rows>(
  config: ModelConfig,
  weights: Uint8Array,
  read: Read<Step>,
): Promise<LoadedModel<Step>> {
  // Worker threads would buy little for a model of this size and have to be ended by hand.
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(new Uint8Array(weights), { executionProviders: ["wasm"] });
  return {
    vocab_size: config.vocab_size,
    context_tokens_max: config.max_position_embeddings,
    eos_token_id: config.eos_token_id,
    startSequence: () => createSequence(session, config, read),
    close: () => session.release(),
  };
}

function createSequence<Step extends Rows>(
  session: InferenceSession,
  config: ModelConfig,
  read: Read<Step>,
): LongSequence<Step> {
  let cache = emptyCache(config);
  let past_tokens = 0;
  const pass = async (token_ids: readonly number[]) => {
    const outputs: Outputs = await session.run({ ...inputs(token_ids, past_tokens), ...cache });
    past_tokens += token_ids.length;
    cache = nextCache(outputs);
    return (index: number) => read(outputs, index, config.vocab_size);
  };
  return {
    async step(token_ids) {
      return (await pass(token_ids))(token_ids.length - 1);
    },
    async rows(token_ids) {
      const rowAt = await pass(token_ids);
      return token_ids.map((_, index) => rowAt(index));
    },
    rewind(tokens) {
      if (tokens === 0) return;
      past_tokens -= tokens;
      cache = Object.fromEntries(
        Object.entries(cache).map(([name, tensor]) => [name, shortened(tensor, past_tokens)]),
      );
    },
  };
}

/** Keys or values of the first tokens: [1, heads, tokens, head_size]. */
function shortened({ data, dims }: Tensor, tokens: number): Tensor {
  const [one = 1, heads = 0, length = 0, head_size = 0] = dims;
  const kept = new Float32Array(heads * tokens * head_size);
  for (let head = 0; head < heads; head++) {
    const begin = head * length * head_size;
    kept.set((data as Float32Array).subarray(begin, begin + tokens * head_size), head * tokens * head_size);
  }
  return new Tensor("float32", kept, [one, heads, tokens, head_size]);
}

function inputs(token_ids: readonly number[], past_tokens: number): Record<string, Tensor> {
  const count = token_ids.length;
  const total = past_tokens + count;
  const positions = BigInt64Array.from({ length: count }, (_, i) => BigInt(past_tokens + i));
  return {
    input_ids: new Tensor("int64", BigInt64Array.from(token_ids, BigInt), [1, count]),
    attention_mask: new Tensor("int64", new BigInt64Array(total).fill(1n), [1, total]),
    position_ids: new Tensor("int64", positions, [1, count]),
  };
}

function emptyCache(config: ModelConfig): Record<string, Tensor> {
  const head_size = config.hidden_size / config.num_attention_heads;
  const cache: Record<string, Tensor> = {};
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    for (const part of ["key", "value"]) {
      const shape = [1, config.num_key_value_heads, 0, head_size];
      cache[`past_key_values.${layer}.${part}`] = new Tensor("float32", new Float32Array(0), shape);
    }
  }
  return cache;
}

/** The outputs `present.*` of one step are the inputs `past_key_values.*` of the next. */
function nextCache(outputs: Outputs): Record<string, Tensor> {
  const cache: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    // Tensors of the wasm backend live in JavaScript memory; the type leaves other backends open.
    if (name.startsWith("present.")) cache[name.replace("present", "past_key_values")] = tensor as Tensor;
  }
  return cache;
}

/** The logits after token `index` of a pass. */
function rowOf(outputs: Outputs, name: string, index: number, vocab_size: number): Float32Array {
  const logits = outputs[name];
  if (logits?.type !== "float32") throw new Error(`the model has no float32 output named ${name}`);
  return (logits.data as Float32Array).subarray(index * vocab_size, (index + 1) * vocab_size);
}
