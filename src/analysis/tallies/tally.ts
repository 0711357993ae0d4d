/**
 * What is known of many rows without keeping any: counts and exact sums. Tallies of parts of a set, merged in any order,
 * are the tally of the set, to the bit.
 */
export interface Tally {
  readonly rows: number;
  /** The tally as plain data that JSON holds, the same for the same rows in any order. */
  save(): object;
  /** Adds what another tally of its kind saved. Throws a Problem when it is not of that kind. */
  merge(saved: unknown): void;
  /** What the rows say together. */
  report(): object;
}
