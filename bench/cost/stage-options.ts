/** Options of a realistic size, for stages whose own example is kept short for readers. */

/** Tokens before the measured step. */
export const HISTORY: readonly number[] = Array.from({ length: 1024 }, (_, i) => (i * 7919) % 8000);

const ids = (n: number) => Array.from({ length: n }, (_, i) => i * 8);

export const LARGER: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  allowed_token_ids: { allowed_token_ids: ids(1000) },
  token_bitmask: { token_bitmask: btoa("\xf0".repeat(16_384)) },
  logit_bias: { logit_bias: Object.fromEntries(ids(300).map((id) => [id, 1])) },
  sequence_bias: { sequence_bias: ids(100).map((id) => ({ token_ids: [id], bias: 1 })) },
  bad_words_ids: { bad_words_ids: ids(100).map((id) => [id]) },
  min_tokens: { min_tokens: 2000, stop_token_ids: [2] },
  forced_token_ids: { forced_token_ids: { "1024": 7 } },
  xtc: { xtc_probability: 1 },
  begin_suppress_tokens: { begin_suppress_tokens: ids(100), begin_suppress_index: 1024 },
  encoder_repetition_penalty: { encoder_repetition_penalty: 1.2, encoder_input_ids: HISTORY },
  encoder_no_repeat_ngram_size: { encoder_no_repeat_ngram_size: 3, encoder_input_ids: HISTORY },
};
