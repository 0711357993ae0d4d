/**
 * The presets, the default first. A preset fills in what a request leaves open; what the request says always wins.
 */
import type { Preset } from "./preset.ts";
import { aphrodite } from "./presets/aphrodite.ts";
import { exllamav3 } from "./presets/exllamav3.ts";
import { koboldcpp } from "./presets/koboldcpp.ts";
import { llamaCpp } from "./presets/llama-cpp.ts";
import { lmdeploy } from "./presets/lmdeploy.ts";
import { mistralRs } from "./presets/mistral-rs.ts";
import { mlxLm } from "./presets/mlx-lm.ts";
import { ollama } from "./presets/ollama.ts";
import { onnxruntimeGenai } from "./presets/onnxruntime-genai.ts";
import { openai } from "./presets/openai.ts";
import { sglang } from "./presets/sglang.ts";
import { tensorrtLlm } from "./presets/tensorrt-llm.ts";
import { textGenerationWebui } from "./presets/text-generation-webui.ts";
import { transformers } from "./presets/transformers.ts";
import { transformersJs } from "./presets/transformers-js.ts";
import { vllm } from "./presets/vllm.ts";
import { webLlm } from "./presets/web-llm.ts";

export type { Preset } from "./preset.ts";

export const PRESETS: readonly Preset[] = [
  openai,
  llamaCpp,
  vllm,
  transformers,
  sglang,
  koboldcpp,
  exllamav3,
  transformersJs,
  webLlm,
  ollama,
  mlxLm,
  lmdeploy,
  mistralRs,
  tensorrtLlm,
  onnxruntimeGenai,
  textGenerationWebui,
  aphrodite,
];

export const DEFAULT_PRESET = openai;
