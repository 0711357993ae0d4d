/**
 * Results about the history that all steps of one request share: it is counted and searched for repeats once, not once
 * for each row. The history must not change meanwhile, so streams, whose histories grow in place, do not use this.
 */

import type { CountMemory } from "../../kernels/kernel.ts";
import type { TokenIds } from "../../vocabulary/vocabulary.ts";
import type { Repeats } from "./repeats.ts";
import type { SeenTokens } from "./seen-tokens.ts";

/** Shorter histories are cheaper to scan again than to cache. */
const LENGTH_MIN = 4096;

export class PreparedHistory {
  /** counts in the kernel's table */
  readonly table: CountMemory = { largest: undefined, counted: new Map() };
  /** counts of tokens past the kernel's vocabulary */
  readonly wide = new Map<string, SeenTokens>();
  readonly repeats = new Map<string, Repeats>();
}

/** Prepares a history that several steps share; undefined when it is too short. */
export function prepareHistory(history: TokenIds): PreparedHistory | undefined {
  return history.length < LENGTH_MIN ? undefined : new PreparedHistory();
}
