/**
 * Aphrodite's sampler, a fork of vLLM's V1 with many more samplers. Options that are not listed here are those
 * of vLLM.
 */
import type { Preset } from "./preset.ts";
import { VLLM_MASKS, VLLM_PENALTIES, vllm } from "./vllm.ts";

export const aphrodite: Preset = {
  ...vllm,
  name: "aphrodite",
  summary:
    "Masks, bias, DRY, penalties, n-grams, temperature, top-nσ and the cuts by probability, smoothing, XTC, min-p; top-k and top-p last.",
  source: {
    title: "Aphrodite 0.24.1, aphrodite/v1/sample/sampler.py",
    url: "https://github.com/aphrodite-engine/aphrodite-engine/blob/main/aphrodite/v1/sample/sampler.py",
  },
  order: [
    ...VLLM_MASKS,
    "dry",
    ...VLLM_PENALTIES,
    "no_repeat_ngram_size",
    "dynatemp",
    "temperature",
    "top_n_sigma",
    "top_a",
    "tfs",
    "eta_cutoff",
    "epsilon_cutoff",
    "typical_p",
    "smoothing",
    "xtc",
    "mirostat",
    "min_p",
    "skew",
    "top_k",
    "top_p",
  ],
  instead: {
    option: "mirostat",
    values: [2],
    order: [...VLLM_MASKS, ...VLLM_PENALTIES, "mirostat", "min_p", "skew", "top_k", "top_p"],
  },
  rules: {
    ...vllm.rules,
    top_n_sigma: { top_n_sigma_divisor: "n-1" },
    skew: { skew_order: "id" },
  },
  seed_drawn_for: -1,
  notes: [
    "In Aphrodite 0.24.1 the penalties apply twice: once with the masks and once in the order of the samplers. Here they apply once.",
    "In Aphrodite, typical-p removes the token with which the mass passes p; here that token stays.",
    "In Aphrodite, a banned token makes the standard deviation of top_n_sigma NaN, so nothing is cut.",
    "When no token reaches epsilon_cutoff, Aphrodite keeps one of the tokens that equal the best; here all of them stay.",
    "In text-generation-webui, tfs includes banned and removed tokens with probability 0, which changes the curve; here it uses only the remaining tokens.",
    "Write temperature_last as chain.",
    "Aphrodite counts epsilon_cutoff and eta_cutoff in units of 1e-4 in requests.",
  ],
};
