/**
 * The interface of a body of the analysis endpoints: the options once they are known, and then one row of logits
 * after the other with its true class. A single row may come alone; many come as a list or as a tensor of two
 * dimensions.
 */
import { Problem, show } from "../../errors.ts";
import type { BodyReader } from "../step-reader.ts";
import type { Fields } from "../tensor/head.ts";

export interface AnalysisRow {
  /** valid until the next row */
  readonly values: Float32Array;
  /** the true class as sent, unchecked */
  readonly target: unknown;
  /** A problem of this row as seen from the request: `/logits/17` in row 3 is `/rows/3/logits/17`. */
  place(problem: Problem): Problem;
}

export interface AnalysisHead {
  /** all fields except the rows and their classes, unchecked */
  readonly options: Fields;
  /** true when a single row was sent, not a list */
  readonly single: boolean;
  /** number of logits of the tensor, as far as it is declared: a hint, and bounded */
  readonly values_expected: number;
}

/** The contents of a body without the numbers of its rows. */
export interface AnalysisPlan {
  readonly head: AnalysisHead;
  readonly fields: RowFields;
}

export interface AnalysisReader extends BodyReader {
  /** undefined until it is complete; for JSON that is at the end */
  readonly plan: AnalysisPlan | undefined;
  /** The next complete row. */
  next(): AnalysisRow | undefined;
}

/** Maximum memory that is allocated for a tensor's declared size: 64 MiB. The declaration may be wrong. */
export const VALUES_EXPECTED_MAX = 2 ** 24;

/** The fields of a body that describe its rows. */
export interface RowFields {
  readonly vocab_size: number | undefined;
  /** classes by row; undefined: not sent in this form */
  readonly targets: readonly unknown[] | undefined;
  /** the class of a single row */
  readonly target: unknown;
  readonly options: Fields;
}

/** Divides the fields into what belongs to rows and the options of the endpoint. */
export function rowFields({ vocab_size, targets, target, ...options }: Fields): RowFields {
  if (vocab_size !== undefined && !(Number.isInteger(vocab_size) && Number(vocab_size) >= 1))
    throw new Problem(
      "invalid_option",
      `vocab_size must be a whole number of at least 1, got ${show(vocab_size)}`,
      "/vocab_size",
    );
  if (targets !== undefined && !Array.isArray(targets))
    throw new Problem(
      "invalid_option",
      `targets must be an array of class ids, got ${show(targets)}`,
      "/targets",
    );
  // The two checks above leave a number and an array, or nothing.
  return {
    vocab_size: vocab_size as number | undefined,
    targets: targets as readonly unknown[] | undefined,
    target,
    options,
  };
}

/** `target` goes with one row, `targets` with many, one for each. */
export function requireTargetsFit({ targets, target }: RowFields, single: boolean, rows: number): void {
  if (single && targets !== undefined)
    throw new Problem("option_conflict", "a single row has a target, not targets", "/targets");
  if (!single && target !== undefined)
    throw new Problem("option_conflict", "many rows have targets, not a target", "/target");
  if (targets !== undefined && targets.length !== rows)
    throw new Problem(
      "length_mismatch",
      `targets must hold one class for each of ${rows} rows, got ${targets.length}`,
      "/targets",
    );
}

/** The row without its padding. */
export function withoutPadding(values: Float32Array, vocab_size: number | undefined): Float32Array {
  if (values.length === 0)
    throw new Problem("invalid_logits", "logits must hold at least one number, got none", "/logits");
  if (vocab_size === undefined) return values;
  if (vocab_size <= values.length) return values.subarray(0, vocab_size);
  throw new Problem(
    "length_mismatch",
    `vocab_size must be at most the length of the row, ${values.length}, got ${vocab_size}`,
    "/vocab_size",
  );
}

/**
 * The pointers of the problems of row `index`, relative to the request. Pointers to shared options stay
 * unchanged.
 */
export function placeOf(index: number, single: boolean, targets_apart: boolean): AnalysisRow["place"] {
  return (problem) => {
    if (problem.pointer === "/target" && targets_apart)
      return new Problem(problem.code, problem.message, `/targets/${index}`);
    const of_row = problem.pointer.startsWith("/logits") || problem.pointer === "/target";
    return of_row && !single ? problem.within(`/rows/${index}`) : problem;
  };
}
