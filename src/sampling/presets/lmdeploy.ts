/** LMDeploy's PyTorch engine. */
import type { Preset } from "./preset.ts";

export const lmdeploy: Preset = {
  name: "lmdeploy",
  summary:
    "Grammar, repetition penalty, temperature, bans, then exactly k tokens, top-p of those including the token that exactly reaches p, then min-p.",
  source: {
    title: "LMDeploy 0.18.0, lmdeploy/pytorch/engine/logits_process.py",
    url: "https://github.com/InternLM/lmdeploy/blob/main/lmdeploy/pytorch/engine/logits_process.py",
  },
  order: [
    "token_bitmask",
    "repetition_penalty",
    "temperature",
    "bad_words_ids",
    "min_tokens",
    "top_k",
    "top_p",
    "min_p",
  ],
  defaults: { temperature: 0.8, top_k: 50 },
  rules: {
    repetition_penalty: { penalty_scope: "generated" },
    top_p: { top_p_inclusive: true },
  },
  notes: [
    "Without do_sample LMDeploy is greedy: temperature 0.",
    "LMDeploy turns a temperature of 0 into 1 with top_k 1, with a warning.",
    "In LMDeploy bad words are single tokens.",
    "Ending the generation at a repeated n-gram (repetition_ngram_size) is not supported.",
    "torch.sort is not stable by default: on long rows other ids among equal tokens may stay.",
    "The TurboMind engine has its own kernels, which were not compared.",
  ],
};
