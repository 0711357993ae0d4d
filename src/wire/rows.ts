/** Makes the row of a step out of what stood at `logits`: dense numbers that the scanner wrote, or packed bytes. */
import { Problem, show } from "../errors.ts";
import { DTYPES, type Dtype, type Row } from "../kernels/kernel.ts";
import { isRecord, parseWith } from "../sampling/options/parse.ts";
import type { StepOptions } from "../sampling/step.ts";
import { PACKED_ROW } from "../schemas/row.ts";
import type { GrowingBuffer } from "./growing-buffer.ts";
import { requireNoFile } from "./tensor/file-magic.ts";

/** Ends a dense row once all its elements are in it. Throws when it is no row the sampler can be given. */
export function finishRow(row: Row, { vocab_size }: StepOptions): Row {
  if (row.length === 0)
    throw new Problem("invalid_logits", "logits must hold at least one number, got none", "/logits");
  if (vocab_size !== undefined && vocab_size > row.length)
    throw new Problem(
      "length_mismatch",
      `vocab_size must be at most the length of the row, ${row.length}, got ${vocab_size}`,
      "/vocab_size",
    );
  row.finish(vocab_size);
  return row;
}

/** The same for all rows of a step. */
export function finishRows(rows: readonly Row[], options: StepOptions): readonly Row[] {
  for (const row of rows) finishRow(row, options);
  return rows;
}

/** JSON has no word for +Infinity, and a number so large is a mistake; bytes that say it mean it. */
export function requireFinite(row: Row): Row {
  if (row.max !== Number.POSITIVE_INFINITY) return row;
  const index = row.values.indexOf(Number.POSITIVE_INFINITY);
  throw new Problem(
    "invalid_logits",
    `logits must be finite or -Infinity, got Infinity at index ${index}`,
    `/logits/${index}`,
  );
}

/** The type of packed elements. `value` is the object at `logits`, its data already decoded. */
export function packedDtype(value: unknown): Dtype {
  return parseWith(PACKED_ROW, value, "/logits").dtype;
}

/** Writes packed bytes into a row. */
export function loadPacked(row: Row, dtype: Dtype, data: GrowingBuffer): void {
  requireWhole(data.length, dtype, "/logits/data");
  requireNoFile(data.bytes);
  row.begin(dtype);
  if (!row.append(data.bytes)) throw rowTooLong(row, "/logits/data");
}

/** A tensor may not end inside an element. */
export function requireWhole(bytes: number, dtype: Dtype, pointer: string): void {
  if (bytes % DTYPES[dtype].bytes === 0) return;
  throw new Problem(
    "length_mismatch",
    `the bytes of ${dtype} logits must be a multiple of ${DTYPES[dtype].bytes}, got ${bytes}`,
    pointer,
  );
}

export function rowTooLong(row: Row, pointer: string): Problem {
  return new Problem(
    "limit_exceeded",
    `a row may have at most ${row.values.length} elements (vocab_size_max), got more`,
    pointer,
  );
}

/** Tells the two object forms apart; anything else at `logits` is an error. */
export function isSparseForm(logits: unknown): boolean {
  if (isRecord(logits) && isByName(logits))
    throw new Problem(
      "invalid_logits",
      `logits must be an array of numbers, one for each token id, got numbers by name; a few tokens go as {"token_ids": […], "values": […]}`,
      "/logits",
    );
  if (isRecord(logits)) return "token_ids" in logits || "values" in logits;
  if (logits === undefined) throw new Problem("invalid_logits", "a step needs logits, got none", "/logits");
  throw new Problem(
    "invalid_logits",
    `logits must be an array of numbers, a packed object or a sparse object, got ${show(logits)}`,
    "/logits",
  );
}

/** `{"cat": 1, "dog": 2}`: a number for each name. */
function isByName(logits: Readonly<Record<string, unknown>>): boolean {
  const values = Object.values(logits);
  return values.length > 0 && values.every((value) => typeof value === "number");
}
