/** mistral.rs' sampler. */
import type { Preset } from "./preset.ts";

export const mistralRs: Preset = {
  name: "mistral.rs",
  summary:
    "DRY, frequency and presence penalty, repetition penalty, bias, temperature, exactly k tokens, top-p of those, min-p; greedy without a temperature.",
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
    "mistral.rs takes options that a request omits from the model's generation_config.json; here they are off.",
    "A token whose probability is exactly min_p times the best is removed in mistral.rs and stays here.",
    "The host does not define which of the tokens that tie at k or p stay, because its selection is not stable.",
    "In the host, DRY counts matches of up to 50 tokens, and a breaker is the last token of its string.",
    "On CUDA and Metal some requests are sampled by separate kernels, which were not compared.",
  ],
};
