/**
 * An analysis endpoint without its transport: rows go in one after another, a reply comes out. A task receives float32
 * rows and checked options; it knows neither bytes nor HTTP.
 */
import { Problem, show } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import type { RowReader } from "../row-reader.ts";
import { checkTarget } from "../score.ts";
import type { Tail } from "../tail.ts";
import type { Tally } from "../tallies/tally.ts";

export interface TaskRow {
  /** valid until the next row; float64 only with a reader that accepts it */
  readonly values: Float32Array | Float64Array;
  /** the original values, when `values` are scaled by a calibration */
  readonly unscaled?: Float32Array | Float64Array;
  /** the omitted classes, for a row with only its best classes */
  readonly tail?: Tail | undefined;
  /** its position in its sequence; undefined: unknown */
  readonly step?: number | undefined;
  /** the tokens before it, as far as they were logged */
  readonly history?: TaskHistory | undefined;
  /** a text in place of logits; `values` is then empty */
  readonly text?: TaskText | undefined;
  /** the true class as it was sent; undefined: none was sent */
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
  /**
   * Throws a Problem with a pointer such as `/logits/17`, `/target` or `/labels`, relative to the row or the request.
   */
  take(row: TaskRow): void;
  /** The reply. Pauses while there is much to do, so that other requests run. */
  finish(): Generator<undefined, unknown>;
}

/** A task that also sums over its rows; the sums may be merged with those of other rows. */
export interface TalliedTask extends Task {
  readonly tally: Tally;
}

/** Receives the results of rows, one after the other: an array, or a writer that sends them at once. */
export interface ResultList {
  push(result: unknown): unknown;
}

/** The receiver when only sums are wanted: tasks then make no results. */
export const NOWHERE: ResultList = { push: () => undefined };

/** The inputs of every task. */
export interface TaskContext {
  readonly reader: RowReader;
  /** true: a single row was sent, not a list, and the reply is that row's result */
  readonly single: boolean;
  /** 1 / T */
  readonly inverse_temperature: number;
  /** approximate number of logits in all rows; 0: unknown */
  readonly values_expected: number;
  /** receives the results of tasks with one result per row; undefined: an array */
  readonly results?: ResultList;
}

/** A single logit x is the binary case: classes 0 ("no") and 1 ("yes") with logits (0, x). */
export function asClasses(values: TaskRow["values"]): TaskRow["values"] {
  if (values.length !== 1) return values;
  return values instanceof Float32Array ? Float32Array.of(0, values[0]!) : Float64Array.of(0, values[0]!);
}

/** The class at an index of a row. */
export function classOf(place: number, tail: Tail | undefined): number {
  return tail === undefined ? place : tail.ids[place]!;
}

/** The true class, given by its id or its label, as a number below `classes`. */
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

/** The class of this label. A single logit has one label, that of "yes", class 1. */
function labelled(target: string, classes: number, labels: readonly string[]): number {
  const index = labels.indexOf(target);
  if (index >= 0) return labels.length === 1 && classes === 2 ? 1 : index;
  throw new Problem(
    "invalid_option",
    `there is no label ${show(target)}${didYouMean(target, labels)}`,
    "/target",
  );
}

/** Even when a task needs no true class, one that was sent must be valid. */
export function checkTargetIfAny({ target, values }: TaskRow, labels?: readonly string[]): void {
  if (target !== undefined) requireTarget(target, Math.max(2, values.length), labels);
}

/** One name for each class, or one for the "yes" of a single logit. */
export function checkLabels(labels: readonly string[] | undefined, classes: number): void {
  if (labels === undefined || labels.length === classes) return;
  throw new Problem(
    "length_mismatch",
    `labels must hold one name a class, ${classes}, got ${labels.length}`,
    "/labels",
  );
}
