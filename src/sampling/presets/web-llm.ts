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
    "Temperature, top_p and penalties that a request leaves open come from the model's mlc-chat-config.json; here they are off.",
    "The penalties count what was generated in this round of a chat; the rounds before belong to the prompt here.",
    "Temperatures below 1e-6 and top_p below 1e-5 are raised to these; here 0 is greedy, and one token.",
    "An application's LogitProcessor, which stands between mask and bias, is not here.",
  ],
};
