import { describe, expect, test } from "vitest";
import { cutFrom, Kernel, type Row, SELECTION_MAX } from "../../src/kernels/kernel.ts";
import {
  referenceDraw,
  referenceLogSumExp,
  referenceSurvivors,
  referenceTopK,
  referenceTopP,
} from "../reference/kernel-reference.ts";
import { rowsOfEveryKind, seededUniform } from "./rows.ts";

const SIZES = [1, 3, 127, 128, 129, 1000, 8192, 20011];
const ALL = 0x7fffffff;

function loaded(row: Row, values: ArrayLike<number>): Row {
  row.load(values);
  row.finish();
  return row;
}

function selection(kernel: Kernel, count: number): number[] {
  return Array.from(kernel.selected_ids.subarray(0, count));
}

describe.each(SIZES)("with a vocabulary of %i", (vocab_size) => {
  const kernel = new Kernel({ vocab_size_max: vocab_size, rows_max: 1 });
  const leased = kernel.leaseRow()!;
  const rows = rowsOfEveryKind(vocab_size);

  function each(check: (name: string, values: Float32Array, row: Row) => void): void {
    for (const [name, values] of rows) {
      const row = loaded(leased, values);
      check(name, values, row);
    }
  }

  test("the maximum and its lowest id are found", () => {
    each((name, values, row) => {
      const best = referenceTopK(values, 1)[0]!;
      expect(row.max, name).toBe(values[best]! + 0);
      expect(kernel.argmax(row), name).toBe(best);
      expect(kernel.firstNaN(row), name).toBe(-1);
    });
  });

  test.each([1, 2, 5, 40, 64, 157, 1000, 4096, 5000])("the %i largest come sorted, ties by id", (k) => {
    each((name, values, row) => {
      const expected = referenceTopK(values, Math.min(k, SELECTION_MAX));
      const count = kernel.topK(row, k);
      expect(count, name).toBe(expected.length);
      expect(selection(kernel, count), name).toEqual(expected);
      const logits = expected.map((id) => values[id]! + 0);
      expect(
        Array.from(kernel.selected_logits.subarray(0, count), (x) => x + 0),
        name,
      ).toEqual(logits);
    });
  });

  test.each([1, 7, 300, 9000, 20010, 99999])("the cut at rank %i keeps exactly that many", (k) => {
    each((name, values, row) => {
      kernel.kthLargest(row, k);
      const { floor, tie_id } = kernel.cut;
      expect(referenceSurvivors(values, { floor, tie_id }), name).toEqual(
        referenceTopK(values, k).sort((a, b) => a - b),
      );
      expect(kernel.count(row, cutFrom(floor, tie_id)), name).toBe(
        Math.min(k, referenceTopK(values, k).length),
      );
    });
  });

  test("gathering and counting follow the cut, at both ends", () => {
    each((name, values, row) => {
      const order = referenceTopK(values, vocab_size);
      const uniform = seededUniform(9);
      for (let trial = 0; trial < 6; trial++) {
        const [a, b] = [
          order[Math.floor(uniform() * order.length)]!,
          order[Math.floor(uniform() * order.length)]!,
        ];
        const [low, high] = values[a]! < values[b]! ? [a, b] : [b, a];
        for (const cut of [
          cutFrom(values[low]!, low),
          { floor: -Infinity, tie_id: ALL, ceiling: values[high]!, ceiling_tie_id: high },
          { floor: values[low]!, tie_id: -1, ceiling: values[high]!, ceiling_tie_id: high },
          { floor: values[low]!, tie_id: b, ceiling: values[high]!, ceiling_tie_id: a },
        ]) {
          const expected = referenceSurvivors(values, cut);
          expect(kernel.count(row, cut), name).toBe(expected.length);
          const count = kernel.gather(row, cut);
          if (expected.length > SELECTION_MAX) expect(count, name).toBe(-1);
          else expect(selection(kernel, count), name).toEqual(expected);
          const lse = kernel.logSumExp(row, 0.8, cut);
          const reference = referenceLogSumExp(values, 0.8, expected);
          if (expected.length === 0) expect(lse, name).toBe(-Infinity);
          else expect(Math.abs(lse - reference), `${name} ${lse} ${reference}`).toBeLessThan(1e-6);
        }
      }
    });
  });

  test.each([0.8, 1, 3, 0.01, 1e-4, 1e-12, 1e12])(
    "the normaliser at T = %d is within 1e-6",
    (temperature) => {
      each((name, values, row) => {
        const ids = referenceSurvivors(values, { floor: -Infinity, tie_id: ALL });
        const lse = kernel.logSumExp(row, temperature, cutFrom(-Infinity, ALL));
        const reference = referenceLogSumExp(values, temperature, ids);
        const allowed = 1e-6 + Math.abs(reference) * 1e-15;
        expect(Math.abs(lse - reference), `${name}: ${lse} for ${reference}`).toBeLessThan(allowed);
      });
    },
  );

  test.each([
    [0.8, 0.95, false],
    [1, 0.5, false],
    [1, 0.5, true],
    [2, 0.999, true],
    [0.05, 0.9, false],
    [1, 1e-9, false],
    [1, 0.9999999999, false],
    [1e-20, 0.9, false],
    [1e6, 0.3, true],
  ])("top-p at T = %d, p = %d, inclusive %s keeps what float64 keeps", (temperature, p, inclusive) => {
    each((name, values, row) => {
      const expected = referenceTopP(values, temperature, p, inclusive);
      const count = kernel.topP(row, temperature, p, inclusive);
      const { floor, tie_id } = kernel.cut;
      const kept = referenceSurvivors(values, { floor, tie_id });
      expect(count, name).toBe(kept.length > SELECTION_MAX ? -1 : kept.length);
      if (expected.margin > 1e-6) {
        expect(kept, name).toEqual([...expected.ids].sort((a, b) => a - b));
        if (count >= 0) expect(selection(kernel, count), name).toEqual(expected.ids);
        expect(Math.abs(kernel.cut_mass - expected.mass), name).toBeLessThan(1e-6);
      }
    });
  });

  test("draws follow the inverse of the distribution function in id order", () => {
    each((name, values, row) => {
      for (const temperature of [0.8, 1e-3]) {
        kernel.kthLargest(row, Math.ceil(vocab_size / 3));
        for (const cut of [{ floor: -Infinity, tie_id: ALL }, kernel.cut]) {
          const ids = referenceSurvivors(values, cut);
          for (const u of [0, 1e-9, 0.1, 0.37, 0.5, 0.999, 1 - 2 ** -53]) {
            const drawn = kernel.draw(row, temperature, cutFrom(cut.floor, cut.tie_id), u);
            const expected = referenceDraw(values, temperature, ids, u);
            expect(ids, name).toContain(drawn);
            if (expected.margin > 1e-6) expect(drawn, `${name} u=${u}`).toBe(expected.id);
          }
        }
      }
    });
  });
});
