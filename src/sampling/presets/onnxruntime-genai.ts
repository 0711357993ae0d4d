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
    "What is banned there has the least float as its score, not -inf: of a row with nothing else it can be drawn.",
    "Which of the tokens that tie at a cut stay is open: the sort is partial and not stable.",
    "With top_k 0 the nucleus of a vocabulary above 64 tokens may hold more tokens than it needs there: the mass of the rest is estimated from above.",
    "With top_k 0 and top_p 0 or 1 there is no plain sampling there: 0 leaves one token.",
    "The kernels for CUDA were not looked at.",
  ],
};
