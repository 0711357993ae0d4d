/** ExLlamaV3's ComboSampler. */
import type { Preset } from "../preset.ts";

export const exllamav3: Preset = {
  name: "exllamav3",
  summary:
    "Penalties, temperature, then min-p, top-k with all that tie, and top-p without the token that passes p.",
  source: {
    title: "ExLlamaV3, exllamav3/generator/sampler/presets.py",
    url: "https://github.com/turboderp-org/exllamav3/blob/master/exllamav3/generator/sampler/presets.py",
  },
  order: [
    "token_bitmask",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
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
    top_k: { ties: "keep" },
    top_p: { top_p_crossing: "drop" },
  },
  notes: [
    "temp_last puts the temperature behind top_p: write it as chain.",
    "The penalties' decay_range is penalty_decay_range; without one ExLlamaV3 counts one token less than its sustain_range, and a negative presence penalty does nothing there.",
    "adaptive_target 1 is off in ExLlamaV3; here a negative one is.",
  ],
};
