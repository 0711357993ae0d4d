import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../../src/errors.ts";
import { openAnalysisJson } from "../../src/wire/analysis/json.ts";
import type { AnalysisReader } from "../../src/wire/analysis/reader.ts";
import { openAnalysisTensor } from "../../src/wire/analysis/tensor.ts";
import { bytesOf, CONTEXT, pieces } from "./opened.ts";

interface Read {
  readonly single: boolean;
  readonly options: unknown;
  readonly rows: readonly { readonly values: number[]; readonly target: unknown }[];
}

/** Everything in a body, read in pieces of `size` bytes. */
function read(reader: AnalysisReader, body: string | Uint8Array, size = 0): Read {
  const rows: { values: number[]; target: unknown }[] = [];
  const take = () => {
    for (let row = reader.next(); row !== undefined; row = reader.next())
      rows.push({ values: Array.from(row.values), target: row.target });
  };
  for (const piece of pieces(typeof body === "string" ? Buffer.from(body) : body, size)) {
    reader.write(piece);
    take();
  }
  reader.end();
  take();
  return { single: reader.plan!.head.single, options: reader.plan!.head.options, rows };
}

const json = (body: unknown, size = 0) =>
  read(openAnalysisJson(CONTEXT), typeof body === "string" ? body : JSON.stringify(body), size);

function tensor(header: object | undefined, bytes: Uint8Array, size = 0, query = {}): Read {
  const head = header === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(header));
  const source = { header_bytes: header === undefined ? undefined : head.length, query };
  return read(openAnalysisTensor(source, CONTEXT), Buffer.concat([head, bytes]), size);
}

describe("JSON", () => {
  test("one row with its class, and options on either side of it", () => {
    expect(json('{"temperature": 2, "logits": [1, 2.5, -Infinity], "target": 1, "labels": ["a"]}')).toEqual({
      single: true,
      options: { temperature: 2, labels: ["a"] },
      rows: [{ values: [1, 2.5, Number.NEGATIVE_INFINITY], target: 1 }],
    });
  });

  test("many rows, dense and packed mixed, in any pieces", () => {
    const f16 = Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0000).buffer).toString("base64");
    const body = {
      rows: [
        { logits: [1, 2], target: 0 },
        { target: 1, logits: { dtype: "f16", data: f16 } },
        { logits: { data: bytesOf([0.1]).toString("base64"), dtype: "f32" } },
        { logits: [7, 8, 9], target: 2 },
      ],
      bins: 10,
    };
    const whole = json(body);
    expect(whole).toEqual({
      single: false,
      options: { bins: 10 },
      rows: [
        { values: [1, 2], target: 0 },
        { values: [1, -2, 0], target: 1 },
        { values: [Math.fround(0.1)], target: undefined },
        { values: [7, 8, 9], target: 2 },
      ],
    });
    for (const size of [1, 2, 3, 7, 50]) expect(json(body, size)).toEqual(whole);
  });

  test("padding is cut off behind vocab_size", () => {
    expect(
      json({ rows: [{ logits: [1, 2, 3] }, { logits: [4, 5] }], vocab_size: 2 }).rows.map(
        ({ values }) => values,
      ),
    ).toEqual([
      [1, 2],
      [4, 5],
    ]);
  });

  test("a key called logits deeper down is no row", () => {
    expect(() => json({ rows: [{ logits: [1] }], baseline: { logits: [1, 2, 3] } })).not.toThrow();
    expect(json({ logits: [1], other: { rows: [{ logits: [5] }] } }).options).toEqual({
      other: { rows: [{ logits: [5] }] },
    });
  });

  test.each([
    [{ rows: [{ logits: [1] }, { logits: [1, "2"] }] }, "/rows/1/logits/1"],
    [{ logits: [1, true] }, "/logits/1"],
    [{ rows: [{ logits: { dtype: "f8", data: "" } }] }, "/rows/0/logits/dtype"],
    [{ rows: [{ logits: { dtype: "f32", data: "AAA=" } }] }, "/rows/0/logits/data"],
    [{ rows: [{ target: 1 }] }, "/rows/0/logits"],
    [{ logits: Array.from({ length: 4097 }, () => 0) }, "/logits"],
    [{ logits: [1], vocab_size: 0 }, "/vocab_size"],
    [{ logits: [1], targets: 3 }, "/targets"],
    [{ rows: { logits: [1] } }, "/rows"],
    [[1, 2], ""],
  ])("%j is refused at %s", (body, pointer) => {
    expect(() => json(body)).toThrow(expect.objectContaining({ pointer }));
    expect(() => json(body, 1)).toThrow(Problem);
  });
});

