/**
 * The demo language model: token ids in, logits after the last of them out. It caches the keys and values of the last
 * texts, and reads a text only from the first token that differs. So a fork costs only its new tokens, and two texts
 * written in turns each use their own cache. A quantised model's logits depend on how many tokens it reads at once.
 * Therefore the prompt is always read as a whole and later tokens one by one, whatever is in the cache.
 */
import { type InferenceSession, Tensor } from "onnxruntime-web/wasm";

/** The part of the model's config.json that decides the shapes of its inputs. */
export interface ModelConfig {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly num_hidden_layers: number;
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly eos_token_id: number;
}

type Cache = Readonly<Record<string, Tensor>>;

export interface LanguageModel {
  /** The first `prompt_length` of the tokens are the prompt. */
  logitsAfter(token_ids: readonly number[], prompt_length: number): Promise<Float32Array<ArrayBuffer>>;
}

/** A text that was read, with its keys and values. */
interface Read {
  readonly token_ids: readonly number[];
  readonly prompt_length: number;
  readonly cache: Cache;
}

/** At most two texts are written side by side. */
const READS = 2;

/** `output`: the session's name for its logits. */
export function createModel(
  session: Pick<InferenceSession, "run">,
  config: ModelConfig,
  output = "logits",
): LanguageModel {
  const nothing: Read = { token_ids: [], prompt_length: 0, cache: emptyCache(config) };
  let reads: readonly Read[] = [];
  return {
    async logitsAfter(token_ids, prompt_length) {
      const from = nearest(reads, token_ids, prompt_length) ?? nothing;
      const common = commonLength(from.token_ids, token_ids);
      // the last token is always read, because its logits are needed
      let at = Math.min(common, token_ids.length > prompt_length ? token_ids.length - 1 : 0);
      let cache = cropped(from.cache, at);
      let logits = new Float32Array(0);
      while (at < token_ids.length) {
        const piece = token_ids.slice(at, Math.max(prompt_length, at + 1));
        const outputs = await session.run({ ...inputs(piece, at), ...cache });
        cache = nextCache(outputs);
        logits = lastRow(outputs[output], piece.length, config.vocab_size);
        at += piece.length;
      }
      // a text that continues replaces its cache entry; a branch adds an entry and keeps the old one
      const others = reads.filter((read) => read !== from || common < read.token_ids.length);
      reads = [{ token_ids: [...token_ids], prompt_length, cache }, ...others].slice(0, READS);
      return logits;
    },
  };
}

/** The text with the same prompt that shares the longest beginning with the token ids. */
function nearest(
  reads: readonly Read[],
  token_ids: readonly number[],
  prompt_length: number,
): Read | undefined {
  const shared = (read: Read) => commonLength(read.token_ids, token_ids);
  return reads
    .filter((read) => read.prompt_length === prompt_length && shared(read) >= prompt_length)
    .toSorted((a, b) => shared(b) - shared(a))[0];
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
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

function emptyCache(config: ModelConfig): Cache {
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

/** The first `tokens` positions of every [1, heads, positions, head_size] tensor. */
function cropped(cache: Cache, tokens: number): Cache {
  return Object.fromEntries(Object.entries(cache).map(([name, tensor]) => [name, crop(tensor, tokens)]));
}

function crop(tensor: Tensor, tokens: number): Tensor {
  const [, heads = 0, positions = 0, head_size = 0] = tensor.dims;
  if (positions === tokens) return tensor;
  const from = tensor.data as Float32Array; // the cache is float32
  const to = new Float32Array(heads * tokens * head_size);
  for (let head = 0; head < heads; head++) {
    const begin = head * positions * head_size;
    to.set(from.subarray(begin, begin + tokens * head_size), head * tokens * head_size);
  }
  return new Tensor("float32", to, [1, heads, tokens, head_size]);
}

/** The outputs `present.*` of one step are the inputs `past_key_values.*` of the next. */
function nextCache(outputs: InferenceSession.ReturnType): Cache {
  const cache: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(outputs)) {
    // Tensors of the wasm backend live in JavaScript memory; the type leaves other backends open.
    if (name.startsWith("present.")) cache[name.replace("present", "past_key_values")] = value as Tensor;
  }
  return cache;
}

/** A copy, because the runtime reuses the memory of its outputs. */
function lastRow(
  logits: InferenceSession.ReturnType[string] | undefined,
  rows: number,
  vocab_size: number,
): Float32Array<ArrayBuffer> {
  if (logits?.type !== "float32") throw new Error("the model has no float32 output of this name");
  return Float32Array.from(
    (logits.data as Float32Array).subarray((rows - 1) * vocab_size, rows * vocab_size),
  );
}
