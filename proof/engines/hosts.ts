/** The hosts whose own code runs, with their tested options and their known differences. */

import { APHRODITE } from "./aphrodite.ts";
import type { Host, Known, Maker } from "./host.ts";
import { ARGMAX_OF_NOTHING, CLAMPED_BIAS, isBanned, says } from "./known.ts";
import {
  additive,
  allowed,
  bad_words_ids,
  between,
  distinct,
  id,
  ids,
  logit_bias,
  min_p,
  min_tokens,
  oneOf,
  repetition_penalty,
  temperature,
  top_k,
  top_p,
  whole,
} from "./makers.ts";
import { TRITON_KNOWN } from "./triton.ts";

const SUM_PASSES_ONE: Known = {
  what: "With top_p 1 and a top_k or min_p, the host drops the tail after the running sum passes 1 in float32.",
  whose: "host: layers/sampler.py, (probs_sum - probs_sort) > top_ps has no exception for 1",
  is: ({ options }, theirs, ours) => {
    if ("error" in theirs || "error" in ours || "top_p" in options) return false;
    const lost = ours.p.filter((_, i) => !theirs.kept.includes(ours.kept[i] as number)); // as many
    return theirs.kept.every((token) => ours.kept.includes(token)) && lost.every((p) => p < 1e-5);
  },
};

const PENALTIES = {
  repetition_penalty,
  presence_penalty: additive,
  frequency_penalty: additive,
};

const VLLM = {
  temperature: ((random, size) =>
    random.oneIn(12) ? random.pick([0, 0.004, 0.01]) : temperature(random, size)) as Maker,
  top_p,
  top_k: ((random, size) => (random.oneIn(10) ? -1 : top_k(random, size))) as Maker,
  min_p,
  ...PENALTIES,
  logit_bias,
  bad_words_ids,
  min_tokens,
  stop_token_ids: distinct,
  allowed_token_ids: allowed,
};

