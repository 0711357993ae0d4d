/** Rows of logits as a client has them, and the two ways they are written: bytes, or a part of a JSON text. */
import { DTYPE_BYTES, type Dtype } from "./options.ts";

/** Elements that are little-endian bytes already. */
export interface PackedLogits {
  readonly dtype: Dtype;
  readonly bytes: Uint8Array;
}

/** Only the tokens that matter; `logsumexp` and `max_omitted` make the answer exact where it can be. */
export interface SparseLogits {
  readonly token_ids: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly vocab_size?: number;
  readonly logsumexp?: number;
  readonly max_omitted?: number;
}

/** One row. Numbers are rounded to float32 before sampling. */
export type Logits = Float32Array | readonly number[] | PackedLogits | SparseLogits;

/** The logits of a step: one row, or the rows of several sources, which the option `combine` combines. */
export type StepLogits = Logits | readonly Logits[];

/** The rows of several sources; undefined for one row. */
export function sourcesOf(logits: StepLogits): readonly Logits[] | undefined {
  // Numbers in a list are the values of one row.
  return Array.isArray(logits) && typeof logits[0] === "object" ? logits : undefined;
}

/** The bytes of all rows of a step; undefined where one of them has none. */
export function denseRows(logits: StepLogits): PackedLogits[] | undefined {
  const rows = sourcesOf(logits) ?? [logits as Logits]; // no list of rows: a row
  return rows.some(isSparse) ? undefined : rows.map((row) => packedOf(row as Exclude<Logits, SparseLogits>));
}

/** The rows of a step as fields of a JSON text, with the options of each source. */
export function jsonFields(logits: StepLogits, sources: readonly object[] = []): object {
  const rows = sourcesOf(logits);
  if (rows === undefined) return { logits: jsonOf(logits as Logits) }; // as above
  return { sources: rows.map((row, index) => ({ ...sources[index], logits: jsonOf(row) })) };
}

/** True when a row is written as JSON, not as bytes. */
export function isSparse(logits: Logits): logits is SparseLogits {
  return "token_ids" in logits;
}

/** The bytes of a dense row; those of a Float32Array are not copied. */
export function packedOf(logits: Exclude<Logits, SparseLogits>): PackedLogits {
  if ("bytes" in logits) return logits;
  const values = logits instanceof Float32Array ? logits : Float32Array.from(logits);
  return { dtype: "f32", bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** The common properties of rows that can be sent as one tensor; undefined when they cannot, or there are no rows. */
export function alike(
  rows: readonly PackedLogits[],
): { readonly dtype: PackedLogits["dtype"]; readonly elements: number } | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const { dtype, bytes } = first;
  const same = rows.every((row) => row.dtype === dtype && row.bytes.length === bytes.length);
  return same ? { dtype, elements: bytes.length / DTYPE_BYTES[dtype] } : undefined;
}

/** The JSON value of a row at `logits`. */
export function jsonOf(logits: Logits): unknown {
  if (isSparse(logits)) return { ...logits, ...finitePairs(logits) };
  const { dtype, bytes } = packedOf(logits);
  return { dtype, data: base64(bytes) };
}

/** JSON has no −Infinity, and needs none here: a token that is left out is masked. */
function finitePairs({ token_ids, values }: SparseLogits) {
  const places = Array.from(values, (value, place) => (value === Number.NEGATIVE_INFINITY ? -1 : place));
  const kept = places.filter((place) => place >= 0);
  return { token_ids: kept.map((place) => token_ids[place]), values: kept.map((place) => values[place]) };
}

/** Characters at a time: fromCharCode takes its arguments on the stack. */
const PIECE = 8192;

function base64(bytes: Uint8Array): string {
  let letters = "";
  for (let from = 0; from < bytes.length; from += PIECE)
    letters += String.fromCharCode(...bytes.subarray(from, from + PIECE));
  return btoa(letters);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
