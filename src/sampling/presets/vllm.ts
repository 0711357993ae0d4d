/** vLLM's V1 sampler, by the code that runs top-k and top-p on the host's machine. */
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
        "It sorts the row. All tokens that tie at k stay; of those that tie at p, the highest ids stay. Used on CPUs, and on GPUs without Triton.",
      source: {
        title: "vLLM 0.33.0, apply_top_k_top_p_pytorch",
        url: "https://github.com/vllm-project/vllm/blob/main/vllm/v1/sample/ops/topk_topp_sampler.py",
      },
      rules: { top_k: { ties: "keep" }, top_p: { top_p_ties: "highest" } },
      notes: [
        "torch.sort is not stable by default: on long rows other ids among equal tokens may stay.",
        "The mass of top-p is added up in float32 from the least likely token; tokens within rounding of the bound may differ.",
      ],
    },
    {
      name: "triton",
      summary:
        "It searches for the threshold. Exactly k tokens stay; of tokens that tie, the lowest ids stay. Used on GPUs for requests with a seed, and for processed log-probabilities.",
      source: {
        title: "vLLM 0.33.0, topk_topp_triton.py",
        url: "https://github.com/vllm-project/vllm/blob/main/vllm/v1/sample/ops/topk_topp_triton.py",
      },
      rules: { top_k: { ties: "cut" }, top_p: { top_p_ties: "cut" } },
      notes: [
        "When all remaining logits of a row are equal, the kernel keeps all of them, whatever k and p are. In other rows it may drop the least likely tokens although k or p would keep them.",
        "The kernel ends its search after 18 halvings and treats values within 1e-9 as equal, so a few tokens near the threshold may differ.",
      ],
    },
    {
      name: "flashinfer",
      summary:
        "It uses rejection sampling. A token stays when fewer than k tokens are more likely and those have less than p together, so all tokens that tie stay. Used on GPUs for requests without a seed, the usual case.",
      source: {
        title: "FlashInfer 0.7.2, sampling.cuh",
        url: "https://github.com/flashinfer-ai/flashinfer/blob/main/include/flashinfer/sampling.cuh",
      },
      rules: { top_k: { ties: "keep" }, top_p: { top_p_ties: "keep" } },
    },
  ],
  seed_drawn_for: -1,
  notes: [
    "vLLM clamps biases, including -inf, to -100 … 100; here they are used unchanged.",
    "vLLM refuses temperatures above 2 and penalties beyond ±2.",
    "processed_logprobs are logprobs_mode processed here; at temperature 0 they are before_temperature.",
    "In vLLM the reasoning budget comes after the penalties.",
  ],
};
