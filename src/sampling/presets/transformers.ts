/** transformers' generate with do_sample: processors, then warpers. */
import type { Preset } from "../preset.ts";

export const transformers: Preset = {
  name: "transformers",
  summary:
    "Biases, penalties and bans, then temperature and the warpers in their fixed order; ties are kept.",
  source: {
    title: "transformers 5.24, GenerationMixin._get_logits_processor",
    url: "https://github.com/huggingface/transformers/blob/main/src/transformers/generation/utils.py",
  },
  order: [
    "sequence_bias",
    "logit_bias",
    "repetition_penalty",
    "no_repeat_ngram_size",
    "bad_words_ids",
    "min_tokens",
    "allowed_token_ids",
    "token_bitmask",
    "forced_token_ids",
    "exponential_decay_length_penalty",
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
    forced_token_ids: { forced_over_bans: true },
    top_k: { ties: "keep" },
    top_p: { top_p_ties: "highest" },
    typical_p: { typical_p_ties: "keep" },
  },
  notes: [
    "logit_bias is what transformers writes as a sequence_bias of single tokens.",
    "allowed_token_ids and token_bitmask stand where transformers calls prefix_allowed_tokens_fn.",
    "transformers drops an end token from bad_words_ids; here it is banned like any other.",
    "Until version 5 a sequence_bias or bad word needed a history as long as itself: sequence_min_history sequence.",
    "When everything that prefix_allowed_tokens_fn allows is banned, transformers 5 draws from it all the same; here it is an error.",
    "min_length counts the prompt: min_tokens with min_tokens_scope history.",
    "torch.sort is not stable unless asked for: on long rows other ids among equals may stay than the highest at top_p.",
    "With beams transformers keeps one token more than there are end tokens, and those that equal the last of them: min_keep cuts by id.",
    "exponential_decay_length_penalty of a banned end token was not a number before version 5; since it stays banned, as here.",
    "In rows that are nearly certain the entropy of top_h is float32's rounding in transformers, and a token more or less may stay.",
    "A row of which everything is banned gives token 0 in transformers when it is greedy; here it is an error.",
    "What transformers calls scores are the processed scores, not normalised; their log-softmax is logprobs_mode processed.",
    "The encoder's penalties, guidance, watermarks and renormalize_logits are not here; the last changes no probability.",
  ],
};
