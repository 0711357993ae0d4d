/** A rival: a sampler that can run some of the chains and report the remaining tokens. */
import type { Rules } from "./chains.ts";

export interface Rival {
  readonly name: string;
  /** version of the package that it comes from */
  readonly version?: string;
  /** Returns a runner for these rules; undefined when the rival supports none of them. */
  prepare(rules: Rules, vocab_size: number): Runner | undefined;
}

export interface Runner {
  /** The rules that really run; these differ from the requested ones when the rival lacks some. */
  readonly rules: Rules;
  /** One step: a new row, and a uniform for rivals that need one. Returns the token. */
  step(row: Float32Array, uniform: number): number | Promise<number>;
  /** The tokens that `step` could draw, in any order. Not timed. */
  kept(row: Float32Array): Kept | Promise<Kept>;
}

export interface Kept {
  readonly token_ids: ArrayLike<number>;
  /** the probabilities; they add up to 1 except for rounding */
  readonly probabilities: ArrayLike<number>;
  /** the most likely tokens and their raw ln p, if requested */
  readonly logprobs?: readonly (readonly [token_id: number, logprob: number])[];
}
