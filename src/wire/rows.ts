/** Makes the row of a step from the value at `logits`: dense numbers from the scanner, or packed bytes. */
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import {
  ENCODINGS,
  type Encoding,
  encodingNamed,
  type Row,
  rowElements,
  type Scale,
  type WireDtype,
} from "../kernels/kernel.ts";
import { parseWith } from "../sampling/options/parse.ts";
import type { StepOptions } from "../sampling/step.ts";
import { PACKED_ROW } from "../schemas/row.ts";
import type { GrowingBuffer } from "./growing-buffer.ts";
import { requireNoFile } from "./tensor/file-magic.ts";

/** Finishes a dense row once all its elements are in it. Throws when the sampler cannot take it. */
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

/** JSON has no word for +Infinity, so a number that large is a mistake. In bytes, +Infinity is intended. */
export function requireFinite(row: Row): Row {
  if (row.max !== Number.POSITIVE_INFINITY) return row;
  const index = row.values.indexOf(Number.POSITIVE_INFINITY);
  throw new Problem(
    "invalid_logits",
    `logits must be finite or -Infinity, got Infinity at index ${index}`,
    `/logits/${index}`,
  );
}

/** The encoding of packed elements. `value` is the object at `logits`, with its data already decoded. */
export function packedEncoding(value: unknown): Encoding {
  const { dtype, scale } = parseWith(PACKED_ROW, value, "/logits");
  return encodingWith(dtype, scale, "/logits");
}

/** The encoding of a dtype with such a scale. Throws when a scale is missing, or not allowed. */
export function encodingWith(dtype: WireDtype, scale: Scale | undefined, pointer: string): Encoding {
  const encoding = encodingNamed(dtype, scale);
  if (encoding !== undefined) return encoding;
  throw new Problem(
    scale === undefined ? "invalid_option" : "option_conflict",
    scale === undefined
      ? `${dtype} needs scale, "row" or "block", got none`
      : `scale is for i8: the elements of ${dtype} stand alone, got ${show(scale)}`,
    `${pointer}/scale`,
  );
}

/** `f16`, or `i8 with scale block`. */
export function encodingText(encoding: Encoding): string {
  const { dtype, scale } = ENCODINGS[encoding];
  return scale === undefined ? dtype : `${dtype} with scale ${scale}`;
}

/** The last block of a row must be full. */
export function requireFullUnits(encoding: Encoding, elements: number, pointer: string): void {
  const unit = ENCODINGS[encoding].elements;
  if (elements % unit === 0) return;
  throw new Problem(
    "invalid_option",
    `a row of ${encodingText(encoding)} must have a multiple of ${unit} elements, got ${elements}: pad it, and say vocab_size`,
    pointer,
  );
}

/** Writes packed bytes into a row. */
export function loadPacked(row: Row, encoding: Encoding, data: GrowingBuffer): void {
  requireWhole(data.length, encoding, "/logits/data");
  requireNoFile(data.bytes);
  row.begin(encoding);
  if (!row.append(data.bytes)) throw rowTooLong(row, "/logits/data");
}

/** A row must end at the end of an element, a scale or a block. */
export function requireWhole(bytes: number, encoding: Encoding, pointer: string): void {
  if (rowElements(encoding, bytes) >= 0) return;
  const { bytes: unit, head_bytes } = ENCODINGS[encoding];
  const behind =
    head_bytes > 0 ? `${head_bytes} of its scale, and one for each logit` : `a multiple of ${unit}`;
  throw new Problem(
    "length_mismatch",
    `the bytes of ${encodingText(encoding)} logits must be ${behind}, got ${bytes}`,
    pointer,
  );
}

/**
 * Number of elements per row, from the bytes of several rows of one length; not a whole number when they
 * cannot have one length.
 */
export function elementsOfRows(bytes: number, rows: number, encoding: Encoding): number {
  const { scale, bytes: unit } = ENCODINGS[encoding];
  return scale === undefined ? bytes / unit : rows * rowElements(encoding, bytes / rows);
}

/** The same for several rows of one length. */
export function requireWholeRows(bytes: number, rows: number, encoding: Encoding, pointer: string): void {
  const is_scaled = ENCODINGS[encoding].scale !== undefined;
  requireWhole(is_scaled ? bytes / rows : bytes, encoding, pointer);
}

export function rowTooLong(row: Row, pointer: string): Problem {
  return new Problem(
    "limit_exceeded",
    `a row may have at most ${row.values.length} elements (vocab_size_max), got more`,
    pointer,
  );
}

/** Distinguishes the two object forms; anything else at `logits` is an error. */
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
