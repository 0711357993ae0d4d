/**
 * The chains that all rivals run, as data. Ours takes them as the options of a step, the rivals as numbers. `goal` is
 * how many times as fast as plain TypeScript ours should be at 128,256 logits.
 */

export interface Edits {
  readonly bias_ids: Int32Array;
  readonly biases: Float32Array;
  /** ids so far, for the penalties */
  readonly history: Int32Array;
  readonly repetition_penalty: number;
  readonly presence_penalty: number;
  readonly frequency_penalty: number;
}

/** The edits of a row, in the order of the fields. Temperature 0 is the argmax. */
export interface Rules {
  readonly edits?: Edits;
  readonly temperature: number;
  readonly top_k?: number;
  readonly top_p?: number;
  readonly min_p?: number;
  /** report this many of the most likely tokens, with ln p of the unchanged row */
  readonly top_logprobs?: number;
}

export interface Chain {
  readonly id: string;
  readonly name: string;
  readonly goal: number;
  rules(vocab_size: number): Rules;
}

const TEMPERATURE = { temperature: 0.8 };
const CUTS = { ...TEMPERATURE, top_k: 40, top_p: 0.95, min_p: 0.05 };

export const CHAINS: readonly Chain[] = [
  { id: "greedy", name: "greedy", goal: 11, rules: () => ({ temperature: 0 }) },
  { id: "temperature", name: "temperature", goal: 8, rules: () => TEMPERATURE },
  { id: "top_p", name: "temperature, top-p", goal: 9, rules: () => ({ ...TEMPERATURE, top_p: 0.95 }) },
  { id: "cuts", name: "top-k, top-p, min-p", goal: 20, rules: () => CUTS },
  {
    id: "edits",
    name: "biases, penalties, top-k, top-p, min-p",
    goal: 15,
    rules: (vocab_size) => ({ ...CUTS, edits: editsOf(vocab_size) }),
  },
  {
    id: "logprobs",
    name: "top-k, top-p, min-p, 20 log-probabilities",
    goal: 8,
    rules: () => ({ ...CUTS, top_logprobs: 20 }),
  },
];

/** 300 biases; penalties over 1,024 tokens, 573 of them different. */
function editsOf(vocab_size: number): Edits {
  const bias_ids = Int32Array.from(new Set(scattered(300, vocab_size)));
  const of_text = scattered(700, vocab_size);
  return {
    bias_ids,
    biases: Float32Array.from(bias_ids, (id) => (id % 7) - 3),
    history: Int32Array.from(scattered(1024, 700), (n) => of_text[n]!),
    repetition_penalty: 1.1,
    presence_penalty: 0.5,
    frequency_penalty: 0.2,
  };
}

/** Numbers that look random and are the same in every run. */
function scattered(count: number, below: number): number[] {
  return Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) % below);
}

/** These rules as the options of a step. */
export function optionsOf({ edits, ...rules }: Rules): Record<string, unknown> {
  if (edits === undefined) return rules;
  const { bias_ids, biases, history, ...penalties } = edits;
  const logit_bias = Object.fromEntries(Array.from(bias_ids, (id, i) => [id, biases[i]!]));
  return { ...rules, ...penalties, logit_bias, history: Array.from(history) };
}
