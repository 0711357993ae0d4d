import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutFrom, DTYPE_NAMES, DTYPES, type Dtype, Kernel, type Row } from "../../src/kernels/kernel.ts";
import { seededUniform } from "./rows.ts";

/** The value of every f16 pattern, by the definition of the format. */
function halfValue(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 31;
  const fraction = pattern & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return (sign * fraction) / 2 ** 24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function brainValue(pattern: number): number {
  return new Float32Array(Uint32Array.of(pattern << 16).buffer)[0]!;
}

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Sends the bytes in pieces of the given lengths, repeated. */
function send(row: Row, dtype: Dtype, bytes: Uint8Array, pieces: readonly number[]): void {
  row.begin(dtype);
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const length = pieces[i % pieces.length]!;
    expect(row.append(bytes.subarray(from, from + length))).toBe(true);
    from += length;
  }
}

const EVERY_PATTERN = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);

describe("room", () => {
  test("bytes that are written where they will stand make the row that copied ones make", () => {
    const kernel = new Kernel({ vocab_size_max: 1000, rows_max: 2 });
    const [copied, direct] = [kernel.leaseRow()!, kernel.leaseRow()!];
    const values = Float32Array.from({ length: 999 }, (_, i) => Math.sin(i));
    send(copied, "f32", bytesOf(values), [3996]);
    direct.begin("f32");
    const bytes = bytesOf(values);
    for (const size of [7, 1000, 1, 2, 2986]) {
      const done = direct.length * 4 + direct.odd_bytes;
      const room = direct.room(size)!;
      expect(room.length).toBe(size);
      room.set(bytes.subarray(done, done + size));
      expect(direct.append(room)).toBe(true);
    }
    expect(direct.room(100)?.length).toBe(4);
    for (const row of [copied, direct]) row.finish();
    expect(direct.values.subarray(0, 999)).toEqual(values);
    expect([direct.max, direct.blocks, Array.from(direct.maxima)]).toEqual([
      copied.max,
      copied.blocks,
      Array.from(copied.maxima),
    ]);
    direct.begin("bf16");
    expect(direct.room(10)).toBeUndefined();
  });
});

describe("leasing", () => {
  test("rows are handed out until none is left, and the one returned last comes first", () => {
    const kernel = new Kernel({ vocab_size_max: 10, rows_max: 2 });
    const first = kernel.leaseRow()!;
    const second = kernel.leaseRow()!;
    expect(kernel.leaseRow()).toBeUndefined();
    kernel.returnRow(second);
    kernel.returnRow(first);
    expect(kernel.leaseRow()).toBe(first);
  });

  test("returning a row twice is refused", () => {
    const kernel = new Kernel({ vocab_size_max: 10, rows_max: 2 });
    const row = kernel.leaseRow()!;
    kernel.returnRow(row);
    expect(() => kernel.returnRow(row)).toThrow("a row is returned once");
  });

  test("a vocabulary of a million fits", () => {
    const kernel = new Kernel({ vocab_size_max: 1_048_576, rows_max: 4 });
    const rows = [kernel.leaseRow()!, kernel.leaseRow()!];
    const values = new Float32Array(1_048_576).fill(-3);
    values[1_048_575] = 2;
    for (const row of rows) {
      row.load(values);
      row.finish();
    }
    values[1_048_575] = -3;
    rows[1]!.load(values);
    rows[1]!.finish();
    expect(kernel.argmax(rows[0]!)).toBe(1_048_575);
    expect(kernel.argmax(rows[1]!)).toBe(0);
    expect(kernel.count(rows[1]!, cutFrom(-Infinity, 0))).toBe(1_048_576);
  });
});