export const HOSTS: readonly Host[] = [
  {
    preset: "transformers",
    module: "transformers",
    history_min: 1,
    options: {
      temperature,
      top_k: ((random, size) => (random.oneIn(4) ? 0 : top_k(random, size))) as Maker,
      top_p,
      min_p,
      typical_p: between(0.05, 0.99),
      epsilon_cutoff: between(0.001, 0.4),
      eta_cutoff: between(0.001, 0.4),
      top_h: between(0.05, 1),
      repetition_penalty,
      no_repeat_ngram_size: whole(1, 4),
      bad_words_ids,
      min_tokens,
      stop_token_ids: distinct,
      logit_bias,
      sequence_bias: ((random, size) => {
        const token_ids = ids(random, size, 3);
        return [{ token_ids, bias: between(-3, 3)(random, size) }];
      }) as Maker,
      allowed_token_ids: allowed,
      forced_token_ids: ((random, size) => ({ [random.below(6)]: id(random, size) })) as Maker,
      exponential_decay_length_penalty: ((random) => [
        random.below(8),
        random.pick([1.01, 1.1, 1.6]),
      ]) as Maker,
    },
    density: 0.25,
    known: [
      {
        what: "The host drops an end token from bad_words_ids.",
        whose: "noted: NoBadWordsLogitsProcessor",
        is: ({ options }) => {
          const stops = (options["stop_token_ids"] ?? []) as readonly number[]; // as made above
          const bad = (options["bad_words_ids"] ?? []) as readonly (readonly number[])[];
          return bad.some(([only, ...more]) => more.length === 0 && stops.includes(only as number));
        },
      },
      {
        what: "In nearly certain rows, float32 rounding dominates the entropy of the host's top_h.",
        whose: "host: TopHLogitsWarper, ln p for p near 1 in float32",
        is: ({ options }, _, ours) =>
          "top_h" in options && !("error" in ours) && Math.max(...ours.p) > 0.9999,
      },
      {
        what: "When every allowed token is banned, transformers still draws from the allowed tokens; here the step fails with all_tokens_masked.",
        whose: "noted: PrefixConstrainedLogitsProcessor, unsatisfiable",
        is: ({ options }, theirs, ours) =>
          "allowed_token_ids" in options && says(ours, "all_tokens_masked") && !("error" in theirs),
      },
      {
        what: "A row of which everything is banned gives no number there, or an error of torch; here all_tokens_masked.",
        whose: "host: softmax of a row that is all −∞",
        is: (_, theirs, ours) => "error" in theirs && says(ours, "all_tokens_masked"),
      },
      {
        what: "In transformers, a sequence_bias and a logit_bias for the same token are one entry: the later one applies.",
        whose: "put so by this comparison",
        is: (asked) => "sequence_bias" in asked.options && "logit_bias" in asked.options,
      },
    ],
  },
  {
    preset: "vllm",
    variant: "pytorch",
    module: "vllm",
    options: VLLM,
    known: [CLAMPED_BIAS, ARGMAX_OF_NOTHING],
  },
  {
    preset: "vllm",
    variant: "triton",
    module: "vllm_triton",
    options: { temperature, top_p, top_k, min_p },
    density: 0.6,
    vocab_size_max: 600,
    known: TRITON_KNOWN,
  },
  {
    preset: "sglang",
    variant: "pytorch",
    module: "sglang",
    options: {
      temperature: ((random, size) =>
        random.oneIn(12) ? random.pick([0, 5e-7]) : temperature(random, size)) as Maker,
      top_p,
      top_k: ((random, size) => (random.oneIn(10) ? -1 : top_k(random, size))) as Maker,
      min_p,
      ...PENALTIES,
      logit_bias,
      min_tokens,
      stop_token_ids: distinct,
    },
    known: [SUM_PASSES_ONE, ARGMAX_OF_NOTHING],
  },
  {
    preset: "llama.cpp",
    module: "llama_cpp",
    options: {
      temperature,
      top_k: ((random, size) => (random.oneIn(4) ? 0 : top_k(random, size))) as Maker,
      top_p: ((random, size) => (random.oneIn(3) ? 1 : top_p(random, size))) as Maker,
      min_p: ((random, size) => (random.oneIn(3) ? 0 : min_p(random, size))) as Maker,
      typical_p: between(0.05, 0.99),
      top_n_sigma: between(0.1, 3),
      xtc_probability: oneOf(0, 1),
      xtc_threshold: between(0.01, 0.4),
      dynatemp_range: between(0.05, 0.6),
      dynatemp_exponent: between(0.5, 2),
      ...PENALTIES,
      penalty_last_n: whole(1, 30),
      dry_multiplier: between(0.1, 2),
      dry_base: between(1.1, 2.5),
      dry_allowed_length: whole(1, 4),
      logit_bias,
      min_keep: whole(1, 4),
    },
    density: 0.25,
    known: [
      {
        what: "In the host a token of probability 0 makes the entropy of typical-p NaN, so the kept tokens are arbitrary.",
        whose: "host: llama-sampler.cpp, llama_sampler_typical_apply, 0 · ln 0",
        is: (asked) => {
          const { options, logits } = asked;
          const finite = logits.filter(Number.isFinite);
          const wide = Math.max(...finite) - Math.min(...finite) > 80;
          const is_far = wide || "dry_multiplier" in options; // which takes off any amount
          return "typical_p" in options && (isBanned(asked) || "top_n_sigma" in options || is_far);
        },
      },
      {
        what: "The host's min_keep also counts banned tokens and those that top_n_sigma masks, so fewer drawable tokens stay.",
        whose: "noted: llama-sampler.cpp, cur_p->size",
        is: ({ options, ...asked }) =>
          Number(options["min_keep"] ?? 1) > 1 &&
          (isBanned({ options, ...asked }) || "top_n_sigma" in options),
      },
    ],
  },
  {
    preset: "mlx-lm",
    module: "mlx_lm",
    options: {
      temperature,
      top_p,
      min_p,
      top_k: ((random, size) => 1 + random.below(size - 1)) as Maker,
      xtc_probability: oneOf(1),
      xtc_threshold: between(0.01, 0.4),
      ...PENALTIES,
      penalty_last_n: whole(1, 30),
      logit_bias,
    },
    known: [
      {
        what: "The host's XTC counts probabilities above the threshold, and all tokens that tie as the least likely of these stay.",
        whose: "noted: mlx_lm/sample_utils.py, apply_xtc",
        is: ({ options }, theirs, ours) =>
          options["xtc_probability"] === 1 &&
          !("error" in theirs) &&
          !("error" in ours) &&
          theirs.kept.length >= ours.kept.length,
      },
    ],
  },
  {
    preset: "lmdeploy",
    module: "lmdeploy",
    options: {
      temperature: ((random, size) => (random.oneIn(12) ? 0 : temperature(random, size))) as Maker,
      top_k: ((random, size) => (random.oneIn(4) ? 0 : top_k(random, size))) as Maker,
      top_p,
      min_p,
      repetition_penalty,
      bad_words_ids: ((random, size) =>
        Array.from({ length: 1 + random.below(3) }, () => [id(random, size)])) as Maker,
      min_tokens,
      stop_token_ids: distinct,
    },
    known: [ARGMAX_OF_NOTHING],
  },
  APHRODITE,
  {
    preset: "exllamav3",
    variant: "steps",
    module: "exllamav3",
    options: {
      temperature: ((random, size) => (random.oneIn(12) ? 0 : temperature(random, size))) as Maker,
      top_k: ((random, size) => (random.oneIn(4) ? 0 : top_k(random, size))) as Maker,
      top_p,
      min_p,
      logit_bias,
    },
    known: [ARGMAX_OF_NOTHING],
  },
];
