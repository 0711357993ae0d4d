/** SGLang's sampler, by its backend. */
import type { Place, Preset } from "./preset.ts";

/** The stages before the cuts. */
const BEGINNING: readonly Place[] = [
  "frequency_penalty",
  "presence_penalty",
  "min_tokens",
  "repetition_penalty",
  "token_bitmask",
  "logit_bias",
  "temperature",
];

export const sglang: Preset = {
  name: "sglang",
  summary:
    "Penalties, mask and bias, then temperature. Top-p and top-k both apply to the whole distribution.",
  source: {
    title: "SGLang 0.5.23, python/sglang/srt/layers/sampler.py and sampling/sampling_batch_info.py",
    url: "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/layers/sampler.py",
  },
  // Its top-p does not renormalise after top-k: both are prefixes of one ranking, so top-p first gives the same set.
  order: [...BEGINNING, "top_p", "top_k", "min_p"],
  defaults: {},
  rules: {
    repetition_penalty: { penalty_scope: "generated" },
    temperature: { temperature_greedy_below: 1e-6 },
  },
  reports: { logprobs_mode: "behind_temperature" },
  spellings: [{ option: "top_k", written: -1, means: 0 }],
  variants: [
    {
      name: "pytorch",
      summary:
        "A sort: exactly k tokens stay, and a token also stays when the tokens before it have exactly the mass p. Used with deterministic inference, which seeds require, and on machines without FlashInfer.",
      source: {
        title: "SGLang 0.5.23, top_k_top_p_min_p_sampling_from_probs_torch",
        url: "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/layers/sampler.py",
      },
      rules: { top_p: { top_p_inclusive: true } },
      notes: [
        "torch.sort is not stable by default: on long rows other ids among equal tokens may stay.",
        "Sums and probabilities are in float32. With top_p 1 and a top_k or min_p the tail may be removed, and probabilities below 1e-45 are 0.",
      ],
    },
    {
      name: "flashinfer",
      summary:
        "Rejection sampling: a token stays when fewer than k tokens are more likely and those have less than p together, so all tokens that tie stay. With a min_p, top-p applies to the tokens that top-k keeps. The usual backend on a GPU, without seeds.",
      source: {
        title: "FlashInfer 0.7.2, sampling.cuh",
        url: "https://github.com/flashinfer-ai/flashinfer/blob/main/include/flashinfer/sampling.cuh",
      },
      rules: { top_k: { ties: "keep" }, top_p: { top_p_ties: "keep" } },
      instead: { option: "min_p", above: 0, order: [...BEGINNING, "top_k", "top_p", "min_p"] },
    },
  ],
  notes: [
    "Older versions count the prompt in the repetition penalty: penalty_scope history.",
    "SGLang adds the bias after the mask, and the frequency and presence penalties before the repetition penalty scales. With the overlap scheduler off, it applies the penalties of a Python set, in no fixed order.",
    "SGLANG_RETURN_ORIGINAL_LOGPROB is logprobs_mode before_temperature.",
    "Custom logit processors are not supported.",
  ],
};
