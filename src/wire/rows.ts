/**
 * Makes the row of a step out of what stood at `logits`: dense numbers that the scanner wrote, packed bytes, or a
 * sparse list. Sparse lists are checked in plain loops: zod would cost more than the whole step.
 */
import { Problem } from "../errors.ts";
import { DTYPE_BYTES, type Dtype, type Row } from "../kernels/kernel.ts";
import { isTokenId, notATokenId, show } from "../sampling/fields.ts";
import { isRecord, parseWith } from "../sampling/parse.ts";
import type { SparseRow } from "../sampling/rows.ts";
import type { StepOptions } from "../sampling/step-options.ts";
import { PACKED_ROW, SPARSE_ROW } from "../schemas/row.ts";
import { firstRepeated } from "./distinct.ts";
import type { Parked } from "./parked.ts";

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
  if (row.max !== Number.POSITIVE_INFINITY) return row;
  const index = row.values.indexOf(Number.POSITIVE_INFINITY);
  throw new Problem(
    "invalid_logits",
    `logits must be finite or -Infinity, got Infinity at index ${index}`,
    `/logits/${index}`,
  );
}

/** Writes packed bytes into a row. `value` is the object at `logits`, its data already decoded. */
export function loadPacked(row: Row, value: unknown, data: Parked): void {
  const { dtype } = parseWith(PACKED_ROW, value, "/logits");
  requireWhole(data.length, dtype, "/logits/data");
  row.begin(dtype);
  if (!row.append(data.bytes)) throw rowTooLong(row, "/logits/data");
}

/** A tensor may not end inside an element. */
export function requireWhole(bytes: number, dtype: Dtype, pointer: string): void {
  if (bytes % DTYPE_BYTES[dtype] === 0) return;
  throw new Problem(
    "length_mismatch",
    `the bytes of ${dtype} logits must be a multiple of ${DTYPE_BYTES[dtype]}, got ${bytes}`,
    pointer,
  );
}

export function rowTooLong(row: Row, pointer: string): Problem {
  return new Problem(
    "limit_exceeded",
    `a row may have at most ${row.values.length} elements, got more`,
    pointer,
  );
}

/**
 * A sparse row. `values` are the numbers that stood at `logits.values`, as float32 like those of any other row;
 * `plain_ids` what stood at `logits.token_ids`, unless it is still there.
 */
export function sparseRow(
  value: unknown,
  plain_ids: Int32Array | undefined,
  values: Float32Array,
  options: StepOptions,
): SparseRow {
  const { token_ids, vocab_size, logsumexp, max_omitted } = parseWith(SPARSE_ROW, value, "/logits");
  const ids = plain_ids ?? token_ids;
  if (ids.length !== values.length)
    throw new Problem(
      "length_mismatch",
      `token_ids and values must be of one length, got ${ids.length} and ${values.length}`,
      "/logits/values",
    );
  requireSparseSize(ids.length, vocab_size, options);
  return {
    token_ids: distinctIds(plain_ids ?? checkedIds(token_ids, vocab_size), vocab_size),
    values: new Float64Array(values),
    vocab_size,
    logsumexp,
    max_omitted,
  };
}

/** A sparse row has a token, and no step a larger vocabulary than its row. */
export function requireSparseSize(count: number, vocab_size: number | undefined, options: StepOptions): void {
  if (count === 0)
    throw new Problem("invalid_logits", "logits must hold at least one number, got none", "/logits");
  if (vocab_size !== undefined && options.vocab_size !== undefined && options.vocab_size > vocab_size)
    throw new Problem(
      "length_mismatch",
      `vocab_size must be at most that of the logits, ${vocab_size}, got ${options.vocab_size}`,
      "/vocab_size",
    );
}

/** What JSON.parse made of ids that were not plainly written. */
function checkedIds(ids: readonly unknown[], vocab_size = Number.POSITIVE_INFINITY): Int32Array {
  const checked = new Int32Array(ids.length);
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index];
    if (!isTokenId(id) || id >= vocab_size) throw wrongId(id, index, vocab_size);
    checked[index] = id;
  }
  return checked;
}

/** The same ids, once they are known to be distinct and within the vocabulary. */
export function distinctIds(ids: Int32Array, vocab_size = Number.POSITIVE_INFINITY): Int32Array {
  for (let index = 0; index < ids.length; index++)
    if ((ids[index] ?? 0) >= vocab_size) throw wrongId(ids[index], index, vocab_size);
  const index = firstRepeated(ids);
  if (index < 0) return ids;
  throw new Problem(
    "invalid_logits",
    `token_ids must be distinct, got ${ids[index]} twice`,
    `/logits/token_ids/${index}`,
  );
}

function wrongId(id: unknown, index: number, vocab_size: number): Problem {
  const pointer = `/logits/token_ids/${index}`;
  if (!isTokenId(id)) return new Problem("invalid_logits", `token_ids[${index}] ${notATokenId(id)}`, pointer);
  return new Problem(
    "token_id_out_of_range",
    `token_ids[${index}] must be below vocab_size, ${vocab_size}, got ${id}`,
    pointer,
  );
}

/** Tells the two object forms apart; anything else at `logits` is an error. */
export function isSparseForm(logits: unknown): boolean {
  if (isRecord(logits)) return "token_ids" in logits || "values" in logits;
  if (logits === undefined) throw new Problem("invalid_logits", "a step needs logits, got none", "/logits");
  throw new Problem(
    "invalid_logits",
    `logits must be an array of numbers, a packed object or a sparse object, got ${show(logits)}`,
    "/logits",
  );
}
