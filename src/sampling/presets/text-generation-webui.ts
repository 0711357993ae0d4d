/** text-generation-webui's samplers over transformers, in its default order. */
import type { Preset } from "./preset.ts";

/** repetition_penalty_range: one window for all penalties, prompt included. */
const PENALTIES = { penalty_last_n: 1024, penalty_scope: "history" } as const;

export const textGenerationWebui: Preset = {
  name: "text-generation-webui",
  summary:
    "Penalties over 1,024 tokens, DRY, top-nσ, temperature, smoothing, then every cut, XTC, and n-grams last.",
  source: {
    title: "text-generation-webui 1dcde41d, modules/sampler_hijack.py and modules/presets.py",
    url: "https://github.com/oobabooga/textgen/blob/main/modules/sampler_hijack.py",
  },
  order: [
    "sequence_bias",
    "logit_bias",
    "bad_words_ids",
    "min_tokens",
    "token_bitmask",
    "exponential_decay_length_penalty",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "dry",
    "top_n_sigma",
    "temperature",
    "dynatemp",
    "smoothing",
    "top_k",
    "top_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "tfs",
    "top_a",
    "min_p",
    "adaptive_p",
    "mirostat",
    "xtc",
    "no_repeat_ngram_size",
  ],
  defaults: {},
  rules: {
    sequence_bias: { sequence_min_history: "sequence" },
    bad_words_ids: { sequence_min_history: "sequence" },
    repetition_penalty: PENALTIES,
    presence_penalty: PENALTIES,
    frequency_penalty: PENALTIES,
    dry: { dry_base: 1.75, dry_allowed_length: 2, dry_penalty_last_n: 1024 },
    top_n_sigma: { top_n_sigma_divisor: "n-1" },
    top_k: { ties: "keep" },
    top_p: { top_p_ties: "highest" },
    typical_p: { typical_p_ties: "keep" },
    xtc: { xtc_spared_rule: "refuse" },
  },
  notes: [
    "This is the loader of transformers; its loaders of llama.cpp and ExLlamaV3 have those hosts' orders.",
    "Another sampler_priority is written as chain; so is temperature_last.",
    "top_n_sigma counts banned tokens as zeros in its deviation there.",
    "tfs counts banned and removed tokens as probabilities of 0 there, which bend the curve; here it looks at those that are left.",
    "epsilon_cutoff and eta_cutoff are in units of 1e-4 there.",
    "dynatemp_low and dynatemp_high are the middle and the range here; the temperature stage runs besides there, here dynatemp stands in for it.",
    "XTC spares line breaks and end tokens: when one of them would go, nothing goes. Name them in xtc_spared_ids.",
    "DRY counts matches up to 50 tokens there, and a breaker is the last token of its string.",
    "Mirostat is version 2 only. Mirostat and adaptive-p draw within their stage there: what stands behind them has one token to work on.",
    "torch.sort is not stable unless asked for: on long rows other ids among equals may stay.",
  ],
};
