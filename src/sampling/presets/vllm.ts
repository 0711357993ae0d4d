/** vLLM's V1 sampler. */
import type { Preset } from "../preset.ts";

export const vllm: Preset = {
  name: "vllm",
  summary: "Masks, bias and penalties, then temperature, min-p, top-k and top-p.",
  source: {
    title: "vLLM, vllm/v1/sample/sampler.py",
    url: "https://github.com/vllm-project/vllm/blob/main/vllm/v1/sample/sampler.py",
  },
  order: [
    "token_bitmask",
    "allowed_token_ids",
    "bad_words_ids",
    "min_tokens",
    "logit_bias",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
    "temperature",
    "min_p",
    "top_k",
    "top_p",
  ],
  defaults: {},
  rules: {
    bad_words_ids: { sequence_scope: "generated" },
    top_k: { ties: "keep" },
  },
  notes: [
    "Temperatures below 1e-5 are greedy in vLLM; here only 0 is.",
    "Biases are clamped to -100 … 100 in vLLM; here they are taken as they come.",
    "top_k -1 is written 0 here.",
    "Of tokens that tie at k, vLLM's PyTorch path keeps all, as here; its Triton kernel keeps just k.",
    "vLLM adds up the mass of top-p in float32 from the least likely token; tokens within rounding of the bound may differ.",
  ],
};
