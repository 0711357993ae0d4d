/** The sequence that a step continues, from its options, and its saved state. */
import type { PreparedHistory } from "./prepared-history.ts";

export interface StepSequence {
  /** undefined: the sampler's own history */
  readonly vocabulary: string | undefined;
  /** token ids so far, prompt first */
  readonly history: readonly number[];
  /** how many of `history` are prompt; the rest was generated */
  readonly prompt_length: number;
  /** shared facts about this history and prompt_length, for several steps of one request */
  readonly prepared: PreparedHistory | undefined;
  readonly step: number;
  /** state of each stage and stop that has one, by name */
  readonly state: Readonly<Record<string, unknown>>;
}
