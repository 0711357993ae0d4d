/**
 * What an analysis endpoint does, apart from the wire: rows go in one after another, a reply comes out. A task sees
 * float32 rows and checked options; it knows neither bytes nor HTTP.
 */
import { Problem, show } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import type { RowReader } from "../row-reader.ts";
import { checkTarget } from "../score.ts";
import type { Tail } from "../tail.ts";
import type { Tally } from "../tallies/tally.ts";

export interface TaskRow {
  /** valid until the next row; float64 only with a reader that takes it */
  readonly values: Float32Array | Float64Array;
  /** the values as they came, where `values` are scaled by a calibration */
  readonly unscaled?: Float32Array | Float64Array;
  /** of a row whose values are only those of its best classes: the others */
  readonly tail?: Tail | undefined;
  /** its position in its sequence; undefined: not known */
  readonly step?: number | undefined;
  /** the tokens before it, as far as they were logged */
  readonly history?: TaskHistory | undefined;
  /** a text in place of logits, which are none then */
  readonly text?: TaskText | undefined;
  /** what was sent as the class that came; undefined: nothing */
  readonly target: unknown;
}

/** Unchecked. */
export interface TaskHistory {
  readonly token_ids: ArrayLike<number>;
  readonly prompt_length: number;
}

export interface TaskText {
  readonly token_ids: ArrayLike<number>;
  readonly prompt_length: number;
}

export interface Task {
  /** Throws a Problem with a pointer such as `/logits/17`, `/target` or `/labels`, relative to the row or the request. */
  take(row: TaskRow): void;
  /** The reply, with pauses for others while there is much to do. */
  finish(): Generator<undefined, unknown>;
}

/** A task whose rows come to sums as well, which may be added to those of other rows. */
export interface TalliedTask extends Task {
  readonly tally: Tally;
}

/** Takes the results of rows, one after the other; an array is one, and so is what writes them at once. */
export interface ResultList {
  push(result: unknown): unknown;
}

/** Where results of rows go when only their sums are wanted: tasks do not make them then. */
export const NOWHERE: ResultList = { push: () => undefined };

/** What every task is given. */
export interface TaskContext {
  readonly reader: RowReader;
  /** one row was sent, not a list: the reply is that row's alone */
  readonly single: boolean;
  /** 1 / T */
  readonly inverse_temperature: number;
  /** about how many logits all rows will have; 0: unknown */
  readonly values_expected: number;
  /** where a task with a result for every row puts them; an array when absent */
  readonly results?: ResultList;
}

/** A single logit x is the binary case: classes 0 ("no") and 1 ("yes") with logits (0, x). */
export function asClasses(values: TaskRow["values"]): TaskRow["values"] {
  if (values.length !== 1) return values;
  return values instanceof Float32Array ? Float32Array.of(0, values[0]!) : Float64Array.of(0, values[0]!);
}

/** The class at a place of a row. */
export function classOf(place: number, tail: Tail | undefined): number {
  return tail === undefined ? place : tail.ids[place]!;
}

/** The class that came, by its id or its label, as a number below `classes`. */
export function requireTarget(target: unknown, classes: number, labels?: readonly string[]): number {
  if (target === undefined)
    throw new Problem("invalid_option", "each row needs the class that came, got none", "/target");
  if (typeof target === "string" && labels !== undefined) return labelled(target, classes, labels);
  if (typeof target !== "number") {
    throw new Problem(
      "invalid_option",
      `a class must be given by its id, a number${labels === undefined ? ", or with labels by its label" : ", or by its label"}, got ${show(target)}`,
      "/target",
    );
  }
  checkTarget(target, classes, "/target");
  return target;
}

/** The class of this label; of a single logit the one label is that of "yes", class 1. */
function labelled(target: string, classes: number, labels: readonly string[]): number {
  const index = labels.indexOf(target);
  if (index >= 0) return labels.length === 1 && classes === 2 ? 1 : index;
  throw new Problem(
    "invalid_option",
    `there is no label ${show(target)}${didYouMean(target, labels)}`,
    "/target",
  );
}

/** A class that came where none is needed must be one all the same. */
export function checkTargetIfAny({ target, values }: TaskRow, labels?: readonly string[]): void {
  if (target !== undefined) requireTarget(target, Math.max(2, values.length), labels);
}

/** One name a class, or one for the "yes" of a single logit. */
export function checkLabels(labels: readonly string[] | undefined, classes: number): void {
  if (labels === undefined || labels.length === classes) return;
  throw new Problem(
    "length_mismatch",
    `labels must hold one name a class, ${classes}, got ${labels.length}`,
    "/labels",
  );
}
