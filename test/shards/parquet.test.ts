import { join } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import type { Column as ReadColumn } from "../../src/shards/parquet/columns.ts";
import { readRuns } from "../../src/shards/parquet/levels.ts";
import { readPage } from "../../src/shards/parquet/page.ts";
import { structLength } from "../../src/shards/parquet/thrift.ts";
import { rowsOf, shardFolder } from "./files.ts";

const { folder, file } = shardFolder();

type Column = Parameters<typeof parquetWriteFile>[0]["columnData"][number];
type Schema = NonNullable<Parameters<typeof parquetWriteFile>[0]["schema"]>;

let written = 0;

function parquet(columnData: Column[], rest: object = {}): string {
  const filename = join(folder, `p${written++}.parquet`);
  const lists = columnData.filter(({ name }) => name !== "target" && name !== "tail_mass");
  const schema: Schema = [{ name: "root", num_children: columnData.length }];
  for (const { name, type } of columnData) {
    const leaf = { type: (type ?? "FLOAT") as "FLOAT", repetition_type: "OPTIONAL" as const };
    if (!lists.some((each) => each.name === name)) schema.push({ name, ...leaf });
    else
      schema.push(
        { name, num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" },
        { name: "list", num_children: 1, repetition_type: "REPEATED" },
        { name: "element", ...leaf },
      );
  }
  parquetWriteFile({
    filename,
    schema,
    columnData: columnData.map(({ type: _, ...column }) => column),
    ...rest,
  });
  return filename;
}

const ROWS = 500;
const logits = Array.from({ length: ROWS }, (_, r) =>
  Array.from({ length: 7 }, (_, c) => Math.fround(Math.sin(r * 7 + c))),
);
const target = Int32Array.from({ length: ROWS }, (_, r) => r % 7);
const expected = logits.map((values, r) => ({ values, target: r % 7 }));

describe("lists of logits", () => {
  test.each([
    ["one page", {}],
    ["pages that end within a row", { pageSize: 100 }],
    ["several groups of rows", { rowGroupSize: 77 }],
    ["both, uncompressed", { pageSize: 250, rowGroupSize: 120, codec: "UNCOMPRESSED" }],
  ])("%s", async (_, options) => {
    const path = parquet(
      [
        { name: "logits", data: logits },
        { name: "target", data: target, type: "INT32" },
      ],
      options,
    );
    expect(await rowsOf(path)).toEqual(expected);
    for (const skip of [1, 76, 77, 78, 300, 499, 500, 501])
      expect(await rowsOf(path, {}, skip)).toEqual(expected.slice(skip));
  });

  test("of float64, with classes of 64 bits", async () => {
    const path = parquet([
      { name: "logits", data: [[0.1, 0.2]], type: "DOUBLE" },
      { name: "target", data: [1n], type: "INT64" },
    ]);
    expect(await rowsOf(path)).toEqual([{ values: [0.1, 0.2], target: 1 }]);
  });

  test("by a dictionary, where values come often", async () => {
    const few = logits.map((row) => row.map((x) => Math.round(x) + 0));
    const path = parquet([
      { name: "logits", data: few },
      { name: "target", data: target, type: "INT32" },
    ]);
    expect((await rowsOf(path)).map(({ values }) => values)).toEqual(few);
  });

  test("rows of other lengths, of none, null ones, and null elements", async () => {
    const data = [[1, 2, 3], [], null, [4], [5, null, 6], [7]];
    const path = parquet([
      { name: "logits", data },
      { name: "target", data: [0, 1, 2, null, 4, 5], type: "INT32" },
    ]);
    expect(await rowsOf(path)).toEqual([
      { values: [1, 2, 3], target: 0 },
      { values: [], target: 1 },
      { values: [], target: 2 },
      { values: [4], target: undefined },
      { values: [5, Number.NaN, 6], target: 4 },
      { values: [7], target: 5 },
    ]);
  });
});

test("kept classes, with the mass of the others", async () => {
  const path = parquet([
    { name: "token_ids", data: [[5, 1], [2]], type: "INT32" },
    { name: "logprobs", data: [[-0.5, -1.5], [-0.25]] },
    { name: "tail_mass", data: [0.17, 0.2], type: "DOUBLE" },
    { name: "target", data: [1, 8], type: "INT32" },
  ]);
  const [first, second] = await rowsOf(path, { vocab_size: 10 });
  expect(first).toMatchObject({ values: [-0.5, -1.5], target: 1, tail: { ids: [5, 1], count: 8 } });
  expect(second?.tail?.logit).toBeCloseTo(Math.log(0.2 / 9), 12);
});

test("columns of other names are refused, and named", async () => {
  const path = join(folder, "other.parquet");
  parquetWriteFile({ filename: path, columnData: [{ name: "loss", data: [1.5], type: "DOUBLE" }] });
  await expect(rowsOf(path)).rejects.toThrow(
    "has none of the columns logits, token_ids, logprobs, tail_mass, target, step, history, prompt_length, got loss",
  );
});

describe("which columns rows are made of", () => {
  const logits_column = { name: "logits", data: logits };

  test.each([
    ["target", "label"],
    ["labels", "target"],
    ["label", "targets"],
  ])("%s and %s are two columns of classes, refused by name", async (first, second) => {
    const path = join(folder, `two-${first}.parquet`);
    parquetWriteFile({
      filename: path,
      columnData: [
        { name: first, data: target, type: "INT32" },
        { name: second, data: target.map((id) => (id + 1) % 7), type: "INT32" },
        { name: "logits", data: logits.map((row) => row[0]!), type: "FLOAT" },
      ],
      rowGroupSize: 77,
    });
    await expect(rowsOf(path)).rejects.toThrow(
      `has two columns for target, ${first} and ${second}: exactly one must be there`,
    );
  });

  const group = (name: string, kind: object, children: number) => ({ name, num_children: children, ...kind });
  const list = (name: string) => group(name, { converted_type: "LIST", repetition_type: "OPTIONAL" }, 1);
  const repeated = group("list", { repetition_type: "REPEATED" }, 1);
  const leaf = (name: string, more: object = {}) => ({
    name,
    type: "FLOAT",
    repetition_type: "OPTIONAL",
    ...more,
  });

  /** A file whose logits have these schema elements; it is refused, so the values do not matter. */
  const ofSchema = (...elements: object[]) => {
    const path = join(folder, `s${written++}.parquet`);
    parquetWriteFile({
      filename: path,
      schema: [{ name: "root", num_children: 1 }, ...elements] as Schema,
      columnData: [{ name: "logits", data: [] }],
    });
    return path;
  };

  // A file without rows is refused for its column names only, so the schemas are written into a file with rows.
  test.each([
    [
      "lists in lists",
      [[[1, 2]], [[3]]],
      [list("logits"), repeated, list("element"), repeated, leaf("element")],
      "list<list<FLOAT>>",
    ],
    [
      "a struct in a list",
      [[{ lp: 1 }]],
      [list("logits"), repeated, group("element", { repetition_type: "OPTIONAL" }, 1), leaf("lp")],
      "list<struct<lp>>",
    ],
    ["a number", [1, 2], [leaf("logits")], "FLOAT"],
  ])("%s is no list of numbers, and refused by its type", async (_, data, elements, type) => {
    const path = join(folder, `n${written++}.parquet`);
    parquetWriteFile({
      filename: path,
      schema: [{ name: "root", num_children: 1 }, ...elements] as Schema,
      columnData: [{ name: "logits", data }],
    });
    await expect(rowsOf(path)).rejects.toThrow(
      `has logits of type ${type}: it must be a list of numbers in each row`,
    );
  });

  test("whole numbers, decimals and texts are no logits", async () => {
    const path = parquet([{ name: "logits", data: [[1, 2]], type: "INT32" }]);
    await expect(rowsOf(path)).rejects.toThrow("logits must be floating-point numbers, got i32");
    const decimals = join(folder, "decimals.parquet");
    parquetWriteFile({
      filename: decimals,
      schema: [
        { name: "root", num_children: 2 },
        { ...list("logits") },
        repeated,
        leaf("element"),
        {
          name: "target",
          type: "INT32",
          repetition_type: "OPTIONAL",
          converted_type: "DECIMAL",
          scale: 2,
          precision: 7,
        },
      ] as Schema,
      columnData: [logits_column, { name: "target", data: Array.from(target) }],
    });
    await expect(rowsOf(decimals)).rejects.toThrow("has a column target of type DECIMAL");
  });

  test("no rows are no error", async () => {
    expect(await rowsOf(ofSchema(list("logits"), repeated, leaf("element")))).toEqual([]);
  });
});

/** [1, 2.5, −3] with class 2 and [4, 5, −1] with class 0, as pyarrow 26 writes them, with checksums of pages. */
const OF_PYARROW: Readonly<Record<string, string>> = {
  snappy:
    "UEFSMRUAFUgVShWX1MDkBRwVDBUAFQYVBhwAAAAkFAIAAAADNgEGZAwDAACAPwAAIEAAAEDAAACAQAAAoEAAAIC/FQAVHBUgFcq6yPMGHBUEFQAVBhUGHAAAAA40AgAAAAQBAgAAAAAAAAAVBBlcNQAYBnNjaGVtYRUEADUCGAZsb2dpdHMVAhUGTDwAAAA1BBgEbGlzdBUCABUIJQIYB2VsZW1lbnQAFQIlAhgGdGFyZ2V0JRhMrBMQEgAAABYEGRwZLCYAHBUIGSUGABk4BmxvZ2l0cwRsaXN0B2VsZW1lbnQVAhYMFnoWfCYISRwVABUAFQIAPCkmBAgZRgAAAAwAAAAmABwVAhklBgAZGAZ0YXJnZXQVAhYEFk4WUiaEAUkcFQAVABUCADwpBhkmAAQAAAAWyAEWBCYIFs4BACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZLBwAABwAAAD/AAAAUEFSMQ==",
  gzip: "UEFSMRUAFUgVZhXfjfLfBBwVDBUAFQYVBhwAAAAfiwgAAAAAAAIDY2JgYGA2YwKSPMwMDA32DAwKDgwMDgeAbCC9AIgb9gMAHC+lNSQAAAAVABUcFToVvcDizQYcFQQVABUGFQYcAAAAH4sIAAAAAAACA2NiYGBgYWRigAAALg5gbA4AAAAVBBlcNQAYBnNjaGVtYRUEADUCGAZsb2dpdHMVAhUGTDwAAAA1BBgEbGlzdBUCABUIJQIYB2VsZW1lbnQAFQIlAhgGdGFyZ2V0JRhMrBMQEgAAABYEGRwZLCYAHBUIGSUGABk4BmxvZ2l0cwRsaXN0B2VsZW1lbnQVBBYMFnoWmAEmCEkcFQAVABUCADwpJgQIGUYAAAAMAAAAJgAcFQIZJQYAGRgGdGFyZ2V0FQQWBBZOFmwmoAFJHBUAFQAVAgA8KQYZJgAEAAAAFsgBFgQmCBaEAgAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGSwcAAAcAAAAAAEAAFBBUjE=",
  brotli:
    "UEFSMRUAFUgVShXsrcORChwVDBUAFQYVBhwAAAAbIwAARCf3dU0gobQznjCyQoYcZwfGFmEVHBcA2JvEo0TPys4HFQAVHBUgFcmF4vABHBUEFQAVBhUGHAAAABsNAACkAQIECJYossTR8AAVBBlcNQAYBnNjaGVtYRUEADUCGAZsb2dpdHMVAhUGTDwAAAA1BBgEbGlzdBUCABUIJQIYB2VsZW1lbnQAFQIlAhgGdGFyZ2V0JRhMrBMQEgAAABYEGRwZLCYAHBUIGSUGABk4BmxvZ2l0cwRsaXN0B2VsZW1lbnQVCBYMFnoWfCYISRwVABUAFQIAPCkmBAgZRgAAAAwAAAAmABwVAhklBgAZGAZ0YXJnZXQVCBYEFk4WUiaEAUkcFQAVABUCADwpBhkmAAQAAAAWyAEWBCYIFs4BACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZLBwAABwAAAD/AAAAUEFSMQ==",
  zstd: "UEFSMRUAFUgVWhWD/sGfCRwVDBUAFQYVBhwAAAAotS/9ICQhAQACAAAAAzYCAAAADAMAAIA/AAAgQAAAQMAAAIBAAACgQAAAgL8VABUcFS4Vh+6CLRwVBBUAFQYVBhwAAAAotS/9IA5xAAACAAAABAECAAAAAAAAABUEGVw1ABgGc2NoZW1hFQQANQIYBmxvZ2l0cxUCFQZMPAAAADUEGARsaXN0FQIAFQglAhgHZWxlbWVudAAVAiUCGAZ0YXJnZXQlGEysExASAAAAFgQZHBksJgAcFQgZJQYAGTgGbG9naXRzBGxpc3QHZWxlbWVudBUMFgwWehaMASYISRwVABUAFQIAPCkmBAgZRgAAAAwAAAAmABwVAhklBgAZGAZ0YXJnZXQVDBYEFkwWXiaUAUkcFQAVABUCADwpBhkmAAQAAAAWxgEWBCYIFuoBACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZLBwAABwAAAAAAQAAUEFSMQ==",
  lz4: "UEFSMRUAFUgVShWJ8YiTARwVDBUAFQYVBhwAAABgAgAAAAM2BgDwCwwDAACAPwAAIEAAAEDAAACAQAAAoEAAAIC/FQAVHBUeFayFjusMHBUEFQAVBhUGHAAAAOACAAAABAECAAAAAAAAABUEGVw1ABgGc2NoZW1hFQQANQIYBmxvZ2l0cxUCFQZMPAAAADUEGARsaXN0FQIAFQglAhgHZWxlbWVudAAVAiUCGAZ0YXJnZXQlGEysExASAAAAFgQZHBksJgAcFQgZJQYAGTgGbG9naXRzBGxpc3QHZWxlbWVudBUOFgwWehZ8JghJHBUAFQAVAgA8KSYECBlGAAAADAAAACYAHBUCGSUGABkYBnRhcmdldBUOFgQWThZQJoQBSRwVABUAFQIAPCkGGSYABAAAABbIARYEJggWzAEAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRksHAAAHAAAAP8AAABQQVIx",
};

describe.each(Object.entries(OF_PYARROW))("pyarrow's %s", (codec, base64) => {
  const bytes = Buffer.from(base64, "base64");

  test("is read", async () => {
    expect(await rowsOf(file(".parquet", bytes, codec))).toEqual([
      { values: [1, 2.5, -3], target: 2 },
      { values: [4, 5, -1], target: 0 },
    ]);
  });

  test("is an error where any bit of a page is another", async () => {
    const row = Buffer.from(bytes);
    const at = row.indexOf(Buffer.of(0x06)) + 40; // in the first page
    row[at]! ^= 4;
    await expect(rowsOf(file(".parquet", row, `${codec}-flipped`))).rejects.toThrow(
      "its checksum is another",
    );
  });

  test("is an error where the file is cut", async () => {
    for (const end of [0, 4, 12, 100, bytes.length - 9, bytes.length - 1])
      await expect(rowsOf(file(".parquet", bytes.subarray(0, end), `${codec}-cut`))).rejects.toThrow(Error);
  });
});

describe("what a hostile file tells of is bounded before it is made", () => {
  const column: ReadColumn = {
    name: "logits.list.element",
    dtype: "f32",
    repetition_max: 0,
    definition_max: 0,
    element_level: 0,
    chunks: [],
  };
  const page = (num_values: number, uncompressed_page_size: number) => ({
    codec: "UNCOMPRESSED",
    bytes: new Uint8Array(8),
    header: {
      type: "DATA_PAGE" as const,
      uncompressed_page_size,
      compressed_page_size: 8,
      data_page_header: {
        num_values,
        encoding: "RLE_DICTIONARY" as const,
        definition_level_encoding: "RLE" as const,
        repetition_level_encoding: "RLE" as const,
      },
    },
  });

  test("values of a page, which a few bytes may repeat", () => {
    const one = Float32Array.of(7);
    expect(readPage(column, page(2 ** 10, 8), one).numbers).toHaveLength(2 ** 10);
    expect(() => readPage(column, page(2 ** 25 + 1, 8), one)).toThrow(
      "tells of 33554433 values, at most 33554432",
    );
    expect(() => readPage(column, page(-1, 8), one)).toThrow("tells of -1 values");
  });

  test("bytes of a page", () => {
    expect(() => readPage(column, page(1, 2 ** 28 + 1), undefined)).toThrow("tells of 268435457 bytes");
    expect(() => readPage(column, page(1, 9), undefined)).toThrow("it has 8 bytes, and tells of 9");
  });

  test("lists of Thrift, and structs in structs", () => {
    expect(structLength(Uint8Array.of(0x15, 4, 0, 99))).toBe(3);
    // A field that is a list of 2³¹ structs.
    expect(() => structLength(Uint8Array.of(0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 7, 0))).toThrow(
      "ends too early",
    );
    expect(() => structLength(new Uint8Array(100).fill(0x1c))).toThrow("nested too deeply");
    expect(() => structLength(Uint8Array.of(0x15, ...new Array<number>(12).fill(0xff), 0))).toThrow(
      "does not end",
    );
    expect(() => structLength(Uint8Array.of(0x1b, 0))).toThrow("a value of type 11");
  });
});

describe("runs", () => {
  test.each([
    ["one value repeated", [8, 3], 3, [3, 3, 3, 3]],
    ["eight of three bits", [3, 0x88, 0xc6, 0xfa], 3, [0, 1, 2, 3, 4, 5, 6, 7]],
    ["a run, and eight behind it, of which three count", [4, 1, 3, 0b0000_0110], 1, [1, 1, 0, 1, 1]],
    ["of two bytes", [4, 0x34, 0x12], 13, [0x1234, 0x1234]],
  ])("%s", (_, bytes, width, values) => {
    const to = new Int32Array(values.length);
    readRuns(Uint8Array.from(bytes), 0, width, to);
    expect(Array.from(to)).toEqual(values);
  });

  test("of up to 32 bits are read whole", () => {
    for (const width of [1, 2, 3, 7, 8, 12, 17, 20, 25, 31, 32]) {
      const values = Array.from({ length: 8 }, (_, i) => (0x9e3779b1 * (i + 1)) >>> (32 - width));
      const bits = values.flatMap((value) =>
        Array.from({ length: width }, (_, b) => Math.floor(value / 2 ** b) % 2),
      );
      const bytes = Array.from({ length: width }, (_, i) =>
        bits.slice(8 * i, 8 * i + 8).reduce((sum, bit, b) => sum + bit * 2 ** b, 0),
      );
      const to = new Int32Array(8);
      readRuns(Uint8Array.of(3, ...bytes), 0, width, to);
      expect(
        Array.from(to, (value) => value >>> 0),
        `${width} bits`,
      ).toEqual(values);
    }
  });

  test("that end too early are an error", () => {
    expect(() => readRuns(Uint8Array.of(4, 1), 0, 1, new Uint8Array(5))).toThrow(
      "ends in its 2th level of 5",
    );
  });
});
