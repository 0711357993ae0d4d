/**
 * The purpose of rows that come in several messages: a draft, or the steps of a search. One line answers the rows of a
 * draft or a step.
 */
import type { BeamStep } from "./beam/search.ts";
import type { LogitsRow } from "./rows.ts";
import type { StepOptions } from "./step.ts";
import type { Verified } from "./verify/verify.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface RowsTaker {
  /** The sentence for a message that is no row, where only rows may come; undefined where others may. */
  readonly waits: string | undefined;
  /** its step pauses in the middle of a row */
  readonly is_inside: boolean;
  /** number of the drafted tokens that the rows verify; 0 for a search */
  readonly drafted: number;
  /** nothing more is to come */
  readonly is_over: boolean;
  /** Takes the next row, or drops it where an earlier one was refused. Throws the Problem of the row. */
  take(rows: (options: StepOptions) => readonly LogitsRow[], own: Fields | undefined): void;
  /** Does the next piece. The reply to the rows; undefined before the last piece. Throws a Problem. */
  goOn(): Verified | BeamStep | undefined;
  /** A Problem was answered: the rows that are still to come are dropped. */
  refused(): void;
}

/** Drops the rows that are still to come, for a host that sends none after an answer. */
export function dropRest(taker: RowsTaker): void {
  while (!taker.is_over && taker.waits !== undefined) taker.take(() => [], undefined);
}
