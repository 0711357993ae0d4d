/** llama.cpp's default chain: truncation on the untempered distribution, temperature last. */
import type { Preset } from "../preset.ts";

/** llama.cpp counts the last 64 tokens, prompt included, for all three penalties. */
const PENALTIES = { penalty_last_n: 64, penalty_scope: "history" } as const;

export const llamaCpp: Preset = {
  name: "llama.cpp",
  summary: "Bias, penalties and DRY, then every truncation on the untempered distribution, temperature last.",
  source: {
    title: "llama.cpp, common/sampling.cpp and src/llama-sampler.cpp",
    url: "https://github.com/ggml-org/llama.cpp/blob/master/common/sampling.cpp",
  },
  order: [
    "reasoning_budget",
    "token_bitmask",
    "logit_bias",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
    "dry",
    "top_n_sigma",
    "top_k",
    "typical_p",
    "top_p",
    "min_p",
    "xtc",
    "dynatemp",
    "temperature",
    // Versions 1 and 2 have an order of their own; this is the place of 0, which is off.
    "mirostat",
    "adaptive_p",
  ],
  instead: {
    option: "mirostat",
    values: [1, 2],
    order: ["reasoning_budget", "token_bitmask", "logit_bias", "temperature", "mirostat"],
  },
  defaults: { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 },
  rules: {
    repetition_penalty: PENALTIES,
    frequency_penalty: PENALTIES,
    presence_penalty: PENALTIES,
    dry: { dry_base: 1.75, dry_allowed_length: 2, dry_penalty_last_n: 64 },
    typical_p: { typical_p_inclusive: true },
  },
  notes: [
    "DRY's sequence breakers are token ids here; llama.cpp finds the tokens of its strings itself. Older versions look back over the whole context: dry_penalty_last_n -1.",
    "A grammar is given as token_bitmask and holds from the beginning; llama.cpp draws without it first and draws again with it when the token does not fit, which prefers other tokens.",
    "The infill sampler is not here. reasoning_budget knows no text: it does not wait for a character that several tokens make up, and finds marks that overlap with themselves, which llama.cpp misses.",
    "Randomness is keyed by seed and step, not carried from draw to draw, so equal seeds give other tokens.",
  ],
};
