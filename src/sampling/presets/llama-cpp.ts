/** llama.cpp's default chain: truncation on the untempered distribution, temperature last. */
import type { Preset } from "./preset.ts";

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
    // Mirostat versions 1 and 2 have their own order; this is the place of version 0, which is off.
    "mirostat",
    "adaptive_p",
  ],
  instead: {
    option: "mirostat",
    values: [1, 2],
    order: ["reasoning_budget", "token_bitmask", "logit_bias", "temperature", "mirostat"],
  },
  defaults: { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 },
  // Its top-n-sigma sampler knows no min_keep; the others share one.
  fixed: { top_n_sigma: { min_keep: 1 } },
  spellings: [{ option: "top_k", written: -1, means: 0 }],
  rules: {
    repetition_penalty: PENALTIES,
    frequency_penalty: PENALTIES,
    presence_penalty: PENALTIES,
    dry: { dry_base: 1.75, dry_allowed_length: 2, dry_penalty_last_n: 64 },
    typical_p: { typical_p_inclusive: true },
    dynatemp: { dynatemp_tokens: "listed" },
  },
  seed_drawn_for: -1,
  notes: [
    "DRY's sequence breakers are token ids here; llama.cpp finds the tokens of its strings itself.",
    "A penalty_last_n or dry_penalty_last_n of -1 meant the whole context until 4 August 2026; llama.cpp has refused it since. Here it still means all.",
    "When tokens tie at a cut, llama.cpp may keep any of them, because its sort is not stable. Here the lower ids stay.",
    "In llama.cpp a token of probability 0 makes the entropy of typical-p NaN, so the kept tokens are arbitrary. Every banned token and every token that top_n_sigma masks has this effect. Here 0 · ln 0 is 0.",
    "In llama.cpp's mirostat 1, a logit of -inf breaks the estimate, and a bound above the largest int leaves one token. Here both work.",
    "min_keep counts banned tokens in llama.cpp too, and those that top_n_sigma masks.",
    "llama.cpp reports the softmax of the unchanged logits, unless post_sampling_probs is set.",
    "A grammar, given as token_bitmask, applies before the draw. llama.cpp first draws without the grammar and draws again with it when the token does not fit, which gives other probabilities.",
    "The infill sampler is not supported. reasoning_budget works on token ids, not on text: it does not wait for the rest of a character that several tokens make up. It finds marks that overlap with themselves, which llama.cpp misses.",
    "Randomness is keyed by seed and step, not carried from draw to draw, so the same seed gives other tokens than in the host.",
  ],
};
