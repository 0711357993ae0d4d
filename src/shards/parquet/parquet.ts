/**
 * Parquet: a column `logits` of lists, or `token_ids` and `logprobs` with an optional `tail_mass`, and `target`.
 * hyparquet, an optional dependency, reads the footer and the page headers and decompresses. Rows are read page by
 * page, however large the row groups are.
 */
import { readSync } from "node:fs";
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { messageOf } from "../../errors.ts";
import type { Values } from "../elements.ts";
import { type Part, type RowRange, rowOf, type Shard, type ShardOptions } from "../shard.ts";
import { type Column, columnsOf } from "./columns.ts";
import { Cursor, groupStarts } from "./cursor.ts";
import type { Numbers } from "./page.ts";
import { structLength } from "./thrift.ts";

const MAGIC_BYTES = 8;
/** Maximum bytes of a footer: that of a file with some hundred thousand row groups. */
const FOOTER_BYTES_MAX = 2 ** 26;
const PAR1 = 0x31524150;
const PARE = 0x45524150;

export function openParquet(file: number, bytes: number, options: ShardOptions, close: () => void): Shard {
  const metadata = metadataOf(footerOf(file, bytes));
  return openRows(file, metadata, columnsOf(metadata), options, close);
}

function metadataOf(footer: Uint8Array): FileMetaData {
  try {
    structLength(footer);
    return parquetMetadata(footer, { geoparquet: false });
  } catch (error) {
    throw new Error(`has a footer that is not understood: ${messageOf(error)}`);
  }
}

function openRows(
  file: number,
  metadata: FileMetaData,
  columns: ReadonlyMap<Part, Column>,
  options: ShardOptions,
  close: () => void,
): Shard {
  const starts = groupStarts(metadata.row_groups);
  const cut_groups = cutGroups(starts, options.range);
  const cursors = [...columns].map(([part, column]) => ({
    part,
    cursor: new Cursor(file, column, cut_groups),
  }));
  if (starts.at(-1) !== Number(metadata.num_rows))
    throw new Error(`has ${starts.at(-1)} rows in its groups, and tells of ${metadata.num_rows}`);
  let at = 0;
  const nextNumbers = () => {
    if (cursors.length === 0) return undefined;
    const row: Partial<Record<Part, Numbers>> = {};
    for (const { part, cursor } of cursors) {
      const numbers = cursor.next();
      // Each cursor counts its rows, so all columns end together.
      if (numbers !== undefined) row[part] = numbers;
      else if (cursors[0]?.part === part) return undefined;
      else throw new Error(`ends in row ${at} of ${part}`);
    }
    return row;
  };
  return {
    rows: starts.at(-1),
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
      for (const { cursor } of cursors) cursor.skipRows(wanted - at);
      at = wanted;
    },
    close,
  };
}

/** The groups of which only a part of the rows is read. */
function cutGroups(starts: readonly number[], range: RowRange | undefined): ReadonlySet<number> {
  const cuts = range === undefined ? [] : [range.from, range.to];
  const inside = cuts.map((cut) => starts.findIndex((start, g) => start < cut && cut < (starts[g + 1] ?? 0)));
  return new Set(inside.filter((group) => group >= 0));
}

function rowOfNumbers(row: Partial<Record<Part, Numbers>>, options: ShardOptions) {
  const { logits, token_ids, logprobs, tail_mass, target, step, history, prompt_length } = row;
  return rowOf(
    {
      logits: floats(logits),
      token_ids,
      logprobs: floats(logprobs),
      tail_mass: tail_mass?.[0],
      target: target?.[0],
      step: step?.[0],
      history,
      prompt_length: prompt_length?.[0],
    },
    options,
  );
}

function floats(numbers: Numbers | undefined): Values | undefined {
  return numbers instanceof Int32Array ? Float64Array.from(numbers) : numbers;
}

function footerOf(file: number, bytes: number): Uint8Array {
  const tail = readAt(file, bytes - MAGIC_BYTES, MAGIC_BYTES);
  const view = new DataView(tail.buffer);
  const length = bytes < 2 * MAGIC_BYTES ? Number.POSITIVE_INFINITY : view.getUint32(0, true);
  const magic = view.getUint32(4, true);
  if (magic === PARE) throw new Error("is encrypted Parquet, which is not read");
  if (magic !== PAR1 || length + MAGIC_BYTES > bytes)
    throw new Error("is no Parquet file: it does not end with a footer");
  if (length > FOOTER_BYTES_MAX)
    throw new Error(`has a footer of ${length} bytes, at most ${FOOTER_BYTES_MAX} are read`);
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
