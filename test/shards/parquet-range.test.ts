/** Parts of a Parquet file: pages before a part are passed over, and rows of different lengths are never shifted. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteFile } from "hyparquet-writer";
import { expect, test } from "vitest";
import { openShard } from "../../src/shards/open.ts";
import { shardFolder } from "./files.ts";

const { folder } = shardFolder();
let written = 0;

function parquet(logits: readonly (readonly number[] | null)[], options: object): string {
  const filename = join(folder, `r${written++}.parquet`);
  parquetWriteFile({
    filename,
    schema: [
      { name: "root", num_children: 2 },
      { name: "logits", num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
      { name: "target", type: "INT32", repetition_type: "OPTIONAL" },
    ],
    columnData: [
      { name: "logits", data: logits as (number[] | null)[], encoding: "PLAIN" },
      { name: "target", data: Int32Array.from(logits, (_, r) => r), encoding: "PLAIN" },
    ],
    ...options,
  });
  return filename;
}

/** The rows of a range as text, one line each. */
async function rowsIn(path: string, from: number, to: number, of: number): Promise<string[]> {
  const range = { from, to, of };
  const shard = await openShard(path, { vocab_size: undefined, targets: undefined, range });
  try {
    if (from > 0) shard.skip(from);
    return Array.from({ length: to - from }, () => {
      const row = shard.next();
      return `${row?.target}: ${row && Array.from(row.values).join(" ")}`;
    });
  } finally {
    shard.close();
  }
}

const textOf = (logits: readonly (readonly number[] | null)[]) =>
  logits.map((row, r) => `${r}: ${row?.join(" ") ?? ""}`);

/** The rows of all parts, one part after the other. */
async function inParts(path: string, rows: number, parts: number): Promise<string[]> {
  const read: string[] = [];
  for (let p = 0; p < parts; p++)
    read.push(
      ...(await rowsIn(path, Math.floor((rows * p) / parts), Math.floor((rows * (p + 1)) / parts), rows)),
    );
  return read;
}

const ROWS = 300;
const even = Array.from({ length: ROWS }, (_, r) =>
  Array.from({ length: 7 }, (_, c) => Math.fround(r + c / 8)),
);

test.each([
  ["pages that end within a row", { pageSize: 100 }],
  ["pages of whole rows", { pageSize: 280 }],
  ["one page", {}],
  ["several groups", { pageSize: 250, rowGroupSize: 77 }],
  ["uncompressed pages", { pageSize: 250, codec: "UNCOMPRESSED" }],
])("all parts together have every row once: %s", async (_, options) => {
  const path = parquet(even, options);
  for (const parts of [1, 2, 3, 7, 60]) expect(await inParts(path, ROWS, parts)).toEqual(textOf(even));
});

test("pages before a part are not decompressed", async () => {
  /** The file with one page that cannot be decompressed; -1: none. */
  const spoiled = (bad: number) => {
    let pages = 0;
    const GZIP = (page: Uint8Array) => (pages++ === bad ? Uint8Array.of(0) : gzipSync(page));
    const path = parquet(even, { pageSize: 400, codec: "GZIP", compressors: { GZIP } });
    return { path, pages };
  };
  const { path, pages } = spoiled(-1);
  expect(await rowsIn(path, 0, ROWS, ROWS)).toEqual(textOf(even));
  const files = Array.from({ length: pages }, (_, bad) => spoiled(bad).path);
  /** How many pages a part decompresses: it fails when one of them is spoiled, and reads its rows when another is. */
  const pagesOf = async (from: number, to: number) => {
    const read = await Promise.all(files.map((file) => rowsIn(file, from, to, ROWS).catch(() => undefined)));
    for (const rows of read) expect([undefined, textOf(even).slice(from, to)]).toContainEqual(rows);
    return read.filter((rows) => rows === undefined).length;
  };
  const all = await pagesOf(0, ROWS);
  expect(all).toBe(pages);
  expect(all).toBeGreaterThan(20);
  // The first page shows the length of the rows. A page more of each column may be read where the part begins.
  expect(await pagesOf(240, ROWS)).toBeLessThanOrEqual(all / 5 + 3);
  expect(
    (await pagesOf(0, 100)) + (await pagesOf(100, 200)) + (await pagesOf(200, ROWS)),
  ).toBeLessThanOrEqual(all + 8);
});

test("rows of other lengths are found by counting where the first page shows them", async () => {
  const logits = Array.from({ length: 120 }, (_, r) => Array.from({ length: 1 + (r % 5) }, (_, c) => r + c));
  for (const pageSize of [60, 200, 100_000])
    expect(await inParts(parquet(logits, { pageSize }), 120, 4)).toEqual(textOf(logits));
});

test("rows of other lengths in later pages are found, or they are an error of a part; no row is shifted", async () => {
  let state = 5;
  const below = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % n;
  };
  let errors = 0;
  for (let round = 0; round < 60; round++) {
    const logits: (number[] | null)[] = even.slice(0, 90).map((row) => [...row]);
    // What one row loses another gains, so the number of elements stays a multiple of the number of rows.
    for (let moved = 0; moved < 1 + below(3); moved++) {
      const [less, more] = [20 + below(70), 20 + below(70)];
      if (logits[less]!.length < 2 || less === more) continue;
      logits[more]!.push(logits[less]!.pop()!);
    }
    const path = parquet(logits, { pageSize: [90, 280][round % 2]! });
    try {
      expect(await inParts(path, 90, 2 + below(4))).toEqual(textOf(logits));
    } catch (error) {
      expect((error as Error).message).toMatch(/different lengths|begins within a row/);
      errors += 1;
    }
  }
  expect(errors).toBeGreaterThan(30);
});
