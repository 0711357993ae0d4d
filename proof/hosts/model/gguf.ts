/**
 * Writes the demo model as GGUF, version 3, the file that llama.cpp and all that is built on it read: architecture llama
 * with float32 weights, and the byte-level BPE tokenizer as llama.cpp names GPT-2's.
 */
import type { DemoModel, Weight } from "./weights.ts";

const VERSION = 3;
const ALIGNMENT = 32;
const FLOAT32_TENSOR = 0;
/** Types of a value of the head. */
const KINDS = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
/** Types of a token. */
const NORMAL = 1;
const CONTROL = 3;

const LAYER_NAMES = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
} as const;

export function ggufOf(model: DemoModel): Uint8Array {
  const head = new Bytes();
  head.raw(new TextEncoder().encode("GGUF")).uint32(VERSION);
  const tensors = [...model.weights].map(([name, weight]) => tensorOf(model, name, weight));
  const fields = fieldsOf(model);
  head.uint64(tensors.length).uint64(fields.length);
  for (const [name, write] of fields) write(head.string(name));
  let offset = 0;
  for (const { name, dims, values } of tensors) {
    head.string(name).uint32(dims.length);
    for (const size of dims.toReversed()) head.uint64(size);
    head.uint32(FLOAT32_TENSOR).uint64(offset);
    offset += Math.ceil(values.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  for (const { values } of tensors)
    head.align(ALIGNMENT).raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return head.align(ALIGNMENT).done();
}

interface Named extends Weight {
  readonly name: string;
}

function tensorOf({ shape }: DemoModel, checkpoint_name: string, weight: Weight): Named {
  const whole = { "model.embed_tokens": "token_embd", "model.norm": "output_norm", lm_head: "output" };
  const stem = checkpoint_name.replace(/\.weight$/, "");
  if (Object.hasOwn(whole, stem)) return { ...weight, name: `${whole[stem as keyof typeof whole]}.weight` };
  const [, layer = "", part = ""] = /^model\.layers\.(\d+)\.(.+)$/.exec(stem) ?? [];
  const name = LAYER_NAMES[part as keyof typeof LAYER_NAMES]; // one of a layer's nine
  const is_rotated = part === "self_attn.q_proj" || part === "self_attn.k_proj";
  const own = is_rotated ? interleaved(weight, shape.num_attention_heads) : weight;
  return { ...own, name: `blk.${layer}.${name}.weight` };
}

/**
 * Rotary embeddings turn pairs of a head's rows: checkpoints pair row i with row i + half, llama.cpp row 2i with 2i + 1.
 */
function interleaved({ dims, values }: Weight, heads: number): Weight {
  const [rows = 0, columns = 0] = dims;
  const size = rows / heads;
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const within = row % size;
    const from = row - within + (within % 2) * (size / 2) + Math.floor(within / 2);
    turned.set(values.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return { dims, values: turned };
}

type Field = readonly [name: string, write: (bytes: Bytes) => void];

function fieldsOf({ shape, tokenizer }: DemoModel): Field[] {
  const text = (value: string) => (bytes: Bytes) => bytes.uint32(KINDS.string).string(value);
  const whole = (value: number) => (bytes: Bytes) => bytes.uint32(KINDS.uint32).uint32(value);
  const float = (value: number) => (bytes: Bytes) => bytes.uint32(KINDS.float32).float32(value);
  const no = (bytes: Bytes) => bytes.uint32(KINDS.bool).raw(Uint8Array.of(0));
  const { vocab, merges } = tokenizer.model;
  const tokens = Object.keys(vocab).sort((one, other) => vocab[one]! - vocab[other]!);
  const pairs = merges.map((merge) => (Array.isArray(merge) ? merge.join(" ") : String(merge)));
  const strings = (values: readonly string[]) => (bytes: Bytes) => {
    bytes.uint32(KINDS.array).uint32(KINDS.string).uint64(values.length);
    for (const value of values) bytes.string(value);
  };
  const types = (bytes: Bytes) => {
    bytes.uint32(KINDS.array).uint32(KINDS.int32).uint64(tokens.length);
    for (const [id] of tokens.entries()) bytes.uint32(id === 0 ? CONTROL : NORMAL);
  };
  return [
    ["general.architecture", text("llama")],
    ["general.name", text("logit-sampler demo")],
    ["general.alignment", whole(ALIGNMENT)],
    ["llama.context_length", whole(shape.max_position_embeddings)],
    ["llama.embedding_length", whole(shape.hidden_size)],
    ["llama.block_count", whole(shape.num_hidden_layers)],
    ["llama.feed_forward_length", whole(shape.intermediate_size)],
    ["llama.attention.head_count", whole(shape.num_attention_heads)],
    ["llama.attention.head_count_kv", whole(shape.num_attention_heads)],
    ["llama.attention.layer_norm_rms_epsilon", float(shape.rms_norm_eps)],
    ["llama.rope.dimension_count", whole(shape.hidden_size / shape.num_attention_heads)],
    ["llama.rope.freq_base", float(shape.rope_theta)],
    ["llama.vocab_size", whole(shape.vocab_size)],
    ["tokenizer.ggml.model", text("gpt2")],
    ["tokenizer.ggml.pre", text("gpt-2")],
    ["tokenizer.ggml.tokens", strings(tokens)],
    ["tokenizer.ggml.token_type", types],
    ["tokenizer.ggml.merges", strings(pairs)],
    ["tokenizer.ggml.bos_token_id", whole(0)],
    ["tokenizer.ggml.eos_token_id", whole(0)],
    ["tokenizer.ggml.add_bos_token", no],
  ];
}

/** Little-endian bytes, one after the other. */
class Bytes {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.byteLength;
    return this;
  }

  uint32(value: number): this {
    return this.raw(new Uint8Array(Uint32Array.of(value).buffer));
  }

  uint64(value: number): this {
    return this.raw(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  float32(value: number): this {
    return this.raw(new Uint8Array(Float32Array.of(value).buffer));
  }

  string(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.uint64(bytes.byteLength).raw(bytes);
  }

  align(size: number): this {
    return this.raw(new Uint8Array((size - (this.#length % size)) % size));
  }

  done(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}
