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
    "logit_bias",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
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
  ],
  defaults: {},
  rules: {},
};

export const PRESETS: readonly Preset[] = [openai];

export const DEFAULT_PRESET = openai;
