/**
 * Parquet: a column `logits` of lists, or `token_ids` and `logprobs` with perhaps `tail_mass`, and `target`. hyparquet,
 * an optional dependency, reads the footer and the pages' headers and decompresses; rows then come page by page, however
 * large the groups of rows are.
 */
import { readSync } from "node:fs";
import { type ColumnMetaData, type FileMetaData, parquetMetadata } from "hyparquet";
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from "hyparquet/src/schema.js";
import { compressors } from "hyparquet-compressors";
import type { Dtype, Values } from "../elements.ts";
import { PARTS, type Part, partOf, requireRow, rowOf, type Shard, type ShardOptions } from "../shard.ts";
import { Cursor, groupStarts } from "./cursor.ts";
import type { Column, Numbers } from "./page.ts";

const MAGIC_BYTES = 8;

export function openParquet(file: number, bytes: number, options: ShardOptions, close: () => void): Shard {
  const metadata = parquetMetadata(footerOf(file, bytes), { geoparquet: false });
  const columnOf = (meta: ColumnMetaData): Column => {
    const path = getSchemaPath(metadata.schema, meta.path_in_schema);
    const leaf = path.at(-1)?.element;
    const definition_max = getMaxDefinitionLevel(path);
    return {
      name: meta.path_in_schema.join("."),
      meta,
      dtype: dtypeOf(meta, leaf?.type_length),
      repetition_max: getMaxRepetitionLevel(path),
      definition_max,
      element_level: leaf?.repetition_type === "OPTIONAL" ? definition_max - 1 : definition_max,
      compressors,
    };
  };
  return openRows(file, metadata, columnOf, options, close);
}

function openRows(
  file: number,
  metadata: FileMetaData,
  columnOf: (meta: ColumnMetaData) => Column,
  options: ShardOptions,
  close: () => void,
): Shard {
  const columns = columnsOf(metadata, columnOf);
  requireRow(new Set(columns.keys()));
  const cursors = [...columns].map(([part, parts]) => ({ part, cursor: new Cursor(file, parts) }));
  const starts = groupStarts(metadata.row_groups);
  let at = 0;
  const nextNumbers = () => {
    const row: Partial<Record<Part, Numbers>> = {};
    for (const { part, cursor } of cursors) {
      const numbers = cursor.next();
      if (numbers === undefined) return undefined;
      row[part] = numbers;
    }
    return row;
  };
  return {
    rows: Number(metadata.num_rows),
    next() {
      const row = nextNumbers();
      at += 1;
      return row && rowOfNumbers(row, options);
    },
    skip(rows) {
      const wanted = at + rows;
      const group = starts.findLastIndex((start) => start <= wanted);
      if (starts[group]! > at) {
        for (const { cursor } of cursors) cursor.skipGroups(group);
        at = starts[group]!;
      }
      for (; at < wanted; at++) if (nextNumbers() === undefined) return;
    },
    close,
  };
}

function rowOfNumbers(row: Partial<Record<Part, Numbers>>, options: ShardOptions) {
  const { logits, token_ids, logprobs, tail_mass, target, step, history, prompt_length } = row;
  return rowOf(
    {
      logits: floats(logits),
      token_ids,
      logprobs: floats(logprobs),
      tail_mass: known(tail_mass?.[0]),
      target: known(target?.[0]),
      step: known(step?.[0]),
      history,
      prompt_length: known(prompt_length?.[0]),
    },
    options,
  );
}

function floats(numbers: Numbers | undefined): Values | undefined {
  return numbers instanceof Int32Array ? Float64Array.from(numbers) : numbers;
}

/** A number that is not null. */
function known(number: number | undefined): number | undefined {
  return number === undefined || Number.isNaN(number) ? undefined : number;
}

/** The columns that rows are made of, by what they are; those of each group of rows. */
function columnsOf(
  { row_groups }: FileMetaData,
  columnOf: (meta: ColumnMetaData) => Column,
): Map<Part, Column[]> {
  const columns = new Map<Part, Column[]>();
  const names = new Set<string>();
  for (const { columns: chunks } of row_groups) {
    for (const { meta_data } of chunks) {
      const name = meta_data?.path_in_schema[0];
      if (meta_data === undefined || name === undefined) continue;
      names.add(name);
      const part = partOf(name);
      if (part === undefined) continue;
      const list = columns.get(part) ?? [];
      columns.set(part, list);
      list.push(columnOf(meta_data));
    }
  }
  if (columns.size === 0 && row_groups.length > 0)
    throw new Error(`has none of the columns ${PARTS.join(", ")}, got ${[...names].join(", ")}`);
  return columns;
}

function dtypeOf({ type, path_in_schema }: ColumnMetaData, type_length: number | undefined): Dtype {
  if (type === "FLOAT") return "f32";
  if (type === "DOUBLE") return "f64";
  if (type === "INT32") return "i32";
  if (type === "INT64") return "i64";
  if (type === "FIXED_LEN_BYTE_ARRAY" && type_length === 2) return "f16";
  throw new Error(
    `has a column ${path_in_schema[0]} of type ${type}; read are FLOAT, DOUBLE, FLOAT16, INT32 and INT64`,
  );
}

function footerOf(file: number, bytes: number): Uint8Array {
  const tail = readAt(file, bytes - MAGIC_BYTES, MAGIC_BYTES);
  const view = new DataView(tail.buffer);
  const length = bytes < 2 * MAGIC_BYTES ? Number.POSITIVE_INFINITY : view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0x31524150 || length + MAGIC_BYTES > bytes)
    throw new Error("is no Parquet file: it does not end with a footer");
  return readAt(file, bytes - MAGIC_BYTES - length, length + MAGIC_BYTES);
}

function readAt(file: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const read = readSync(file, bytes, at, length - at, Math.max(0, position) + at);
    if (read === 0) break;
    at += read;
  }
  return bytes;
}
