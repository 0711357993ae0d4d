/** Holds out a third of the user's own rows, so that results are not shown on the rows of the fit. */
import type { LabelledRows } from "./labelled-rows.ts";

/** With fewer rows than this, the fit uses all: a third of them would be too few for a test. */
export const HELD_OUT_FROM = 30;

/** The golden ratio: its multiples are spread evenly for any order of the rows, also sorted by class or alternating. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

export interface HeldOut {
  /** the rows for the fit of the temperature */
  readonly validation: LabelledRows;
  /** the rows for the test: not used for the fit, unless there are too few to hold any out */
  readonly test: LabelledRows;
  readonly is_held_out: boolean;
}

export function heldOut(all: LabelledRows): HeldOut {
  if (all.rows < HELD_OUT_FROM) return { validation: all, test: all, is_held_out: false };
  const is_out = (row: number) => (row * GOLDEN) % 1 >= 2 / 3;
  return {
    validation: chosen(all, (row) => !is_out(row)),
    test: chosen(all, is_out),
    is_held_out: true,
  };
}

function chosen(
  { rows, classes, logits, targets }: LabelledRows,
  is_in: (row: number) => boolean,
): LabelledRows {
  const kept = Array.from({ length: rows }, (_, row) => row).filter(is_in);
  return {
    rows: kept.length,
    classes,
    logits: Float32Array.from(
      kept.flatMap((row) => [...logits.subarray(row * classes, (row + 1) * classes)]),
    ),
    targets: kept.map((row) => targets[row] ?? 0),
  };
}
