/** koboldcpp's chain with its default sampler order: 6, 0, 1, 3, 4, 2, 5. */
import type { Place, Preset } from "./preset.ts";

/** The stages before the samplers that the user may reorder. */
const BEGINNING: readonly Place[] = [
  "logit_bias",
  "dry",
  // For speed koboldcpp considers only the best 3,000 tokens.
  { stage: "top_k", top_k: 3000 },
  "token_bitmask",
  "repetition_penalty",
  "presence_penalty",
];

export const koboldcpp: Preset = {
  name: "koboldcpp",
  summary:
    "DRY, a cut to 3,000 tokens, penalties, truncation, then temperature and quadratic smoothing; XTC last.",
  source: {
    title: "koboldcpp, gpttype_adapter.cpp, SampleLogits",
    url: "https://github.com/LostRuins/koboldcpp/blob/concedo/gpttype_adapter.cpp",
  },
  order: [
    ...BEGINNING,
    "top_k",
    "top_a",
    "tfs",
    "typical_p",
    "top_p",
    "min_p",
    "dynatemp",
    "temperature",
    "smoothing",
    "top_n_sigma",
    "xtc",
    "mirostat",
    "adaptive_p",
  ],
  instead: {
    option: "mirostat",
    values: [1, 2],
    order: [...BEGINNING, "temperature", "smoothing", "mirostat"],
  },
  defaults: { temperature: 0.75, top_k: 100, top_p: 0.92 },
  rules: {
    repetition_penalty: { penalty_last_n: 320, penalty_scope: "history" },
    presence_penalty: { penalty_last_n: 320, penalty_scope: "history" },
    dry: { dry_base: 1.75, dry_allowed_length: 2, dry_penalty_last_n: 320, dry_breaker_rule: "cut" },
    xtc: { xtc_threshold: 0.2 },
    tfs: { tfs_edge: "before" },
    typical_p: { typical_p_inclusive: true },
  },
  seed_drawn_for: -1,
  notes: [
    "The slope of the repetition penalty over its range is not supported: every token of the range counts the same.",
    "Write a sampler order other than the default as chain.",
    "When a grammar allows none of the best 3,000 tokens, koboldcpp considers all tokens; here that is an error.",
    "DRY's sequence breakers are token ids here. koboldcpp's dry_penalty_last_n 0 means the whole context, which is -1 here.",
    "koboldcpp's XTC subtracts 999 from the scores of the tokens that it excludes; here those tokens are removed.",
    "In koboldcpp adaptive_target 0 means off; here a negative value does. With adaptive_target and neither top_p nor min_p, koboldcpp adds a min_p of 0.002.",
    "A negative dynatemp_range, which koboldcpp accepts, is refused here.",
    "The reasoning budget is not supported.",
  ],
};
