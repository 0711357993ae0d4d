/** transformers' generate with do_sample: processors, then warpers. */
import type { Preset } from "../preset.ts";

export const transformers: Preset = {
  name: "transformers",
  summary:
    "Biases, penalties and bans, then temperature and the warpers in their fixed order; ties are kept.",
  source: {
    title: "transformers, GenerationMixin._get_logits_processor",
    url: "https://github.com/huggingface/transformers/blob/main/src/transformers/generation/utils.py",
  },
  order: [
    "sequence_bias",
    "logit_bias",
    "encoder_repetition_penalty",
    "repetition_penalty",
    "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size",
    "bad_words_ids",
    "min_tokens",
    "allowed_token_ids",
    "token_bitmask",
    "forced_token_ids",
    "exponential_decay_length_penalty",
    "begin_suppress_tokens",
    "temperature",
    "top_h",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
  ],
  defaults: { top_k: 50 },
  rules: {
    sequence_bias: { sequence_min_history: "sequence" },
    bad_words_ids: { sequence_min_history: "sequence" },
    top_k: { ties: "keep" },
    typical_p: { typical_p_ties: "keep" },
  },
  notes: [
    "logit_bias is what transformers writes as a sequence_bias of single tokens.",
    "allowed_token_ids and token_bitmask stand where transformers calls prefix_allowed_tokens_fn.",
    "transformers drops an end token from bad_words_ids: bad_words_spared_ids.",
    "min_length counts the prompt: min_tokens with min_tokens_scope history.",
    "Guidance, watermarks and renormalize_logits are not here; the last changes no probability.",
  ],
};
