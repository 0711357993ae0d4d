/**
 * Columns of elements of one kind, the same number in every row: how npy and safetensors hold rows. A column is a run of
 * bytes of its own, or a field of records that lie one behind the other.
 */
import type { TaskRow } from "../analysis/tasks/task.ts";
import type { Bytes } from "./bytes.ts";
import { type Dtype, decodeFloats, decodeNumbers, ELEMENT_BYTES, FLOATS } from "./elements.ts";
import { type Part, requireRow, rowOf, type Shard, type ShardOptions } from "./shard.ts";

/** A field of a record. */
export interface Field {
  readonly part: Part;
  readonly dtype: Dtype;
  readonly per_row: number;
  /** where it lies in its record */
  readonly offset: number;
}

/** Records of one length, with some fields. */
export interface Records {
  readonly bytes: Bytes;
  readonly record_bytes: number;
  readonly fields: readonly Field[];
}

/** Throws when a field cannot be what its part is. */
function checkField({ part, dtype, per_row }: Field): void {
  const wants_floats = part === "logits" || part === "logprobs" || part === "tail_mass";
  if (wants_floats !== FLOATS.includes(dtype))
    throw new Error(`${part} must be ${wants_floats ? "floating-point" : "whole"} numbers, got ${dtype}`);
  const is_single = part === "target" || part === "tail_mass";
  if (is_single ? per_row !== 1 : per_row < 1)
    throw new Error(
      `${part} must hold ${is_single ? "1 number" : "at least 1 number"} a row, got ${per_row}`,
    );
}

export function openColumns(
  sources: readonly Records[],
  rows: number,
  options: ShardOptions,
  close: () => void,
): Shard {
  const fields = sources.flatMap((source) => source.fields);
  fields.forEach(checkField);
  requireRow(new Set(fields.map(({ part }) => part)));
  let at = 0;
  return {
    rows,
    is_double: fields.some(({ dtype, part }) => dtype === "f64" && part !== "tail_mass"),
    next() {
      if (at === rows) return undefined;
      const parts: Partial<Record<Part, ArrayLike<number>>> = {};
      for (const { bytes, record_bytes, fields } of sources) {
        const record = bytes.take(record_bytes);
        if (record.length < record_bytes) throw new Error(`ends in row ${at} of ${rows}`);
        for (const field of fields) parts[field.part] = fieldOf(record, field);
      }
      at += 1;
      return rowOfParts(parts, options);
    },
    skip(count) {
      const skipped = Math.min(count, rows - at);
      for (const { bytes, record_bytes } of sources) bytes.skip(skipped * record_bytes);
      at += skipped;
    },
    close,
  };
}

function fieldOf(record: Uint8Array, { dtype, offset, per_row }: Field): ArrayLike<number> {
  const bytes = record.subarray(offset, offset + per_row * ELEMENT_BYTES[dtype]);
  return FLOATS.includes(dtype) ? decodeFloats(bytes, dtype) : decodeNumbers(bytes, dtype);
}

function rowOfParts(parts: Partial<Record<Part, ArrayLike<number>>>, options: ShardOptions): TaskRow {
  const floats = (part: Part) => parts[part] as Float32Array | Float64Array | undefined; // checkField saw to it
  return rowOf(
    {
      logits: floats("logits"),
      token_ids: parts.token_ids,
      logprobs: floats("logprobs"),
      tail_mass: parts.tail_mass?.[0],
      target: parts.target?.[0],
    },
    options,
  );
}
