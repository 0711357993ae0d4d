/**
 * What steps of one request find out about the history that they share: it is counted and searched for repeats once,
 * not once for each row. The history must not change meanwhile, so that the histories of streams, which grow in place,
 * have none of this.
 */
import type { CountMemory } from "../../kernels/kernel.ts";
import type { Repeats } from "./repeats.ts";
import type { SeenTokens } from "./seen-tokens.ts";

/** Shorter histories cost less to look through than to keep accounts of. */
const LENGTH_MIN = 4096;

export class PreparedHistory {
  /** of the kernel's table */
  readonly table: CountMemory = { largest: undefined, counted: new Map() };
  /** of tokens beyond the kernel's vocabulary */
  readonly wide = new Map<string, SeenTokens>();
  readonly repeats = new Map<string, Repeats>();
}

/** What is to be known of a history that several steps share; undefined where it is not worth it. */
export function prepareHistory(history: readonly number[]): PreparedHistory | undefined {
  return history.length < LENGTH_MIN ? undefined : new PreparedHistory();
}
