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
    "No host has this order: it is the one that most of them share, with every other stage in the place where most have it.",
  ],
};
