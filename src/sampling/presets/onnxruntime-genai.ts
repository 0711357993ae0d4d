/** onnxruntime-genai's search on the CPU. */
import type { Preset } from "./preset.ts";

export const onnxruntimeGenai: Preset = {
  name: "onnxruntime-genai",
  summary:
    "Grammar, minimum length, repetition penalty and n-grams, temperature, exactly k, then top-p of those.",
  source: {
    title: "onnxruntime-genai a0c04eb1, src/sampling_distribution.h and src/search.cpp",
    url: "https://github.com/microsoft/onnxruntime-genai/blob/main/src/sampling_distribution.h",
  },
  order: [
    "token_bitmask",
    "min_tokens",
    "repetition_penalty",
    "no_repeat_ngram_size",
    "temperature",
    "top_k",
    "top_p",
  ],
  defaults: { top_k: 50 },
  rules: { min_tokens: { min_tokens_scope: "history" } },
  spellings: [{ option: "top_p", written: 0, means: 1 }],
  notes: [
    "Without do_sample it is greedy: temperature 0.",
    "onnxruntime-genai gives banned tokens the smallest float as score, not -inf: when all tokens are banned, one of them is drawn.",
    "The host does not define which of the tokens that tie at a cut stay, because its sort is partial and not stable.",
    "With top_k 0 onnxruntime-genai may keep more tokens than top_p needs, if the vocabulary has more than 64: it overestimates the mass of the rest.",
    "With top_k 0 and top_p 0 or 1, onnxruntime-genai does not sample from the whole row: top_p 0 leaves one token.",
    "The CUDA kernels were not compared.",
  ],
};
