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
      what: "The host's typical_p removes the token with which the mass passes p.",
      whose: "noted: ops/typical_p.py, `cumsum >= typical_p`",
      is: ({ options }) => "typical_p" in options,
    },
    {
      what: "The host's tfs includes banned and removed tokens with probability 0, which changes the curve.",
      whose: "noted: ops/tfs.py, over the whole row",
      is: (asked) =>
        "tfs" in asked.options &&
        (isBanned(asked) || "top_n_sigma" in asked.options || "top_a" in asked.options),
    },
    {
      what: "A banned token makes the host's standard deviation of top_n_sigma NaN, so nothing is cut.",
      whose: "host: ops/top_nsigma.py, std of a row with −∞",
      is: (asked) => "top_n_sigma" in asked.options && isBanned(asked),
    },
    {
      what: "When no token reaches epsilon_cutoff, the host keeps one of the tokens that equal the best.",
      whose: "noted: ops/epsilon_cutoff.py, argmax",
      is: ({ options }, theirs, ours) =>
        "epsilon_cutoff" in options && !("error" in theirs) && !("error" in ours) && theirs.kept.length === 1,
    },
    CLAMPED_BIAS,
    ARGMAX_OF_NOTHING,
  ],
};
