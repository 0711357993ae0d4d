/** Ollama: llama.cpp's server with other defaults, or its own runner on MLX. */

import { llamaCpp } from "./llama-cpp.ts";
import type { Preset } from "./preset.ts";

/** Ollama counts the last 64 tokens, prompt included, for all three penalties. */
const PENALTIES = { penalty_last_n: 64, penalty_scope: "history" } as const;

export const ollama: Preset = {
  name: "ollama",
  summary:
    "llama.cpp's order with Ollama's defaults. On MLX: penalties, temperature, top-k, top-p and min-p.",
  source: {
    title: "Ollama fb307609, api/types.go and llm/llama_server.go",
    url: "https://github.com/ollama/ollama/blob/main/llm/llama_server.go",
  },
  order: llamaCpp.order,
  defaults: { temperature: 0.8, top_k: 40, top_p: 0.9 },
  rules: {
    repetition_penalty: PENALTIES,
    frequency_penalty: PENALTIES,
    presence_penalty: PENALTIES,
    dry: { dry_base: 1.75, dry_allowed_length: 2, dry_penalty_last_n: 64 },
  },
  spellings: [{ option: "top_k", written: -1, means: 0 }],
  variants: [
    {
      name: "llama-server",
      summary:
        "Models in GGUF: Ollama sends its options to llama.cpp's server, where all other stages are off.",
      source: {
        title: "Ollama fb307609, llm/llama_server.go",
        url: "https://github.com/ollama/ollama/blob/main/llm/llama_server.go",
      },
      rules: { typical_p: { typical_p_inclusive: true }, dynatemp: { dynatemp_tokens: "listed" } },
      notes: ["The notes on llama.cpp's samplers, in the preset llama.cpp, apply here too."],
    },
    {
      name: "mlx",
      summary:
        "Models on Apple's chips: repetition, presence and frequency penalty, temperature, exactly k tokens, then top-p and min-p of those.",
      source: {
        title: "Ollama fb307609, x/mlxrunner/sample/sample.go",
        url: "https://github.com/ollama/ollama/blob/main/x/mlxrunner/sample/sample.go",
      },
      order: [
        "repetition_penalty",
        "presence_penalty",
        "frequency_penalty",
        "temperature",
        "top_k",
        "top_p",
        "min_p",
      ],
      // These stages are not in its order, so they need no rules.
      notes: [
        "The host does not define which of the tokens that tie at k stay, because it selects by partition.",
        "On MLX top_p 0 means off; here it keeps one token. repeat_last_n -1 is the whole context window.",
      ],
    },
  ],
  seed_drawn_for: -1,
  notes: [
    "Ollama's repeat_penalty and repeat_last_n are repetition_penalty and penalty_last_n here.",
    "Older versions had samplers written in Go, with top-k, temperature, top-p and min-p.",
  ],
};
