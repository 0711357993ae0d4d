/** What may be asked of rows and merged: how it reads a row, and what all of them come to. */
import type { Tally } from "../../analysis/tallies/tally.ts";
import type { ResultList, TaskRow } from "../../analysis/tasks/task.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Rows that are being read, or sums that are being merged. */
export interface Running {
  readonly tally: Tally;
  /** Takes a row, or throws a Problem and takes nothing. `index` is its number in its shard. */
  take(row: TaskRow, index: number): void;
  /** What all rows come to; or the state with which they are to be read once more. */
  outcome(): Outcome;
}

export type Outcome = { readonly report: object } | { readonly next: object };

export interface Analysis {
  readonly name: string;
  /** Checks the options. `state` is what the outcome before said, null at first; results of rows go to `results`. */
  begin(options: Fields, state: unknown, results: ResultList): Running;
}
