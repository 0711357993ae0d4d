/** transformers.js' generate with do_sample: processors, then the multinomial sampler. */
import type { Preset } from "./preset.ts";

export const transformersJs: Preset = {
  name: "transformers.js",
  summary: "Penalties and bans, then temperature and exactly the k best; top-p is not applied.",
  source: {
    title: "transformers.js, generation/controller.js and generation/logits_sampler.js",
    url: "https://github.com/huggingface/transformers.js/blob/main/packages/transformers/src/generation/logits_sampler.js",
  },
  order: [
    "repetition_penalty",
    "no_repeat_ngram_size",
    "bad_words_ids",
    "min_tokens",
    "forced_token_ids",
    "logit_bias",
    "temperature",
    "top_k",
  ],
  defaults: { top_k: 50 },
  rules: { forced_token_ids: { forced_over_bans: true } },
  notes: [
    "Without do_sample transformers.js is greedy: temperature 0.",
    "top_p is read but not applied; here it is an error.",
    "logit_bias of -inf comes at the place where transformers.js suppresses tokens; transformers.js has no other biases.",
    "min_length counts the prompt: min_tokens with min_tokens_scope history.",
    "Guidance, Whisper's timestamps, beams and an application's own processors are not supported.",
  ],
};
