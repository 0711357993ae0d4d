/**
 * Rivals that no JavaScript user can put into the same process, measured before on a machine of this kind (AMD EPYC,
 * 2 cores) at 128,256 logits over peaked rows. Not from the run beside which they are shown.
 */

export interface Elsewhere {
  readonly name: string;
  /** µs a step, by chain */
  readonly us: Readonly<Record<string, number>>;
  /** of chains that were also run over flat rows */
  readonly flat_us: Readonly<Record<string, number>>;
}

export const ELSEWHERE_VOCAB_SIZE = 128_256;

export const ELSEWHERE: readonly Elsewhere[] = [
  {
    name: "llama.cpp",
    us: { greedy: 140, temperature: 1080, top_p: 1271, cuts: 114, edits: 572, logprobs: 750 },
    flat_us: { top_p: 9118 },
  },
  {
    name: "PyTorch CPU",
    us: { greedy: 73, temperature: 2972, top_p: 13_809, cuts: 6960, edits: 7662, logprobs: 8273 },
    flat_us: {},
  },
];
