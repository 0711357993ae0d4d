/**
 * A summary of many rows that keeps none of them: counts and exact sums. Merging the tallies of the parts of a set, in
 * any order, gives the tally of the set, to the bit.
 */
export interface Tally {
  readonly rows: number;
  /** The tally as plain JSON data, equal for the same rows in any order. */
  save(): object;
  /** Adds a saved tally of the same kind. Throws a Problem for another kind. */
  merge(saved: unknown): void;
  /** The report over all rows. */
  report(): object;
}
