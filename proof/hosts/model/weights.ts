/**
 * The demo model's weights as plain float32 matrices, under the names that Llama checkpoints have. The ONNX file holds
 * them as 8-bit integers, one scale for each matrix, and transposed; here they are multiplied out. What then runs in
 * llama.cpp or transformers differs from the ONNX model only by the rounding of its activations to 8 bits.
 */
import { readFile } from "node:fs/promises";
import { type OnnxGraph, type OnnxTensor, readOnnx } from "./onnx.ts";

/** A matrix is [rows, columns] with a row for each output, as PyTorch's Linear has it. */
export interface Weight {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

export interface Shape {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly num_hidden_layers: number;
  readonly intermediate_size: number;
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly rope_theta: number;
  readonly rms_norm_eps: number;
}

export interface DemoModel {
  readonly shape: Shape;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: ReadonlyMap<string, Weight>;
  /** tokenizer.json */
  readonly tokenizer: Tokenizer;
}

export interface Tokenizer {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly unknown[] };
}

/** The ONNX graph's names of a layer's matrices, and the names in checkpoints. */
const MATRICES = {
  q: "self_attn.q_proj",
  k: "self_attn.k_proj",
  v: "self_attn.v_proj",
  o: "self_attn.o_proj",
  g: "mlp.gate_proj",
  u: "mlp.up_proj",
  d: "mlp.down_proj",
} as const;
const FOLDER = new URL("../../../examples/model-host/model/", import.meta.url);

export async function readDemoModel(): Promise<DemoModel> {
  const file = (name: string) => readFile(new URL(name, FOLDER));
  const config = JSON.parse((await file("config.json")).toString());
  const tokenizer = JSON.parse((await file("tokenizer.json")).toString()) as Tokenizer; // Hugging Face's form
  const graph = readOnnx(await file("model_quantized.onnx"));
  return { shape: config as Shape, config, tokenizer, weights: weightsOf(graph, config as Shape) }; // as config.json has it
}

/**
 * The same model with more tokens, for timing. The added tokens repeat the rows of the first ones, so that the logits
 * look like a language model's. Its ONNX file does not change.
 */
export function widened(model: DemoModel, vocab_size: number): DemoModel {
  const repeated = ({ dims: [rows = 0, columns = 0], values }: Weight): Weight => {
    const wide = new Float32Array(vocab_size * columns);
    for (let row = 0; row < vocab_size; row++)
      wide.set(values.subarray((row % rows) * columns, ((row % rows) + 1) * columns), row * columns);
    return { dims: [vocab_size, columns], values: wide };
  };
  const { vocab, merges } = model.tokenizer.model;
  const added = Array.from({ length: vocab_size - model.shape.vocab_size }, (_, i) => {
    const id = model.shape.vocab_size + i;
    return [`<|${id}|>`, id] as const;
  });
  const wide = ["model.embed_tokens.weight", "lm_head.weight"].map((name) => {
    return [name, repeated(model.weights.get(name)!)] as const; // every model has both
  });
  return {
    shape: { ...model.shape, vocab_size },
    config: { ...model.config, vocab_size },
    weights: new Map([...model.weights, ...wide]),
    tokenizer: { model: { vocab: { ...vocab, ...Object.fromEntries(added) }, merges } },
  };
}

function weightsOf(graph: OnnxGraph, { num_hidden_layers }: Shape): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  weights.set("model.embed_tokens.weight", multipliedOut(graph, "m.emb.weight"));
  weights.set("model.norm.weight", floats(tensorOf(graph, "m.nf.weight")));
  for (let layer = 0; layer < num_hidden_layers; layer++) {
    const name = `model.layers.${layer}`;
    weights.set(`${name}.input_layernorm.weight`, floats(tensorOf(graph, `m.bl.${layer}.n1.weight`)));
    weights.set(
      `${name}.post_attention_layernorm.weight`,
      floats(tensorOf(graph, `m.bl.${layer}.n2.weight`)),
    );
    for (const [short, long] of Object.entries(MATRICES))
      weights.set(`${name}.${long}.weight`, matrixOf(graph, `/bl.${layer}/${short}/MatMul_quant`));
  }
  return weights.set("lm_head.weight", matrixOf(graph, "/MatMul_quant"));
}

/** The second input of a matrix product, transposed to a row for each output. */
function matrixOf(graph: OnnxGraph, node_name: string): Weight {
  const node = graph.nodes.find(({ name }) => name === node_name);
  const quantized = node?.inputs[1];
  if (quantized === undefined) throw new Error(`the ONNX graph has no product ${node_name}`);
  const { dims, values } = multipliedOut(graph, quantized.replace(/_quantized$/, ""));
  const [inputs = 0, outputs = 0] = dims;
  const transposed = new Float32Array(values.length);
  for (let input = 0; input < inputs; input++)
    for (let output = 0; output < outputs; output++)
      transposed[output * inputs + input] = values[input * outputs + output]!;
  return { dims: [outputs, inputs], values: transposed };
}

/** scale · (quantized − zero_point), as float32. */
function multipliedOut(graph: OnnxGraph, name: string): Weight {
  const quantized = tensorOf(graph, `${name}_quantized`);
  const [scale = 0] = floats(tensorOf(graph, `${name}_scale`)).values;
  const [zero = 0] = integers(tensorOf(graph, `${name}_zero_point`));
  return { dims: quantized.dims, values: Float32Array.from(integers(quantized), (x) => (x - zero) * scale) };
}

function tensorOf(graph: OnnxGraph, name: string): OnnxTensor {
  const tensor = graph.tensors.get(name);
  if (tensor === undefined) throw new Error(`the ONNX file has no tensor ${name}`);
  return tensor;
}

function floats({ dims, bytes }: OnnxTensor): Weight {
  return { dims, values: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4) };
}

function integers({ bytes, data_type }: OnnxTensor): Uint8Array | Int8Array {
  return data_type === 3 ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
}
