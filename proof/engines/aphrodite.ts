/** Aphrodite: its penalties are left out, for they take effect twice there (the preset notes it). */
import type { Host } from "./host.ts";
import { ARGMAX_OF_NOTHING, CLAMPED_BIAS, isBanned } from "./known.ts";
import { allowed, between, logit_bias, min_p, oneOf, temperature, top_k, top_p, whole } from "./makers.ts";

export const APHRODITE: Host = {
  preset: "aphrodite",
  variant: "pytorch",
  module: "aphrodite",
  history_min: 1,
  options: {
    temperature,
    top_p,
    top_k,
    min_p,
    top_a: between(0.01, 0.9),
    tfs: between(0.5, 0.99),
    eta_cutoff: between(0.001, 0.4),
    epsilon_cutoff: between(0.001, 0.4),
    typical_p: between(0.05, 0.99),
    top_n_sigma: between(0.1, 3),
    smoothing_factor: between(0.05, 0.4),
    smoothing_curve: between(1, 3),
    xtc_probability: oneOf(1),
    xtc_threshold: between(0.01, 0.4),
    no_repeat_ngram_size: whole(1, 4),
    logit_bias,
    allowed_token_ids: allowed,
  },
  density: 0.18,
  known: [
    {
      what: "The mass of typical_p is cut before the token that passes it.",
      whose: "noted: ops/typical_p.py, `cumsum >= typical_p`",
      is: ({ options }) => "typical_p" in options,
    },
    {
      what: "tfs counts banned and removed tokens as probabilities of 0: they bend the curve.",
      whose: "noted: ops/tfs.py, over the whole row",
      is: (asked) =>
        "tfs" in asked.options &&
        (isBanned(asked) || "top_n_sigma" in asked.options || "top_a" in asked.options),
    },
    {
      what: "A banned token makes the deviation of top_n_sigma not a number, and nothing is cut.",
      whose: "host: ops/top_nsigma.py, std of a row with −∞",
      is: (asked) => "top_n_sigma" in asked.options && isBanned(asked),
    },
    {
      what: "Of tokens that equal the best one stays when none reaches epsilon_cutoff.",
      whose: "noted: ops/epsilon_cutoff.py, argmax",
      is: ({ options }, theirs, ours) =>
        "epsilon_cutoff" in options && !("error" in theirs) && !("error" in ours) && theirs.kept.length === 1,
    },
    CLAMPED_BIAS,
    ARGMAX_OF_NOTHING,
  ],
};
