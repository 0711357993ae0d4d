/** The interface of an analysis over rows: it reads rows or merges sums, and gives a report. */
import type { Tally } from "../../analysis/tallies/tally.ts";
import type { ResultList, TaskRow } from "../../analysis/tasks/task.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** An analysis while it reads rows or merges sums. */
export interface Running {
  readonly tally: Tally;
  /** Adds a row, or throws a Problem and adds nothing. `index` is the row's number in its shard. */
  take(row: TaskRow, index: number): void;
  /** The report over all rows; or the state for the next round of reading. */
  outcome(): Outcome;
}

export type Outcome = { readonly report: object } | { readonly next: object };

export interface Analysis {
  readonly name: string;
  /** Checks the options. `state` is that of the last round, null at first. Results of rows go to `results`. */
  begin(options: Fields, state: unknown, results: ResultList): Running;
}
