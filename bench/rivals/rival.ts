/** What a rival is: somebody who can run some of the chains, and can be asked what was left to draw from. */
import type { Rules } from "./chains.ts";

export interface Rival {
  readonly name: string;
  /** of the package it comes from */
  readonly version?: string;
  /** Says how it runs these rules; undefined when it has none of them. */
  prepare(rules: Rules, vocab_size: number): Runner | undefined;
}

export interface Runner {
  /** The rules that are really run; others than those asked for when the rival lacks some. */
  readonly rules: Rules;
  /** One step: a row that nobody has seen before, and a uniform for rivals that take one. Answers the token. */
  step(row: Float32Array, uniform: number): number | Promise<number>;
  /** What the code of `step` leaves to draw from, in any order. Not measured. */
  kept(row: Float32Array): Kept | Promise<Kept>;
}

export interface Kept {
  readonly token_ids: ArrayLike<number>;
  /** with which each is drawn; adds up to 1 but for rounding */
  readonly probabilities: ArrayLike<number>;
  /** the most likely tokens and their raw ln p, when asked for */
  readonly logprobs?: readonly (readonly [token_id: number, logprob: number])[];
}
