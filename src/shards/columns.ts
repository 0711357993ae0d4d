/**
 * Columns of elements of one type, with the same number in every row, as in npy and safetensors. A column is a separate
 * run of bytes, or a field of contiguous records.
 */
import type { TaskRow } from "../analysis/tasks/task.ts";
import type { Bytes } from "./bytes.ts";
import { type Dtype, decodeFloats, decodeNumbers, ELEMENT_BYTES, FLOATS } from "./elements.ts";
import {
  checkDtype,
  isSingle,
  type Part,
  requireRow,
  rowOf,
  type Shard,
  type ShardOptions,
} from "./shard.ts";

/** A field of a record. */
export interface Field {
  readonly part: Part;
  readonly dtype: Dtype;
  readonly per_row: number;
  /** its offset in the record */
  readonly offset: number;
}

/** Records of one length, with several fields. */
export interface Records {
  readonly bytes: Bytes;
  readonly record_bytes: number;
  readonly fields: readonly Field[];
}

/** Throws when a field has the wrong shape or type for its part. */
function checkField({ part, dtype, per_row }: Field): void {
  checkDtype(part, dtype);
  if (isSingle(part) ? per_row === 1 : per_row >= 1) return;
  throw new Error(
    `${part} must hold ${isSingle(part) ? "1 number" : "at least 1 number"} a row, got ${per_row}`,
  );
}

/** A row of 16 million float64 numbers. */
const RECORD_BYTES_MAX = 2 ** 27;
/** Number of bytes of records that are decoded together. */
const BLOCK_BYTES = 2 ** 18;

export function openColumns(
  sources: readonly Records[],
  rows: number,
  options: ShardOptions,
  close: () => void,
): Shard {
  const fields = sources.flatMap((source) => source.fields);
  // Without rows, no shape can be wrong.
  if (rows > 0) fields.forEach(checkField);
  for (const { record_bytes } of sources)
    if (record_bytes > RECORD_BYTES_MAX)
      throw new Error(`has rows of ${record_bytes} bytes, at most ${RECORD_BYTES_MAX} are read`);
  const parts = new Set<Part>();
  for (const { part } of fields) {
    if (parts.has(part)) throw new Error(`has ${part} twice: in its rows, and in a file of its own`);
    parts.add(part);
  }
  requireRow(parts);
  const readers = sources.map((source) => new RecordReader(source));
  let at = 0;
  return {
    rows,
    next() {
      if (at === rows) {
        for (const reader of readers) reader.requireEnd();
        return undefined;
      }
      const parts: Parts = {};
      for (const reader of readers)
        if (!reader.read(parts, rows - at)) throw new Error(`ends in row ${at} of ${rows}`);
      at += 1;
      return rowOfParts(parts, options);
    },
    skip(count) {
      const skipped = Math.min(count, rows - at);
      for (const reader of readers) reader.skip(skipped);
      at += skipped;
    },
    close,
  };
}

type Parts = Partial<Record<Part, ArrayLike<number>>>;
type Sliced = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Reads records in blocks: a separate column is decoded once for a whole block. */
class RecordReader {
  readonly #bytes: Bytes;
  readonly #record_bytes: number;
  readonly #fields: readonly Field[];
  readonly #block_rows: number;
  #block: Uint8Array = new Uint8Array(0);
  #numbers: ArrayLike<number> = [];
  #at = 0;
  #left = 0;

  constructor({ bytes, record_bytes, fields }: Records) {
    this.#bytes = bytes;
    this.#record_bytes = record_bytes;
    this.#fields = fields;
    this.#block_rows = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, record_bytes)));
  }

  /** Adds the next record, if at most this many are left; false when no whole record is left. */
  read(parts: Parts, rows_left: number): boolean {
    if (this.#left === 0 && !this.#fill(rows_left)) return false;
    const [field] = this.#fields;
    if (field !== undefined && this.#isAlone()) parts[field.part] = this.#sliceOf(field.per_row);
    else this.#readRecord(parts);
    this.#at += 1;
    this.#left -= 1;
    return true;
  }

  /** Removes the oldest of the records. */
  skip(count: number): void {
    const read = Math.min(count, this.#left);
    this.#at += read;
    this.#left -= read;
    this.#bytes.skip((count - read) * this.#record_bytes);
  }

  /** A file that was written twice, or a pipe with two arrays, has more bytes than the rows in its header. */
  requireEnd(): void {
    if (this.#bytes.peek(1).length > 0)
      throw new Error("goes on behind the last row that its header tells: write one array a file");
  }

  #isAlone(): boolean {
    return this.#fields.length === 1 && this.#record_bytes === fieldBytes(this.#fields[0]!);
  }

  #fill(rows_left: number): boolean {
    const rows = Math.min(this.#block_rows, rows_left);
    this.#block = this.#bytes.take(rows * this.#record_bytes);
    this.#left = Math.floor(this.#block.length / this.#record_bytes);
    this.#at = 0;
    const [field] = this.#fields;
    if (field !== undefined && this.#isAlone())
      this.#numbers = decoded(this.#block.subarray(0, this.#left * this.#record_bytes), field.dtype);
    return this.#left > 0;
  }

  #sliceOf(per_row: number): ArrayLike<number> {
    const from = this.#at * per_row;
    return (this.#numbers as Sliced).subarray(from, from + per_row); // decoded gives typed arrays
  }

  #readRecord(parts: Parts): void {
    const begin = this.#at * this.#record_bytes;
    for (const field of this.#fields) {
      const from = begin + field.offset;
      parts[field.part] = decoded(this.#block.subarray(from, from + fieldBytes(field)), field.dtype);
    }
  }
}

function fieldBytes({ per_row, dtype }: Field): number {
  return per_row * ELEMENT_BYTES[dtype];
}

function decoded(bytes: Uint8Array, dtype: Dtype): ArrayLike<number> {
  return FLOATS.includes(dtype) ? decodeFloats(bytes, dtype) : decodeNumbers(bytes, dtype);
}

function rowOfParts(parts: Parts, options: ShardOptions): TaskRow {
  const floats = (part: Part) => parts[part] as Float32Array | Float64Array | undefined; // checkField saw to it
  return rowOf(
    {
      logits: floats("logits"),
      token_ids: parts.token_ids,
      logprobs: floats("logprobs"),
      tail_mass: parts.tail_mass?.[0],
      target: parts.target?.[0],
      step: parts.step?.[0],
      history: parts.history,
      prompt_length: parts.prompt_length?.[0],
    },
    options,
  );
}
