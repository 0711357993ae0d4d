import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKernel } from "../../src/kernels/kernel.ts";
import { seededUniform } from "./rows.ts";

describe("edits in place", () => {
  const kernel = createKernel({ vocab_size_max: 2000, rows_max: 2 });
  const value = fc.oneof(
    fc.double({ min: -9, max: 9, noNaN: true }),
    fc.constantFrom(-Infinity, Infinity, Number.NaN, 5),
  );

  test.each([false, true])(
    "maxima and NaN state are as if the row had come that way (old values told: %s)",
    (told) => {
      const uniform = seededUniform(5);
      const start = Float32Array.from({ length: 2000 }, () => Math.round(uniform() * 40 - 20) / 4);
      fc.assert(
        fc.property(
          fc.uniqueArray(fc.tuple(fc.nat(1999), value), { selector: ([id]) => id, maxLength: 60 }),
          (edits) => {
            const edited = kernel.leaseRow()!;
            const fresh = kernel.leaseRow()!;
            edited.load(start);
            edited.finish();
            const ids = Int32Array.from(edits, ([id]) => id);
            const old_values = Float32Array.from(ids, (id) => edited.values[id]!);
            for (const [id, x] of edits) edited.values[id] = x;
            kernel.edited(edited, ids, ids.length, told ? old_values : undefined);
            fresh.load(edited.values.subarray(0, 2000));
            fresh.finish();
            expect(kernel.firstNaN(edited)).toBe(kernel.firstNaN(fresh));
            if (kernel.firstNaN(fresh) < 0) {
              expect(edited.maxima).toEqual(fresh.maxima);
              expect(kernel.max(edited)).toBe(kernel.max(fresh));
            }
            kernel.returnRow(fresh);
            kernel.returnRow(edited);
          },
        ),
        { seed: 11, numRuns: 150 },
      );
    },
  );

  test("a draw after an edit does not use the sums from before it", () => {
    const row = kernel.leaseRow()!;
    row.load([0, 0, 0, 0]);
    row.finish();
    kernel.logSumExp(row, 1, -Infinity, 9);
    row.values[0] = -Infinity;
    kernel.edited(row, Int32Array.of(0), 1);
    expect(kernel.draw(row, 1, -Infinity, 9, 0.1)).toBe(1);
    kernel.returnRow(row);
  });
});
