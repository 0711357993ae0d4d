/** Differences that several hosts have, and how they are recognised. */
import type { Answer, Case, Known } from "./host.ts";

export const isBanned = ({ logits, options }: Case) =>
  logits.includes(Number.NEGATIVE_INFINITY) ||
  ["bad_words_ids", "no_repeat_ngram_size", "min_tokens", "allowed_token_ids"].some(
    (name) => name in options,
  ) ||
  Object.values((options["logit_bias"] ?? {}) as Record<string, unknown>).includes("-inf"); // as made above

export const says = (answer: Answer, text: string) => "error" in answer && answer.error.includes(text);

export const ARGMAX_OF_NOTHING: Known = {
  what: "When all tokens are banned, a greedy step of the host draws token 0; here it is the error all_tokens_masked.",
  whose: "host: argmax of a row that is all −∞",
  is: (_, theirs, ours) => says(ours, "all_tokens_masked") && !("error" in theirs),
};

export const CLAMPED_BIAS: Known = {
  what: "The host clamps a bias of -inf to -100, so the token keeps a little probability.",
  whose: "noted: sampling_params.py, SamplingParams.from_optional",
  is: ({ options }, theirs, ours) => {
    if ("error" in theirs) return false;
    const bias = (options["logit_bias"] ?? {}) as Record<string, unknown>; // as made below
    const kept = "error" in ours ? [] : ours.kept;
    const more = theirs.kept.filter((token) => !kept.includes(token));
    return more.length > 0 && more.every((token) => bias[token] === "-inf");
  },
};
