/**
 * The stage orders, defaults and rules of the hosts people know, as plain data. A preset fills in what a request
 * leaves open; what the request says always wins.
 */

export interface Preset {
  readonly name: string;
  readonly summary: string;
  /** stages in the order in which the host applies them */
  readonly order: readonly string[];
  /** options of the short form that hold when the request does not give them */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** the host's variants of a rule: stage → options that hold when the request does not give them */
  readonly rules: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const openai: Preset = {
  name: "openai",
  summary: "Bias and penalties, then temperature, then truncation; everything neutral unless asked for.",
  order: [
    "allowed_token_ids",
    "token_bitmask",
    "logit_bias",
    "sequence_bias",
    "bad_words_ids",
    "no_repeat_ngram_size",
    "min_tokens",
    "exponential_decay_length_penalty",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "dry",
    "forced_token_ids",
    "dynatemp",
    "temperature",
    "smoothing",
    "top_n_sigma",
    "top_h",
    "top_k",
    "top_a",
    "tfs",
    "top_p",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "p_less",
    "xtc",
    "mirostat",
    "adaptive_p",
  ],
  defaults: {},
  rules: {},
};

export const PRESETS: readonly Preset[] = [openai];

export const DEFAULT_PRESET = openai;
