/** WebLLM's sampler: MLC's kernels in a browser. */
import type { Preset } from "./preset.ts";

export const webLlm: Preset = {
  name: "web-llm",
  summary: "Mask, bias, presence and frequency penalties before the repetition penalty, temperature, top-p.",
  source: {
    title: "WebLLM, src/llm_chat.ts, and MLC LLM, compiler_pass/attach_logit_processor.py",
    url: "https://github.com/mlc-ai/web-llm/blob/main/src/llm_chat.ts",
  },
  order: [
    "token_bitmask",
    "logit_bias",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "temperature",
    "top_p",
  ],
  defaults: {},
  rules: { repetition_penalty: { penalty_scope: "generated" } },
  notes: [
    "When a request omits temperature, top_p or penalties, web-llm takes them from the model's mlc-chat-config.json; here they are off.",
    "The penalties count the tokens generated in this round of a chat; here earlier rounds belong to the prompt.",
    "web-llm raises temperatures below 1e-6 and top_p below 1e-5 to these values; here a temperature of 0 is greedy, and top_p 0 keeps one token.",
    "An application's LogitProcessor, which runs between mask and bias, is not supported.",
  ],
};
