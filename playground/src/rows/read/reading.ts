/**
 * The result of reading a text: the row, and a description of the form in which it was read, so that a misreading is
 * visible.
 */
import type { PageRow } from "../row.ts";
import { doubtOf } from "./candidate.ts";

export interface Reading {
  readonly row: PageRow;
  /** ends the sentence “Read as …” */
  readonly how: string;
  /** a reason to doubt this reading; "" when there is none */
  readonly doubt: string;
  /** number of a reply's tokens or of a batch's rows, and which of them is shown, from 0 */
  readonly positions: number;
  readonly position: number;
  /** the options of a pasted request */
  readonly options: Readonly<Record<string, unknown>> | undefined;
}

export function plainReading(row: PageRow, how: string, values: readonly number[] = []): Reading {
  return { row, how, doubt: doubtOf(values), positions: 1, position: 0, options: undefined };
}
