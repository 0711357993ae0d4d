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
        "One fused pass, which the usual stacks of samplers become: of tokens that tie at k all stay. CUDA runs it.",
      source: {
        title: "ExLlamaV3 1.6.5, SS_Fused",
        url: "https://github.com/turboderp-org/exllamav3/blob/master/exllamav3/generator/sampler/custom.py",
      },
      rules: { top_k: { ties: "keep" } },
      notes: [
        "Tokens that tie with the one that passes p all stay eligible there, with the weight of those that a sort would keep; here the lower ids stay.",
        "Tokens 32 nats below the best are not ordered there: when k falls among them fewer than k stay.",
      ],
    },
    {
      name: "steps",
      summary: "One step after the other over a sort: exactly k stay. Stacks that are not fused run it.",
      source: {
        title: "ExLlamaV3 1.6.5, SS_TopK and SS_TopP",
        url: "https://github.com/turboderp-org/exllamav3/blob/master/exllamav3/generator/sampler/custom.py",
      },
      rules: { top_k: { ties: "cut" } },
    },
  ],
  notes: [
    "temp_last puts the temperature behind top_p: write it as chain.",
    "The penalties' decay_range is penalty_decay_range; without one ExLlamaV3 counts one token less than its sustain_range, and a negative presence penalty does nothing there.",
    "Versions before 1 drop the token that passes p: top_p_crossing drop.",
    "A temperature of 0 and top_k 1 are the argmax behind DRY, without the cuts.",
    "DRY's breakers are token ids; without any ExLlamaV3 takes those of punctuation and line breaks.",
    "adaptive_target 1 is off in ExLlamaV3; here a negative one is.",
  ],
};
