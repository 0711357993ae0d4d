/** The steps that are replayed: every kind of chain over rows that float16 and bfloat16 hold exactly. */

export interface ReplayStep {
  readonly row: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Quarters between −8 and 8, in an order without pattern: exact in every dtype, with ties. */
function rowOf(length: number, salt: number): number[] {
  return Array.from({ length }, (_, i) => ((Math.imul(i + 1, 2654435761 + 2 * salt) >>> 7) % 64) / 4 - 8);
}

const HISTORY = Array.from({ length: 40 }, (_, i) => (i * 7) % 13);

const OPTIONS: readonly Readonly<Record<string, unknown>>[] = [
  { temperature: 0 },
  { temperature: 1, logprobs: true },
  { temperature: 1.7, top_k: 40, top_p: 0.95, logprobs: true, top_logprobs: 5 },
  { temperature: 0.6, min_p: 0.05, n: 5, kept_token_ids: true },
  { top_p: 0.5, trace: true },
  { typical_p: 0.8, top_n_sigma: 2, logprobs: true, logprobs_mode: "processed", top_logprobs: 3 },
  { preset: "llama.cpp", history: HISTORY, repetition_penalty: 1.1, dry_multiplier: 0.8, logprobs: true },
  { preset: "vllm", history: HISTORY, frequency_penalty: 0.5, presence_penalty: 0.3, prompt_length: 10 },
  { preset: "transformers", history: HISTORY, no_repeat_ngram_size: 2, eta_cutoff: 0.001 },
  { logit_bias: { "3": 2.5, "5": "-inf", "7": -100 }, min_tokens: 3, stop_token_ids: [1, 2], logprobs: true },
  { xtc_probability: 0.5, xtc_threshold: 0.05, tfs: 0.97, top_a: 0.1 },
  { mirostat: 2, state: { mirostat: { mu: 7.25 } }, logprobs: true },
  {
    chain: [
      { stage: "top_k", top_k: 12, ties: "keep" },
      { stage: "temperature", temperature: 0.7 },
    ],
    logprobs: true,
  },
  { dynatemp_range: 0.5, temperature: 1, smoothing_factor: 0.2, top_h: 0.7 },
];

const LENGTHS = [16, 700, 5000];

export const STEPS: readonly ReplayStep[] = LENGTHS.flatMap((length, salt) =>
  OPTIONS.map((options, i) => ({
    row: rowOf(length, 17 * salt + i),
    options: { ...options, seed: String(2n ** 63n + BigInt(i)), step: 900 + i },
  })),
);
