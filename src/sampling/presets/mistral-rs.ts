/** mistral.rs' sampler. */
import type { Preset } from "./preset.ts";

export const mistralRs: Preset = {
  name: "mistral.rs",
  summary:
    "DRY, frequency and presence penalty before the repetition penalty, bias, temperature, exactly k, top-p of those, min-p; greedy without a temperature.",
  source: {
    title: "mistral.rs 9e922623, mistralrs-core/src/sampler.rs",
    url: "https://github.com/EricLBuehler/mistral.rs/blob/master/mistralrs-core/src/sampler.rs",
  },
  order: [
    "token_bitmask",
    "dry",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "logit_bias",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
  ],
  defaults: { temperature: 0 },
  rules: {
    dry: { dry_base: 1.75, dry_allowed_length: 2 },
    temperature: { temperature_greedy_below: 1e-7 },
  },
  fixed: { top_p: { min_keep: 1 }, min_p: { min_keep: 1 } },
  reports: { logprobs_mode: "behind_temperature" },
  spellings: [
    { option: "top_k", written: -1, means: 0 },
    { option: "top_p", written: 0, means: 1 },
    { option: "min_p", written: 1, means: 0 },
  ],
  notes: [
    "Defaults of the model's generation_config.json fill what a request leaves open; here they are off.",
    "A token whose probability is just min_p times the best goes there, and stays here.",
    "Which of the tokens that tie at k or p stay is open: the selection is not stable.",
    "DRY counts matches up to 50 tokens there, and a breaker is the last token of its string.",
    "On CUDA and Metal some requests are sampled by kernels of their own, which were not looked at.",
  ],
};
