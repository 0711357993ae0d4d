/** The forms of the logits of one step. */
import type { Row } from "../kernels/kernel.ts";

/** A row that lists only some tokens; the others count as −Infinity. */
export interface SparseRow {
  /** distinct ids, any order */
  readonly token_ids: Int32Array;
  /** logits of these tokens, finite or −Infinity */
  readonly values: Float32Array | Float64Array;
  /** length of the whole row */
  readonly vocab_size?: number | undefined;
  /** ln Σ exp over the whole row, from the client: makes raw log-probabilities exact */
  readonly logsumexp?: number | undefined;
  /** upper bound of the omitted logits: allows a proof that a truncating chain is exact */
  readonly max_omitted?: number | undefined;
}

/** A dense row in kernel memory, or a sparse one. */
export type LogitsRow = Row | SparseRow;

/** The rows of one step: one, or several that are combined. */
export type StepRows = LogitsRow | readonly LogitsRow[];

export function listOfRows(rows: StepRows): readonly LogitsRow[] {
  if (!Array.isArray(rows)) return [rows as LogitsRow]; // a value that is not a list is a row
  return rows as readonly LogitsRow[];
}

export function isSparse(row: LogitsRow): row is SparseRow {
  return "token_ids" in row;
}
