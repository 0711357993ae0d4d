/** SGLang's sampler as its PyTorch path computes it. */
import type { Preset } from "../preset.ts";

export const sglang: Preset = {
  name: "sglang",
  summary:
    "Penalties, mask and bias, then temperature; top-p and top-k are both taken of the whole distribution.",
  source: {
    title: "SGLang, python/sglang/srt/layers/sampler.py and sampling/sampling_batch_info.py",
    url: "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/layers/sampler.py",
  },
  order: [
    "frequency_penalty",
    "presence_penalty",
    "min_tokens",
    "repetition_penalty",
    "token_bitmask",
    "logit_bias",
    "temperature",
    // Its top-p does not renormalise after top-k: both are prefixes of one ranking, so top-p first gives the same set.
    "top_p",
    "top_k",
    "min_p",
  ],
  defaults: {},
  rules: {
    repetition_penalty: { penalty_scope: "generated" },
    top_p: { top_p_inclusive: true },
  },
  notes: [
    "top_k -1 is written 0 here.",
    "Older versions count the prompt in the repetition penalty: penalty_scope history.",
    "With FlashInfer and a min_p, SGLang takes top_p of what top_k left.",
    "Temperatures below 1e-6 are greedy in SGLang; here only 0 is.",
    "SGLang adds the bias after the mask, and the frequency and presence penalties before the repetition penalty scales.",
    "Custom logit processors are not here.",
  ],
};
