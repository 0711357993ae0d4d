/** ExLlamaV3's ComboSampler. */
import type { Preset } from "./preset.ts";

export const exllamav3: Preset = {
  name: "exllamav3",
  summary: "Bias, penalties, DRY, temperature, then min-p, top-k with all that tie, and top-p.",
  source: {
    title: "ExLlamaV3 1.6.5, exllamav3/generator/sampler/presets.py and custom.py",
    url: "https://github.com/turboderp-org/exllamav3/blob/master/exllamav3/generator/sampler/presets.py",
  },
  order: [
    "token_bitmask",
    "logit_bias",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "dry",
    "temperature",
    "min_p",
    "top_k",
    "top_p",
    "adaptive_p",
  ],
  defaults: {},
  rules: {
    presence_penalty: { penalty_scope: "history" },
    frequency_penalty: { penalty_scope: "history" },
    dry: { dry_base: 1.75, dry_allowed_length: 2 },
  },
  variants: [
    {
      name: "fused",
      summary:
        "One fused pass for the usual combinations of samplers. All tokens that tie at k stay. Used on CUDA.",
      source: {
        title: "ExLlamaV3 1.6.5, SS_Fused",
        url: "https://github.com/turboderp-org/exllamav3/blob/master/exllamav3/generator/sampler/custom.py",
      },
      rules: { top_k: { ties: "keep" } },
      notes: [
        "In ExLlamaV3 all tokens that tie with the one that passes p may be drawn, with the total weight of those that a sort would keep; here only the lower ids stay.",
        "ExLlamaV3 does not order tokens more than 32 nats below the best: when k falls among them, fewer than k stay.",
      ],
    },
    {
      name: "steps",
      summary:
        "Separate steps over a sorted row: exactly k tokens stay. Used for combinations that are not fused.",
      source: {
        title: "ExLlamaV3 1.6.5, SS_TopK and SS_TopP",
        url: "https://github.com/turboderp-org/exllamav3/blob/master/exllamav3/generator/sampler/custom.py",
      },
      rules: { top_k: { ties: "cut" } },
    },
  ],
  notes: [
    "temp_last moves the temperature after top_p: write that as chain.",
    "ExLlamaV3's decay_range is penalty_decay_range. Without a decay_range, ExLlamaV3 counts one token less than its sustain_range. A negative presence penalty has no effect in ExLlamaV3.",
    "Versions before 1 drop the token that passes p: top_p_crossing drop.",
    "A temperature of 0 and top_k 1 take the argmax after DRY, without the cuts.",
    "DRY's breakers are token ids. By default, ExLlamaV3 uses the tokens of punctuation and line breaks.",
    "In ExLlamaV3 adaptive_target 1 means off; here a negative value does.",
  ],
};
