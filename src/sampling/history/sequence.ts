/** The sequence that a step goes on with, as its options tell it, and what it carries along. */
import type { PreparedHistory } from "./prepared-history.ts";

export interface StepSequence {
  /** undefined: the sampler's own */
  readonly vocabulary: string | undefined;
  /** token ids so far, prompt first */
  readonly history: readonly number[];
  /** how many of `history` are prompt; the rest was generated */
  readonly prompt_length: number;
  /** what is known of this history and prompt_length; several steps of one request share it */
  readonly prepared: PreparedHistory | undefined;
  readonly step: number;
  /** state of each stage of the chain and each stop that carries one, by name */
  readonly state: Readonly<Record<string, unknown>>;
}
