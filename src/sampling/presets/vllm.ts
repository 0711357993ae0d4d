/** vLLM's V1 sampler, by the code that takes top-k and top-p on the machine at hand. */
import type { Preset } from "./preset.ts";

export const VLLM_MASKS = [
  "token_bitmask",
  "allowed_token_ids",
  "bad_words_ids",
  "bad_words",
  "min_tokens",
  "logit_bias",
] as const;

export const VLLM_PENALTIES = ["repetition_penalty", "frequency_penalty", "presence_penalty"] as const;

export const vllm: Preset = {
  name: "vllm",
  summary: "Masks, bias and penalties, then temperature, min-p, top-k and top-p.",
  source: {
    title: "vLLM 0.33.0, vllm/v1/sample/sampler.py",
    url: "https://github.com/vllm-project/vllm/blob/main/vllm/v1/sample/sampler.py",
  },
  order: [...VLLM_MASKS, ...VLLM_PENALTIES, "temperature", "min_p", "top_k", "top_p"],
  defaults: {},
  rules: {
    bad_words_ids: { sequence_scope: "generated" },
    bad_words: { sequence_scope: "generated" },
    temperature: { temperature_floor: 0.01 },
  },
  reports: { rank_ties: "counted" },
  spellings: [{ option: "top_k", written: -1, means: 0 }],
  variants: [
    {
      name: "pytorch",
      summary:
        "A sort: of tokens that tie at k all stay, of those that tie at p the highest ids. CPUs, and GPUs without Triton, run it.",
      source: {
        title: "vLLM 0.33.0, apply_top_k_top_p_pytorch",
        url: "https://github.com/vllm-project/vllm/blob/main/vllm/v1/sample/ops/topk_topp_sampler.py",
      },
      rules: { top_k: { ties: "keep" }, top_p: { top_p_ties: "highest" } },
      notes: [
        "torch.sort is not stable unless asked for: on long rows other ids among equals may stay.",
        "The mass of top-p is added up in float32 from the least likely token; tokens within rounding of the bound may differ.",
      ],
    },
    {
      name: "triton",
      summary:
        "A search for the bound: exactly k stay, and of tokens that tie the lowest ids. A GPU runs it for requests with a seed, and for processed log-probabilities.",
      source: {
        title: "vLLM 0.33.0, topk_topp_triton.py",
        url: "https://github.com/vllm-project/vllm/blob/main/vllm/v1/sample/ops/topk_topp_triton.py",
      },
      rules: { top_k: { ties: "cut" }, top_p: { top_p_ties: "cut" } },
      notes: [
        "A row of which all logits that are left are equal is left whole by the kernel, whatever k and p; and of others the least likely tokens are dropped though k or p has room for them.",
        "The kernel ends its search after 18 halvings, and takes values within 1e-9 for equal; few tokens near a bound may differ.",
      ],
    },
    {
      name: "flashinfer",
      summary:
        "Rejection sampling: a token stays while fewer than k are more likely and those hold less than p, so all that tie stay. A GPU runs it for requests without a seed, which is the usual case.",
      source: {
        title: "FlashInfer 0.7.2, sampling.cuh",
        url: "https://github.com/flashinfer-ai/flashinfer/blob/main/include/flashinfer/sampling.cuh",
      },
      rules: { top_k: { ties: "keep" }, top_p: { top_p_ties: "keep" } },
    },
  ],
  seed_drawn_for: -1,
  notes: [
    "Biases are clamped to -100 … 100 in vLLM, -inf too; here they are taken as they come.",
    "vLLM refuses temperatures above 2 and penalties beyond ±2.",
    "processed_logprobs are logprobs_mode processed here; at temperature 0 they are before_temperature.",
    "The budget for thinking tokens stands behind the penalties in vLLM.",
  ],
};
