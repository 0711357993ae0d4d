/** The default: what OpenAI's parameters mean, and every other stage in the place that the catalogue gives it. */

import { STAGES } from "../stages/index.ts";
import type { Preset } from "./preset.ts";

export const openai: Preset = {
  name: "openai",
  summary:
    "Masks, bias and penalties, then temperature, then truncation; everything neutral unless asked for.",
  source: {
    title: "OpenAI API reference, chat completions",
    url: "https://platform.openai.com/docs/api-reference/chat/create",
  },
  order: STAGES.filter((stage) => !stage.comesFirst).map(({ name }) => name),
  defaults: {},
  rules: {},
  notes: [
    "OpenAI itself has logit_bias, presence_penalty, frequency_penalty, temperature and top_p; the other stages are in the places where most hosts have them.",
    "OpenAI limits biases to -100 … 100, the temperature to 0 … 2 and top_logprobs to 20; here the limits are wider.",
  ],
};
