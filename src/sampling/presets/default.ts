/** The default: every stage, each neutral unless a request asks for it, in the order of the catalogue. */
import { STAGES } from "../stages/index.ts";
import type { Preset } from "./preset.ts";

export const defaultPreset: Preset = {
  name: "default",
  summary:
    "Every stage: masks, bias and penalties, then temperature, then truncation. All stages are off by default.",
  source: {
    title:
      "Min-p behind the temperature and top-p: Hugging Face transformers, generation/utils.py, whose order this one follows",
    url: "https://github.com/huggingface/transformers/blob/main/src/transformers/generation/utils.py",
  },
  order: STAGES.filter((stage) => !stage.comesFirst).map(({ name }) => name),
  defaults: {},
  rules: {},
  notes: [
    "No single host has exactly this order. It is the order that most hosts share, with each other stage at the place where most hosts have it.",
  ],
};
