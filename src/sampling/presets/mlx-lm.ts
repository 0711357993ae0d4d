/** mlx-lm's make_sampler and make_logits_processors. */
import type { Preset } from "./preset.ts";

/** Each penalty looks at the last 20 tokens, prompt included. */
const PENALTIES = { penalty_last_n: 20, penalty_scope: "history" } as const;

export const mlxLm: Preset = {
  name: "mlx-lm",
  summary:
    "Bias and penalties over 20 tokens, then top-p, min-p, XTC and top-k, temperature last; greedy unless asked.",
  source: {
    title: "mlx-lm 0.32.2, mlx_lm/sample_utils.py",
    url: "https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/sample_utils.py",
  },
  order: [
    "logit_bias",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "top_p",
    "min_p",
    "xtc",
    "top_k",
    "temperature",
  ],
  defaults: { temperature: 0 },
  rules: {
    repetition_penalty: PENALTIES,
    presence_penalty: PENALTIES,
    frequency_penalty: PENALTIES,
    top_p: { top_p_ties: "keep" },
    xtc: { xtc_spared_rule: "stay", xtc_ties: "keep" },
  },
  fixed: { top_p: { min_keep: 1 }, xtc: { min_keep: 1 } },
  spellings: [{ option: "top_p", written: 0, means: 1 }],
  notes: [
    "In mlx-lm each penalty has its own window: repetition_context_size and so on. Here one penalty_last_n applies to all penalties.",
    "At temperature 0 mlx-lm takes the argmax after the penalties; here XTC runs before it.",
    "mlx-lm's XTC counts only probabilities above the threshold; here a probability equal to it counts as well.",
    "mlx-lm's XTC never removes special tokens: name them in xtc_spared_ids.",
    "The host does not define which of the tokens that tie at k stay, because it selects by partition. top_k must be below the vocabulary's size.",
    "mlx-lm reports the log-probabilities after the penalties and before the cuts.",
  ],
};
