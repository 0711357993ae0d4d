/**
 * A shard: rows in sequence, from any format, with only a few of them in memory. A row is dense, or it holds the best
 * classes with their log-probabilities and the mass of the others.
 */
import { type Tail, tailOf, tailOfMass } from "../analysis/tail.ts";
import type { TaskRow } from "../analysis/tasks/task.ts";
import { Problem } from "../errors.ts";
import { type Dtype, FLOATS, type Values } from "./elements.ts";

export interface Shard {
  /** number of rows, when the format states it */
  readonly rows: number | undefined;
  /**
   * The next row, valid until the next call; undefined at the end. Throws a Problem when this row is invalid; the next
   * call then goes on with the row after it. Throws Starved when a pipe is empty; repeat the call later. Any other
   * error ends the shard.
   */
  next(): TaskRow | undefined;
  /** Leaves out rows. */
  skip(rows: number): void;
  close(): void;
}

/** The options of an opener besides the file. */
export interface ShardOptions {
  /** number of classes, for rows that hold only the best ones */
  readonly vocab_size: number | undefined;
  /** a file with the classes, when the shard itself has none; {shard} in it is the shard's name without its ending */
  readonly targets: string | undefined;
  /** the rows that will be read; undefined: all */
  readonly range?: RowRange | undefined;
}

/** The rows from `from` up to but without `to`, of a shard with `of` rows. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
  readonly of: number;
}

/** The parts of a row. Their names are those of columns, tensors and fields. */
export const PARTS = [
  "logits",
  "token_ids",
  "logprobs",
  "tail_mass",
  "target",
  "step",
  "history",
  "prompt_length",
] as const;
export type Part = (typeof PARTS)[number];

/** Other names of a part. */
const ALIASES: Readonly<Record<string, Part>> = {
  targets: "target",
  label: "target",
  labels: "target",
};

function partOf(name: string): Part | undefined {
  return PARTS.find((part) => part === name) ?? (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined);
}

/**
 * The part of each name, in every format. Unknown names are ignored. Throws an Error when two names mean one part, such
 * as `target` and `label`: one of them would be read and the other ignored.
 */
export function partsOf(names: Iterable<string>): Map<Part, string> {
  const parts = new Map<Part, string>();
  for (const name of names) {
    const part = partOf(name);
    if (part === undefined) continue;
    const other = parts.get(part);
    if (other !== undefined)
      throw new Error(`has two columns for ${part}, ${other} and ${name}: exactly one must be there`);
    parts.set(part, name);
  }
  return parts;
}

/** Parts with one number in each row; the others have a list. */
const SINGLE: ReadonlySet<Part> = new Set(["target", "tail_mass", "step", "prompt_length"]);
/** Parts that are not integers. */
const REAL: ReadonlySet<Part> = new Set(["logits", "logprobs", "tail_mass"]);

export function isSingle(part: Part): boolean {
  return SINGLE.has(part);
}

/**
 * Throws an Error when elements of this type cannot be the part. Integers may come as float32 or float64, because
 * pandas writes a column with missing values so; float16 cannot hold the classes of a vocabulary.
 */
export function checkDtype(part: Part, dtype: Dtype): void {
  const is_real = FLOATS.includes(dtype);
  if (REAL.has(part) ? is_real : !is_real || dtype === "f32" || dtype === "f64") return;
  const kind = REAL.has(part) ? "floating-point" : "whole";
  throw new Error(`${part} must be ${kind} numbers, got ${dtype}`);
}

/**
 * Throws unless a tensor has one entry for each row. Its shape begins with `along` (the dimensions of the rows, or one
 * dimension for all rows). Then follows the shape of one entry: nothing or 1 for a number, one more dimension for a
 * list.
 */
