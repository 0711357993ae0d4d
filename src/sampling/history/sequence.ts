/** The sequence that a step continues, from its options, and its saved state. */
import type { TokenIds } from "../../vocabulary/vocabulary.ts";
import type { PreparedHistory } from "./prepared-history.ts";

/** A list of the same ids that may grow. */
export function growingListOf(ids: TokenIds): number[] {
  if (Array.isArray(ids)) return ids.slice();
  // Array.from calls an iterator for each id.
  const list = new Array<number>(ids.length);
  for (let i = 0; i < ids.length; i++) list[i] = ids[i]!;
  return list;
}

export interface StepSequence {
  /** undefined: the sampler's own history */
  readonly vocabulary: string | undefined;
  /** token ids so far, prompt first */
  readonly history: TokenIds;
  /** how many of `history` are prompt; the rest was generated */
  readonly prompt_length: number;
  /** shared facts about this history and prompt_length, for several steps of one request */
  readonly prepared: PreparedHistory | undefined;
  readonly step: number;
  /** state of each stage and stop that has one, by name */
  readonly state: Readonly<Record<string, unknown>>;
}