describe("elements as they arrive", () => {
  const kernel = new Kernel({ vocab_size_max: 65536, rows_max: 2 });

  test.each(["f16", "bf16"] as const)(
    "every %s pattern is widened exactly, wherever the bytes are split",
    (dtype) => {
      const value = dtype === "f16" ? halfValue : brainValue;
      const row = kernel.leaseRow()!;
      for (const pieces of [[131072], [65536], [65535], [1, 2, 3, 4097], [70001, 3]]) {
        send(row, dtype, bytesOf(EVERY_PATTERN), pieces);
        row.finish();
        expect(row.length).toBe(65536);
        let wrong = 0;
        for (let i = 0; i < 65536; i++) if (!Object.is(row.values[i], value(i))) wrong += 1;
        expect(wrong, `in pieces of ${pieces}`).toBe(0);
      }
      kernel.returnRow(row);
    },
  );

  test("f32 rows are the same however the bytes are split", () => {
    const uniform = seededUniform(1);
    const values = Float32Array.from({ length: 3001 }, () => uniform() * 20 - 10);
    const row = kernel.leaseRow()!;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 }), (pieces) => {
        send(row, "f32", bytesOf(values), pieces);
        expect(row.odd_bytes).toBe(0);
        row.finish();
        expect(row.length).toBe(3001);
        expect(row.values.subarray(0, 3001)).toEqual(values);
        expect(row.max).toBe(Math.max(...values));
      }),
      { seed: 7, numRuns: 40 },
    );
    kernel.returnRow(row);
  });

  test.each(DTYPE_NAMES)("%s blocks are scanned while the rest is still on its way", (dtype) => {
    const row = kernel.leaseRow()!;
    row.load(new Float32Array(2000).fill(-9));
    row.finish();
    row.begin(dtype);
    const element_bytes = DTYPES[dtype].bytes;
    row.append(new Uint8Array(300 * element_bytes));
    expect(Array.from(row.maxima.subarray(0, 3))).toEqual([0, 0, -9]);
    row.append(new Uint8Array(100 * element_bytes));
    expect(Array.from(row.maxima.subarray(0, 4))).toEqual([0, 0, 0, -9]);
    kernel.returnRow(row);
  });

  test.each([
    ["f32", 6, 1, 2],
    ["f16", 7, 3, 1],
    ["bf16", 1, 0, 1],
  ] as const)("an incomplete %s element is reported as odd bytes", (dtype, bytes, length, odd_bytes) => {
    const row = kernel.leaseRow()!;
    row.begin(dtype);
    row.append(new Uint8Array(bytes));
    expect(row.length).toBe(length);
    expect(row.odd_bytes).toBe(odd_bytes);
    kernel.returnRow(row);
  });

  test.each(DTYPE_NAMES)("%s bytes past the longest row are refused and change nothing", (dtype) => {
    const small = new Kernel({ vocab_size_max: 3, rows_max: 1 });
    const row = small.leaseRow()!;
    const element_bytes = DTYPES[dtype].bytes;
    row.begin(dtype);
    expect(row.append(new Uint8Array(3 * element_bytes))).toBe(true);
    expect(row.append(new Uint8Array(1))).toBe(false);
    expect(row.length).toBe(3);
    expect(row.load([1, 2, 3, 4])).toBe(false);
  });

  test("a neighbour's values survive a row that is filled to the brim", () => {
    for (const vocab_size of [3, 125, 128, 130, 509]) {
      const pair = new Kernel({ vocab_size_max: vocab_size, rows_max: 2 });
      const [one, two] = [pair.leaseRow()!, pair.leaseRow()!];
      for (const [row, other] of [
        [one, two],
        [two, one],
      ] as const) {
        other.load(new Float32Array(vocab_size).fill(-7));
        other.finish();
        send(row, "f16", new Uint8Array(2 * vocab_size), [5]);
        row.finish();
        expect(other.values.every((x) => x === -7)).toBe(true);
        expect(other.max).toBe(-7);
        expect(pair.count(row, cutFrom(0, vocab_size))).toBe(vocab_size);
      }
    }
  });

  test("ids at or past vocab_size are masked, whatever was there", () => {
    const row = kernel.leaseRow()!;
    const values = new Float32Array(1000).fill(1);
    values[600] = Number.NaN;
    values[900] = 9;
    for (const vocab_size of [1000, 901, 900, 600, 512, 1, 0]) {
      row.load(values);
      row.finish(vocab_size);
      const expected = vocab_size > 900 ? 9 : vocab_size > 0 ? 1 : -Infinity;
      expect(row.max, `vocab_size ${vocab_size}`).toBe(expected);
      expect(kernel.firstNaN(row)).toBe(vocab_size > 600 ? 600 : -1);
      expect(row.values[999]).toBe(vocab_size === 1000 ? 1 : -Infinity);
    }
    kernel.returnRow(row);
  });

  test("a longer row before leaves nothing behind", () => {
    const row = kernel.leaseRow()!;
    row.load(new Float32Array(5000).fill(5));
    row.finish();
    row.load([1, 2]);
    row.finish();
    expect(row.max).toBe(2);
    expect(kernel.topK(row, 10)).toBe(2);
    row.begin("f32");
    row.finish();
    expect(row.length).toBe(0);
    expect(kernel.argmax(row)).toBe(-1);
    expect(kernel.topK(row, 10)).toBe(0);
    expect(kernel.draw(row, 1, cutFrom(-Infinity, 0), 0.5)).toBe(-1);
    expect(kernel.logSumExp(row, 1, cutFrom(-Infinity, 0))).toBe(-Infinity);
    kernel.returnRow(row);
  });
});

describe("values that are not finite", () => {
  const kernel = new Kernel({ vocab_size_max: 1000, rows_max: 1 });

  test("the first NaN is named, also when it is the first or the last", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(999), { maxLength: 5 }), fc.boolean(), (ids, masked) => {
        const row = kernel.leaseRow()!;
        const values = new Float32Array(1000).fill(masked ? -Infinity : 2);
        for (const id of ids) values[id] = Number.NaN;
        row.load(values);
        row.finish();
        expect(kernel.firstNaN(row)).toBe(ids.length === 0 ? -1 : Math.min(...ids));
        kernel.returnRow(row);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("both infinities and sums beyond f32 are not taken for NaN", () => {
    const row = kernel.leaseRow()!;
    for (const values of [
      [Infinity, -Infinity, 1],
      [3e38, 3e38, 3e38, 3e38, 3e38, -Infinity],
    ]) {
      row.load(values);
      row.finish();
      expect(kernel.firstNaN(row)).toBe(-1);
      expect(row.max).toBe(Math.max(...row.values.subarray(0, row.length)));
    }
    kernel.returnRow(row);
  });

  test("tokens of +Infinity share the probability", () => {
    const row = kernel.leaseRow()!;
    row.load([1, Infinity, 2, Infinity, Infinity]);
    row.finish();
    expect(kernel.argmax(row)).toBe(1);
    expect(kernel.logSumExp(row, 1, cutFrom(-Infinity, 99))).toBe(Infinity);
    expect(
      [0, 0.3, 0.34, 0.6, 0.67, 0.999].map((u) => kernel.draw(row, 1, cutFrom(-Infinity, 99), u)),
    ).toEqual([1, 1, 3, 3, 4, 4]);
    expect(kernel.topK(row, 4)).toBe(4);
    expect(Array.from(kernel.selected_ids.subarray(0, 4))).toEqual([1, 3, 4, 2]);
    kernel.returnRow(row);
  });
});
