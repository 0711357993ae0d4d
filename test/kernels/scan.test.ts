/** The first read of a row: block maxima, NaN, the argmax. It compares bits, so signs matter most here. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Kernel } from "../../src/kernels/kernel.ts";

const kernel = new Kernel({ vocab_size_max: 1000, rows_max: 1 });
const row = kernel.leaseRow()!;

/** The signs of a block's values: one sign, or both. */
const BLOCK_VALUES = [
  [-Infinity],
  [-3e38, -1, -1e-40, -Infinity],
  [-1e-40, -0, -1],
  [-0, 0],
  [-1, -7, 0],
  [-5, 1e-40, -0],
  [3e38, -3e38, Infinity, -Infinity],
];

test("block maxima and the argmax are right for any mixture of signs, zeros and infinities", () => {
  const block = fc
    .constantFrom(...BLOCK_VALUES)
    .chain((values) => fc.array(fc.constantFrom(...values), { minLength: 128, maxLength: 128 }));
  fc.assert(
    fc.property(fc.array(block, { minLength: 7, maxLength: 7 }), (blocks) => {
      row.load(blocks.flat());
      row.finish();
      const values = row.values.subarray(0, row.length);
      const maxima = blocks.map((_, b) => Math.max(...values.subarray(b * 128, b * 128 + 128)));
      // Adding 0 turns −0 into +0.
      expect(Array.from(row.maxima.subarray(0, 7), (max) => max + 0)).toEqual(maxima.map((max) => max + 0));
      const max = Math.max(...maxima);
      expect(kernel.argmax(row)).toBe(max === -Infinity ? -1 : values.indexOf(max));
      expect(row.nan_suspected).toBe(false);
    }),
    { seed: 5, numRuns: 200 },
  );
});

test("a NaN is met whatever its sign and payload, wherever it stands and whatever stands around it", () => {
  const patterns = [0x7f800001, 0x7fc00000, 0x7fffffff, 0xff800001, 0xffc00000, 0xffffffff];
  for (const around of [2, -2, 0, -0, Infinity, -Infinity])
    for (const [i, pattern] of patterns.entries())
      for (let id = i; id < 1000; id += 83) {
        const values = new Float32Array(1000).fill(around);
        const bits = new Uint32Array(values.buffer);
        bits[id] = pattern;
        row.begin("f32");
        row.append(new Uint8Array(values.buffer));
        row.finish();
        expect(kernel.firstNaN(row), `0x${pattern.toString(16)} at ${id} among ${around}`).toBe(id);
      }
});