describe("tensors", () => {
  test("one row alone, of any length, with options in the query string", () => {
    expect(tensor(undefined, bytesOf([1, 2, 3]), 5, { dtype: "f32", target: 2, temperature: 2 })).toEqual({
      single: true,
      options: { temperature: 2 },
      rows: [{ values: [1, 2, 3], target: 2 }],
    });
  });

  test("any shape in any pieces gives the rows that were sent", () => {
    const shapes = fc.record({
      rows: fc.integer({ min: 1, max: 8 }),
      classes: fc.integer({ min: 1, max: 40 }),
      size: fc.integer({ min: 0, max: 70 }),
    });
    fc.assert(
      fc.property(shapes, ({ rows, classes, size }) => {
        const values = Float32Array.from({ length: rows * classes }, (_, i) => Math.sin(i) * 9);
        const targets = Array.from({ length: rows }, (_, r) => r % classes);
        const result = tensor({ shape: [rows, classes], targets, bins: 3 }, bytesOf(values), size);
        expect(result.options).toEqual({ bins: 3 });
        expect(result.rows).toEqual(
          targets.map((target, r) => ({
            values: Array.from(values.subarray(r * classes, (r + 1) * classes)),
            target,
          })),
        );
      }),
    );
  });

  test("halves are widened, and split elements put together", () => {
    const bf16 = Buffer.from(Uint16Array.of(0x3f80, 0xc000, 0x4040, 0xff80).buffer);
    for (const size of [0, 1, 3]) {
      expect(tensor({ dtype: "bf16", shape: [2, 2] }, bf16, size).rows.map(({ values }) => values)).toEqual([
        [1, -2],
        [3, Number.NEGATIVE_INFINITY],
      ]);
    }
  });

  test("a shape of one dimension is a single row", () => {
    expect(tensor({ shape: [2], target: 1 }, bytesOf([1, 2]))).toMatchObject({
      single: true,
      rows: [{ target: 1 }],
    });
  });

  test.each([
    ["too few bytes", { shape: [2, 2] }, 3, "/shape"],
    ["too many bytes", { shape: [2, 2] }, 5, "/shape"],
    ["more rows than the limit", { shape: [9, 1] }, 9, "/shape/0"],
    ["a row above the limit", { shape: [1, 4097] }, 1, "/shape/1"],
    ["a target for many rows", { shape: [2, 1], target: 0 }, 2, "/target"],
    ["targets for a single row", { shape: [2], targets: [0] }, 2, "/targets"],
    ["vocab_size past the row", { shape: [1, 2], vocab_size: 3 }, 2, "/vocab_size"],
    ["an unknown dtype", { dtype: "f64" }, 2, "/dtype"],
  ])("%s", (_, header, elements, pointer) => {
    expect(() => tensor(header, bytesOf(Array.from({ length: elements }, () => 1)))).toThrow(
      expect.objectContaining({ pointer }),
    );
  });

  test("a single row without a shape may not pass the limit either", () => {
    expect(() => tensor(undefined, bytesOf(new Float32Array(4097)), 0, { dtype: "f32" })).toThrow(
      expect.objectContaining({ code: "limit_exceeded" }),
    );
  });
});
