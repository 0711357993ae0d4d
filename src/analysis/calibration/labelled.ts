/**
 * A set of rows with their true classes: the input of a loss, a calibration or a reliability diagram. The
 * logits are stored once, unchanged, and no copy of their size is made.
 */
import { Problem } from "../../errors.ts";
import { checkRow } from "../check-row.ts";
import { checkTarget } from "../score.ts";

/** `rows` × `classes` values, row after row. */
export interface LabelledLogits {
  readonly values: Float32Array | Float64Array;
  readonly classes: number;
  /** true class of each row */
  readonly targets: Int32Array;
}

/**
 * Makes a checked set out of nested or flat rows. Rows of one logit are the binary case: x becomes (0, x), so
 * that target 1 is "yes".
 */
export function labelledLogits(
  rows: readonly ArrayLike<number>[],
  targets: ArrayLike<number>,
): LabelledLogits {
  const width = rows[0]?.length ?? 0;
  if (rows.length === 0 || width === 0)
    throw new Problem("invalid_logits", "at least 1 row with at least 1 logit is needed");
  if (targets.length !== rows.length) {
    throw new Problem(
      "length_mismatch",
      `targets must hold one class a row, ${rows.length}, got ${targets.length}`,
      "/targets",
    );
  }
  const classes = width === 1 ? 2 : width;
  const values = new Float64Array(rows.length * classes);
  rows.forEach((row, r) => {
    if (row.length !== width) {
      throw new Problem(
        "length_mismatch",
        `all rows must hold ${width} logits, got ${row.length}`,
        `/logits/${r}`,
      );
    }
    checkRow(row, `/logits/${r}`);
    checkTarget(targets[r]!, classes, `/targets/${r}`);
    values.set(row as ArrayLike<number>, r * classes + (classes - width));
  });
  return { values, classes, targets: Int32Array.from(targets) };
}

export function rowOf(set: LabelledLogits, r: number): Float32Array | Float64Array {
  return set.values.subarray(r * set.classes, (r + 1) * set.classes);
}
