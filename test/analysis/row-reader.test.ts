import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKernelReader, moments, plainReader, readerFor } from "../../src/analysis/index.ts";

const kernel = createKernelReader(300);
const values = fc.oneof(
  fc.float({ min: -30, max: 30, noNaN: true }),
  fc.constant(Number.NEGATIVE_INFINITY),
  fc.constantFrom(0, -0, 5, 5.000000476837158, -708, -700, 709, 1e30, -1e30, 3.4028234663852886e38),
);
const rows = fc
  .array(values, { minLength: 1, maxLength: 70 })
  .filter((row) => row.some(Number.isFinite))
  .map((row) => Float32Array.from(row));
const betas = fc.oneof(fc.constant(1), fc.double({ min: 1e-6, max: 1e6, noNaN: true }));

describe("the SIMD kernel and plain float64 give the same bits", () => {
  test("moments", () => {
    fc.assert(
      fc.property(rows, betas, (row, beta) => {
        expect(kernel.moments(row, beta)).toStrictEqual({ ...plainReader.moments(row, beta) });
      }),
      { numRuns: 500 },
    );
  });

  test("probabilities", () => {
    fc.assert(
      fc.property(rows, betas, (row, beta) => {
        expect(kernel.probabilities(row, beta).slice()).toStrictEqual(plainReader.probabilities(row, beta));
        expect(kernel.probabilitiesF32(row, beta).slice()).toStrictEqual(
          plainReader.probabilitiesF32(row, beta),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("both at once, which are those of each alone", () => {
    fc.assert(
      fc.property(rows, betas, (row, beta) => {
        const { moments: m, probabilities } = kernel.look(row, beta);
        expect({ m, p: probabilities.slice() }).toStrictEqual({
          m: plainReader.moments(row, beta),
          p: plainReader.probabilities(row, beta),
        });
        expect(kernel.moments(row, beta)).toStrictEqual(m);
      }),
      { numRuns: 500 },
    );
  });

  test("scores", () => {
    fc.assert(
      fc.property(rows, betas, fc.nat(), (row, beta, id) => {
        const target = id % row.length;
        expect(kernel.score(row, target, beta)).toStrictEqual(plainReader.score(row, target, beta));
      }),
      { numRuns: 500 },
    );
  });

  test("every exponent from 2⁰ down to where the normal numbers end", () => {
    for (let y = 0; y > -1030; y -= 0.37) {
      const row = Float32Array.of(0, y * Math.LN2, y);
      expect(kernel.moments(row, 1)).toStrictEqual(plainReader.moments(row, 1));
    }
  });

  test("a row of 262,144 logits", () => {
    const long = Float32Array.from({ length: 262_144 }, (_, i) => Math.sin(i * 1.7) * 8);
    const reader = createKernelReader(long.length);
    expect(reader.moments(long, 0.7)).toStrictEqual(plainReader.moments(long, 0.7));
    const { probabilities, ...rest } = reader.look(long, 0.7);
    expect({ ...rest, probabilities: probabilities.slice() }).toStrictEqual(plainReader.look(long, 0.7));
    expect(reader.score(long, 77, 1)).toStrictEqual(plainReader.score(long, 77, 1));
  });

  test("a short row after a long one sees nothing of it", () => {
    kernel.moments(new Float32Array(300).fill(9), 1);
    expect(kernel.moments(Float32Array.of(1, 2), 1)).toStrictEqual(plainReader.moments([1, 2], 1));
  });
});

describe("rows without a softmax are problems in both", () => {
  test.each([
    ["NaN", [1, Number.NaN, 2], "nan_logit", "/logits/1"],
    ["+Infinity", [1, 2, Number.POSITIVE_INFINITY], "invalid_logits", "/logits/2"],
    ["NaN beside +Infinity", [Number.POSITIVE_INFINITY, Number.NaN], "invalid_logits", "/logits/0"],
    ["−Infinity throughout", [Number.NEGATIVE_INFINITY], "all_tokens_masked", "/logits"],
    ["an empty row", [], "invalid_logits", "/logits"],
  ])("%s", (_, row, code, pointer) => {
    for (const reader of [kernel, plainReader]) {
      const problem = expect.objectContaining({ code, pointer });
      expect(() => reader.moments(Float32Array.from(row), 1)).toThrow(problem);
      expect(() => reader.probabilities(Float32Array.from(row), 1)).toThrow(problem);
    }
  });
});

test("f32 rows are read by the kernel, float64 rows in plain TypeScript", () => {
  expect(readerFor(new Float64Array(2), 2)).toBe(plainReader);
  expect(readerFor(new Float32Array(2), 2)).not.toBe(plainReader);
});

test("the row itself is left as it was", () => {
  const row = Float32Array.of(3, 1, 2);
  kernel.moments(row, 1);
  moments(row);
  expect(Array.from(row)).toEqual([3, 1, 2]);
});
