import { join } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { readRuns } from "../../src/shards/parquet/levels.ts";
import { rowsOf, shardFolder } from "./files.ts";

const { folder } = shardFolder();

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
