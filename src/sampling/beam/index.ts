/**
 * The list of all beam rules, in the order of the documentation. To add one: its file, one line here, its test, then `npm run
 * generate`.
 */
import type { BeamRule } from "./rule.ts";
import { arithmetic } from "./rules/arithmetic.ts";
import { diverse } from "./rules/diverse.ts";
import { llama_cpp } from "./rules/llama-cpp.ts";
import { onnxruntime_genai } from "./rules/onnxruntime-genai.ts";
import { stochastic } from "./rules/stochastic.ts";
import { tensorrt_llm } from "./rules/tensorrt-llm.ts";
import { transformers } from "./rules/transformers.ts";
import { vllm } from "./rules/vllm.ts";

const LIST = [
  transformers,
  tensorrt_llm,
  onnxruntime_genai,
  vllm,
  llama_cpp,
  diverse,
  stochastic,
  arithmetic,
] as const;

/** A rule only receives options that its own schema parsed. */
export const BEAM_RULES = LIST as unknown as readonly BeamRule[];
