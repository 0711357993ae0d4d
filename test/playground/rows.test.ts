import { describe, expect, test } from "vitest";
import { parseRowFile } from "../../playground/src/rows/parse-file.ts";
import { readText } from "../../playground/src/rows/parse-text.ts";
import { rowOfLogits, textOf } from "../../playground/src/rows/row.ts";
import { syntheticRow } from "../../playground/src/rows/synthetic.ts";
import { floats, labels } from "./read-back.ts";

describe("text", () => {
  test.each([
    ["1, 2.5, -3e1", [1, 2.5, -30]],
    ["[0.5 −Infinity\n.25]", [0.5, Number.NEGATIVE_INFINITY, 0.25]],
    ["-inf ∞ +4.", [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 4]],
  ])("%j is a row of numbers", (text, logits) => {
    expect(floats(readText(text).row)).toEqual(logits);
  });

  test("lines of token and logit give the tokens their texts; the last colon divides", () => {
    const { row } = readText('" sea": 3\n:: 1\nland: -2');
    expect(floats(row)).toEqual([3, 1, -2]);
    expect([0, 1, 2].map(row.labelOf)).toEqual([" sea", ":", "land"]);
  });

  test.each([
    ["", "Nothing to read yet"],
    ["1 2 three", "“three” (number 3) is not a number"],
    ["a: 1\nb 2", "Line 2, “b 2”, has no colon"],
    ["a: 1\nb: x", "“x” (line 2) is not a number"],
    ["1_000", "is not a number"],
  ])("%j is refused: %s", (text, sentence) => {
    expect(() => readText(text)).toThrow(sentence);
  });

  test("NaN is left to the service, which names its index", () => {
    expect(floats(readText("1 nan").row)[1]).toBeNaN();
  });
});

/** A .npy file of version 1. */
function npy(descr: string, shape: string, data: ArrayBuffer, fortran = "False"): Uint8Array<ArrayBuffer> {
  const head = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`.padEnd(117);
  const magic = [0x93, ...Buffer.from("NUMPY"), 1, 0, 118, 0];
  return new Uint8Array([...magic, ...Buffer.from(`${head}\n`), ...new Uint8Array(data)]);
}

describe("files", () => {
  test("float32 arrays keep their bytes, float64 arrays are narrowed", () => {
    expect(floats(parseRowFile("a.npy", npy("<f4", "(3,)", Float32Array.of(1, 2, 3).buffer)).row)).toEqual([
      1, 2, 3,
    ]);
    expect(floats(parseRowFile("a.npy", npy("<f8", "(2,)", Float64Array.of(0.5, 9).buffer)).row)).toEqual([
      0.5, 9,
    ]);
  });

  test("float16 arrays are sent as they are", () => {
    const { row } = parseRowFile("a.npy", npy("<f2", "(2,)", Uint16Array.of(0x3c00, 0x4000).buffer));
    expect([row.dtype, row.vocab_size, row.bytes.length]).toEqual(["f16", 2, 4]);
  });

  test("of several rows the last is taken", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6).buffer;
    const { row, how } = parseRowFile("a.npy", npy("<f4", "(2, 3)", data));
    expect([floats(row), how]).toEqual([[4, 5, 6], "a NumPy file, the last of 2 rows"]);
  });

  test.each([
    ["a.npy", npy(">f4", "(1,)", new ArrayBuffer(4)), "type is >f4"],
    ["a.npy", npy("<f4", "(1, 1)", new ArrayBuffer(4), "True"), "Fortran order"],
    ["a.f32", new Uint8Array(6), "6 bytes are no whole number of f32 logits"],
    ["a.bf16", new Uint8Array(0), "holds no logits"],
  ])("%s is refused: %s", (name, bytes, sentence) => {
    expect(() => parseRowFile(name, bytes)).toThrow(sentence);
  });

  test("other files are read as text", () => {
    const text = new TextEncoder().encode("1 2");
    expect(floats(parseRowFile("row.txt", new Uint8Array(text)).row)).toEqual([1, 2]);
  });
});

test("the large example is the same row every time", () => {
  const row = syntheticRow();
  expect(row.vocab_size).toBe(128_256);
  expect(floats(row)).toEqual(floats(syntheticRow()));
});

describe("a row as text, for links", () => {
  test("is read back to the bit, with its texts", () => {
    const logits = Float32Array.of(0.1, -1e-30, 16_777_216, Number.NEGATIVE_INFINITY, Math.PI);
    const texts = [" a", "b: ", '"', "\n", "…"];
    for (const named of [texts, []]) {
      const { row } = readText(textOf(rowOfLogits(logits, named)) ?? "");
      expect(floats(row)).toEqual([...logits]);
      expect(labels(row)).toEqual(named.length > 0 ? texts : Array(5).fill(undefined));
    }
    expect(floats(readText(textOf(rowOfLogits(Float32Array.of(1.5))) ?? "").row)).toEqual([1.5]);
  });

  test("is none when it would be too long, or the row is not float32", () => {
    expect(textOf(rowOfLogits(new Float32Array(1500)))).toHaveLength(2999);
    expect(textOf(rowOfLogits(new Float32Array(1501)))).toBeUndefined();
    expect(textOf(rowOfLogits(new Float32Array(1500).fill(0.123456789)))).toBeUndefined();
    expect(textOf({ ...rowOfLogits(new Float32Array(2)), dtype: "f16" })).toBeUndefined();
  });
});
