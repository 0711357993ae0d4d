/**
 * The demo model as the hosts want to find a model: one folder with a checkpoint in safetensors for transformers and
 * mlx-lm, the ONNX file where transformers.js and onnxruntime-genai look for it, and a GGUF file for llama.cpp.
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ggufOf } from "./gguf.ts";
import type { DemoModel, Weight } from "./weights.ts";

const SOURCE = fileURLToPath(new URL("../../../examples/model-host/model/", import.meta.url));
const END = "<|endoftext|>";

/** Writes the folder from scratch, always with the same files. */
export async function writeModelFolder(folder: string, model: DemoModel): Promise<void> {
  await mkdir(join(folder, "onnx"), { recursive: true });
  const json = (name: string, value: unknown) =>
    writeFile(join(folder, name), `${JSON.stringify(value, undefined, 2)}\n`);
  await Promise.all([
    // The output matrix is rounded separately from the embedding, so it is stored separately here.
    json("config.json", { ...model.config, tie_word_embeddings: false }),
    json("generation_config.json", { bos_token_id: 0, eos_token_id: 0 }),
    json("tokenizer_config.json", {
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: END,
      eos_token: END,
      model_max_length: model.shape.max_position_embeddings,
    }),
    json("genai_config.json", genaiConfig(model)),
    copyFile(join(SOURCE, "tokenizer.json"), join(folder, "tokenizer.json")),
    copyFile(join(SOURCE, "model_quantized.onnx"), join(folder, "onnx/model_quantized.onnx")),
    writeFile(join(folder, "model.safetensors"), safetensorsOf(model.weights)),
    writeFile(join(folder, "model.gguf"), ggufOf(model)),
  ]);
}

/** The length of the head, the head as JSON, then the tensors one after the other. */
function safetensorsOf(weights: ReadonlyMap<string, Weight>): Uint8Array {
  const head: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const [name, { dims, values }] of weights) {
    const begin = end;
    end += values.byteLength;
    head[name] = { dtype: "F32", shape: dims, data_offsets: [begin, end] };
  }
  const text = JSON.stringify(head);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = new Uint8Array(BigUint64Array.of(BigInt(padded.length)).buffer);
  const data = [...weights.values()].map(({ values }) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([length, padded, ...data]);
}

/** onnxruntime-genai's description of a model: the sizes, and the names of its inputs and outputs. */
function genaiConfig({ shape }: DemoModel) {
  const past = "past_key_values.%d";
  return {
    model: {
      type: "llama",
      context_length: shape.max_position_embeddings,
      vocab_size: shape.vocab_size,
      bos_token_id: 0,
      eos_token_id: 0,
      pad_token_id: 0,
      decoder: {
        session_options: { intra_op_num_threads: 1, provider_options: [] },
        filename: "onnx/model_quantized.onnx",
        head_size: shape.hidden_size / shape.num_attention_heads,
        hidden_size: shape.hidden_size,
        num_attention_heads: shape.num_attention_heads,
        num_key_value_heads: shape.num_attention_heads,
        num_hidden_layers: shape.num_hidden_layers,
        inputs: {
          input_ids: "input_ids",
          attention_mask: "attention_mask",
          position_ids: "position_ids",
          past_key_names: `${past}.key`,
          past_value_names: `${past}.value`,
        },
        outputs: {
          logits: "logits",
          present_key_names: "present.%d.key",
          present_value_names: "present.%d.value",
        },
      },
    },
    search: { max_length: shape.max_position_embeddings, past_present_share_buffer: false },
  };
}
