/** A rival: a sampler that can run some of the chains and report the remaining tokens. */
import type { Rules } from "./chains.ts";

export interface Rival {
  readonly name: string;
  /** of the package it comes from */
  readonly version?: string;
  /** Returns a runner for these rules; undefined when the rival supports none of them. */
  prepare(rules: Rules, vocab_size: number): Runner | undefined;
}

export interface Runner {
  /** The rules that are really run; others than those asked for when the rival lacks some. */
  readonly rules: Rules;
  /** One step: a new row, and a uniform for rivals that need one. Returns the token. */
  step(row: Float32Array, uniform: number): number | Promise<number>;
  /** The tokens that `step` could draw, in any order. Not measured. */
  kept(row: Float32Array): Kept | Promise<Kept>;
}

export interface Kept {
  readonly token_ids: ArrayLike<number>;
  /** with which each is drawn; adds up to 1 but for rounding */
  readonly probabilities: ArrayLike<number>;
  /** the most likely tokens and their raw ln p, when asked for */
  readonly logprobs?: readonly (readonly [token_id: number, logprob: number])[];
}
