/** TensorRT-LLM's samplers: the one written in PyTorch, with FlashInfer or without, and the former one in C++. */
import type { Preset } from "./preset.ts";

/** All three penalties count the prompt unless a part of it is left out by prompt_ignore_length. */
const PENALTIES = { penalty_scope: "history" } as const;

export const tensorrtLlm: Preset = {
  name: "tensorrt-llm",
  summary:
    "Bias, penalties that count the prompt, bans, temperature and min-p, then top-k and top-p of the remaining tokens.",
  source: {
    title: "TensorRT-LLM 00ddb62f, tensorrt_llm/_torch/pyexecutor/sampler/sampler.py",
    url: "https://github.com/NVIDIA/TensorRT-LLM/blob/main/tensorrt_llm/_torch/pyexecutor/sampler/sampler.py",
  },
  order: [
    "token_bitmask",
    "logit_bias",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "min_tokens",
    "bad_words_ids",
    "no_repeat_ngram_size",
    "temperature",
    "min_p",
    "top_k",
    "top_p_decay",
    "top_p",
  ],
  defaults: {},
  rules: {
    repetition_penalty: PENALTIES,
    presence_penalty: PENALTIES,
    frequency_penalty: PENALTIES,
  },
  variants: [
    {
      name: "flashinfer",
      summary: "TorchSampler with FlashInfer, the usual sampler. All tokens that tie at k or at p stay.",
      source: {
        title: "TensorRT-LLM 016beb63, sampler/ops/flashinfer.py",
        url: "https://github.com/NVIDIA/TensorRT-LLM/blob/main/tensorrt_llm/_torch/pyexecutor/sampler/ops/flashinfer.py",
      },
      rules: { top_k: { ties: "keep" }, top_p: { top_p_ties: "keep" } },
    },
    {
      name: "pytorch",
      summary:
        "TorchSampler without FlashInfer. All tokens that tie at k stay; of those that tie at p, the lowest ids stay.",
      source: {
        title: "TensorRT-LLM 09009fbf, sampler/ops/vanilla.py",
        url: "https://github.com/NVIDIA/TensorRT-LLM/blob/main/tensorrt_llm/_torch/pyexecutor/sampler/ops/vanilla.py",
      },
      rules: { top_k: { ties: "keep" }, temperature: { temperature_floor: 1e-5 } },
      notes: ["Until 2026 a token also stayed when the tokens before it had exactly p: top_p_inclusive."],
    },
    {
      name: "cpp",
      summary:
        "TRTLLMSampler, which newer versions of TensorRT-LLM no longer have: the penalties come after the temperature, and there is no min-p.",
      source: {
        title: "TensorRT-LLM 249d93d5, cpp/tensorrt_llm/kernels/penaltyKernels.cu",
        url: "https://github.com/NVIDIA/TensorRT-LLM/blob/main/cpp/tensorrt_llm/kernels/penaltyKernels.cu",
      },
      order: [
        "token_bitmask",
        "logit_bias",
        "temperature",
        "repetition_penalty",
        "presence_penalty",
        "frequency_penalty",
        "min_tokens",
        "no_repeat_ngram_size",
        "bad_words_ids",
        "top_k",
        "top_p_decay",
        "top_p",
      ],
      notes: [
        "It divides scores by the temperature plus 1e-6.",
        "It draws the token that passes p with only the part of its probability up to p; here the token keeps its whole probability.",
      ],
    },
  ],
  notes: [
    "min_p came with #16590 in July 2026; min_p 1 is greedy in TensorRT-LLM, and speculative decoding with the model's own drafts refuses min_p.",
    "TensorRT-LLM is greedy when a request has neither temperature nor top_k nor top_p, and when any of them implies it: temperature 0 here.",
    "prompt_ignore_length, which limits how much of the prompt counts for the repetition penalty, is not supported.",
    "min_tokens bans the model's end token in TensorRT-LLM: name it in stop_token_ids.",
  ],
};
