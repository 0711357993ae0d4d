/**
 * Makes a sparse row from token ids and values, in any form. It uses plain loops over typed arrays, because zod
 * would cost more than the whole step.
 */
import { Problem } from "../errors.ts";
import { isTokenId, notATokenId } from "../sampling/options/fields.ts";
import { parseWith } from "../sampling/options/parse.ts";
import type { SparseRow } from "../sampling/rows.ts";
import type { StepOptions } from "../sampling/step.ts";
import { SPARSE_ROW } from "../schemas/row.ts";
import { TOKEN_ID_MAX } from "../vocabulary/vocabulary.ts";
import { firstRepeated } from "./distinct.ts";

/** The facts that a client may give about the whole row. */
type Known = Pick<SparseRow, "vocab_size" | "logsumexp" | "max_omitted">;

/** A JSON object at `logits` whose arrays may already be read. */
export interface SparseForm {
  /** the remaining value at `token_ids` */
  readonly token_ids: readonly unknown[];
  readonly known: Known;
}

export function sparseForm(value: unknown): SparseForm {
  const { token_ids, values: _, ...known } = parseWith(SPARSE_ROW, value, "/logits");
  return { token_ids, known };
}

/**
 * `values` are the numbers at `logits.values`, as float32; `plain_ids` the ids at `logits.token_ids`, unless they are
 * still in the object.
 */
export function sparseRowFromJson(
  { token_ids, known }: SparseForm,
  plain_ids: Int32Array | undefined,
  values: Float32Array,
  options: StepOptions,
): SparseRow {
  const ids = plain_ids ?? token_ids;
  if (ids.length !== values.length)
    throw new Problem(
      "length_mismatch",
      `token_ids and values must be of one length, got ${ids.length} and ${values.length}`,
      "/logits/values",
    );
  if (ids.length === 0)
    throw new Problem("invalid_logits", "logits must hold at least one number, got none", "/logits");
  requireVocabulary(known, options);
  return sparseRow(plain_ids ?? checkedIds(token_ids, known.vocab_size), values, known, "/logits");
}

/** No step has a larger vocabulary than its row. */
export function requireVocabulary({ vocab_size }: Known, options: StepOptions): void {
  if (vocab_size === undefined || options.vocab_size === undefined || options.vocab_size <= vocab_size)
    return;
  throw new Problem(
    "length_mismatch",
    `vocab_size must be at most that of the logits, ${vocab_size}, got ${options.vocab_size}`,
    "/vocab_size",
  );
}

/** Checks ids and values of equal number. `pointer` leads to the fields about the whole row. */
export function sparseRow(
  token_ids: Int32Array,
  values: Float32Array,
  { vocab_size, logsumexp, max_omitted }: Known,
  pointer: string,
): SparseRow {
  requireDistinct(token_ids, vocab_size);
  const max = largest(values);
  if (logsumexp !== undefined) requireNormaliser(logsumexp, max, pointer);
  return { token_ids, values, vocab_size, logsumexp, max_omitted };
}

/** Ids in unusual spellings, as JSON.parse returned them. */
function checkedIds(ids: readonly unknown[], vocab_size = Number.POSITIVE_INFINITY): Int32Array {
  const checked = new Int32Array(ids.length);
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index];
    if (!isTokenId(id) || id >= vocab_size) throw wrongId(id, index, vocab_size);
    checked[index] = id;
  }
  return checked;
}

/** Token ids are those of the vocabulary, each once. */
function requireDistinct(ids: Int32Array, vocab_size = Number.POSITIVE_INFINITY): void {
  const end = Math.min(vocab_size, TOKEN_ID_MAX + 1);
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index] as number; // index < length
    if (id < 0 || id >= end) throw wrongId(id, index, vocab_size);
  }
  const index = firstRepeated(ids);
  if (index < 0) return;
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

/** The largest value. JSON never has NaN or Infinity here, but bytes may. */
function largest(values: Float32Array): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number; // index < length
    if (value > max) max = value;
    else if (Number.isNaN(value))
      throw new Problem(
        "nan_logit",
        `logits must be numbers, got NaN at index ${index}`,
        `/logits/values/${index}`,
      );
  }
  if (max < Number.POSITIVE_INFINITY) return max;
  const index = values.indexOf(max);
  throw new Problem(
    "invalid_logits",
    `logits must be finite or -Infinity, got Infinity at index ${index}`,
    `/logits/values/${index}`,
  );
}

/** How far a normaliser may lie below the largest logit due to rounding: bfloat16 has 8 bits. */
const NORMALISER_SLACK = 2 ** -7;

/** ln Σ exp over a row is at least its largest logit. */
function requireNormaliser(logsumexp: number, max: number, pointer: string): void {
  if (logsumexp >= max - NORMALISER_SLACK * Math.max(1, Math.abs(max))) return;
  throw new Problem(
    "invalid_option",
    `logsumexp must be at least the largest of the values, ${max}, got ${logsumexp}`,
    `${pointer}/logsumexp`,
  );
}