export function requireRowsOf(
  name: string,
  shape: readonly number[],
  along: readonly number[],
  kind: "one" | "list",
): void {
  const rows = along.reduce((product, length) => product * length, 1);
  const isAlong = (lengths: readonly number[]) =>
    (lengths.length === 1 && lengths[0] === rows) ||
    (lengths.length === along.length && lengths.every((length, i) => length === along[i]));
  const front = shape.slice(0, -1);
  if (kind === "list" ? isAlong(front) : isAlong(shape) || (shape.at(-1) === 1 && isAlong(front))) return;
  throw new Error(
    `${name} must hold one ${kind === "list" ? "list" : "entry"} a row, for rows of shape [${along.join(", ")}], got the shape [${shape.join(", ")}]`,
  );
}

/** Throws when these parts are not a row. */
export function requireRow(parts: ReadonlySet<Part>): void {
  const is_dense = parts.has("logits");
  // With log-probabilities ids are those of the best classes, and a text without.
  if (is_dense ? !parts.has("logprobs") : parts.has("token_ids")) return;
  throw new Error(
    `holds no rows: needed are logits, or token_ids and perhaps logprobs, got ${parts.size === 0 ? "none of them" : [...parts].join(", ")}`,
  );
}

export interface RowParts {
  readonly logits?: Values | undefined;
  readonly token_ids?: ArrayLike<number> | undefined;
  readonly logprobs?: Values | undefined;
  readonly tail_mass?: number | undefined;
  readonly target?: number | undefined;
  readonly step?: number | undefined;
  readonly history?: ArrayLike<number> | undefined;
  readonly prompt_length?: number | undefined;
}

/** The row made of these parts. NaN in a part with one number means that it is missing. */
export function rowOf(parts: RowParts, { vocab_size }: ShardOptions): TaskRow {
  const { logits } = parts;
  const target = known(parts.target);
  const step = stepOf(known(parts.step));
  const prompt_length = known(parts.prompt_length) ?? 0;
  const history = parts.history && { token_ids: parts.history, prompt_length };
  if (logits !== undefined) return { values: logits, target, step, history };
  const { token_ids, logprobs } = parts;
  if (token_ids === undefined)
    throw new Problem(
      "invalid_logits",
      "a row must have logits, or token_ids and perhaps logprobs",
      "/logits",
    );
  if (logprobs === undefined) return { values: NO_LOGITS, target, text: { token_ids, prompt_length } };
  const tail = keptOf(token_ids, logprobs, known(parts.tail_mass), vocab_size);
  return { values: logprobs, target, step, history, tail };
}

function known(number: number | undefined): number | undefined {
  return number === undefined || Number.isNaN(number) ? undefined : number;
}

function stepOf(step: number | undefined): number | undefined {
  if (step === undefined || (Number.isSafeInteger(step) && step >= 0)) return step;
  throw new Problem("invalid_option", `step must be a whole number from 0 on, got ${step}`, "/step");
}

const NO_LOGITS = new Float64Array(0);

function keptOf(
  ids: ArrayLike<number>,
  logprobs: Values,
  mass: number | undefined,
  vocab_size: number | undefined,
): Tail {
  if (ids.length !== logprobs.length) {
    const detail = `token_ids must hold one id a log-probability, ${logprobs.length}, got ${ids.length}`;
    throw new Problem("length_mismatch", detail, "/token_ids");
  }
  if (vocab_size === undefined)
    throw new Error("rows of kept classes need the number of all classes: --vocab-size");
  checkIds(ids, vocab_size);
  const tail = mass === undefined ? tailOf(ids, logprobs, vocab_size) : tailOfMass(ids, mass, vocab_size);
  return tail ?? { ids, count: 0, logit: Number.NEGATIVE_INFINITY };
}

function checkIds(ids: ArrayLike<number>, vocab_size: number): void {
  const seen = new Set<number>();
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!Number.isInteger(id) || id < 0 || id >= vocab_size)
      throw new Problem(
        "token_id_out_of_range",
        `a token id must be an integer in [0, ${vocab_size - 1}], got ${id}`,
        `/token_ids/${i}`,
      );
    seen.add(id);
  }
  if (seen.size < ids.length)
    throw new Problem(
      "invalid_logits",
      `token_ids must be distinct, got ${ids.length - seen.size} twice`,
      "/token_ids",
    );
}
