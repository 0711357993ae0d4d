/**
 * The presets, the default first. A preset fills in options that a request leaves out; options of the request
 * always win.
 */

import { aphrodite } from "./aphrodite.ts";
import { defaultPreset } from "./default.ts";
import { exllamav3 } from "./exllamav3.ts";
import { koboldcpp } from "./koboldcpp.ts";
import { llamaCpp } from "./llama-cpp.ts";
import { lmdeploy } from "./lmdeploy.ts";
import { mistralRs } from "./mistral-rs.ts";
import { mlxLm } from "./mlx-lm.ts";
import { ollama } from "./ollama.ts";
import { onnxruntimeGenai } from "./onnxruntime-genai.ts";
import { openai } from "./openai.ts";
import type { Preset } from "./preset.ts";
import { sglang } from "./sglang.ts";
import { tensorrtLlm } from "./tensorrt-llm.ts";
import { textGenerationWebui } from "./text-generation-webui.ts";
import { transformers } from "./transformers.ts";
import { transformersJs } from "./transformers-js.ts";
import { vllm } from "./vllm.ts";
import { webLlm } from "./web-llm.ts";

export type { Preset } from "./preset.ts";

export const PRESETS: readonly Preset[] = [
  defaultPreset,
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

export const DEFAULT_PRESET = defaultPreset;
