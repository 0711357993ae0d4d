/** The parameters of OpenAI's API that change what is drawn, and no others. */
import type { Preset } from "./preset.ts";

export const openai: Preset = {
  name: "openai",
  summary: "The options of OpenAI's API: bias, presence and frequency penalties, temperature, top-p.",
  source: {
    title: "OpenAI API reference, chat completions",
    url: "https://platform.openai.com/docs/api-reference/chat/create",
  },
  order: ["logit_bias", "presence_penalty", "frequency_penalty", "temperature", "top_p"],
  defaults: {},
  rules: {},
  notes: [
    "This is the form of a request, not an engine's code: OpenAI does not publish the order in which it applies these options.",
    "OpenAI limits biases to -100 … 100, the temperature to 0 … 2 and top_logprobs to 20; here the limits are wider.",
  ],
};
