import { describe, expect, test } from "vitest";
import { cutFrom, Kernel, type Row, SELECTION_MAX } from "../../src/kernels/kernel.ts";
import {
  ranked,
  referenceDistribution,
  referenceSurvivors,
  referenceTypical,
} from "../reference/kernel-reference.ts";
import { rowsOfEveryKind } from "./rows.ts";

const ALL = 0x7fffffff;

function loaded(row: Row, values: ArrayLike<number>): Row {
  row.load(values);
  row.finish();
  return row;
}

describe("rows anyone can check", () => {
  const kernel = new Kernel({ vocab_size_max: 8, rows_max: 1 });
  const leased = kernel.leaseRow()!;

  test("four equal logits have the entropy ln 4, no varentropy and a collision probability of a quarter", () => {
    const row = loaded(leased, [2, 2, -Infinity, 2, 2]);
    const { entropy, varentropy, collision, mean_logit } = kernel.distribution(
      row,
      0.7,
      cutFrom(-Infinity, ALL),
    );
    expect(entropy).toBeCloseTo(Math.log(4), 6);
    expect(varentropy).toBeCloseTo(0, 6);
    expect(collision).toBeCloseTo(0.25, 6);
    expect(mean_logit).toBeCloseTo(2, 6);
  });

  test("the logits 1, 2, 3, 6 have the mean 3 and the deviation √3.5", () => {
    const row = loaded(leased, [1, -Infinity, 2, 3, 6]);
    const moments = kernel.valueMoments(row, cutFrom(-Infinity, ALL));
    expect(moments.count).toBe(4);
    expect(moments.mean).toBe(3);
    expect(moments.deviation).toBeCloseTo(Math.sqrt(3.5), 14);
    expect(kernel.valueMoments(row, cutFrom(1, -1)).count).toBe(3);
    expect(kernel.valueMoments(row, cutFrom(7, -1)).count).toBe(0);
  });

  test.each([
    // H of 0.5 0.2 0.2 0.1 is 1.22 and −ln p 0.69 1.61 1.61 2.30: the two of 0.2 are nearest, then 0.5, then 0.1
    [0.1, [1]],
    [0.2, [1]],
    [0.21, [1, 2]],
    [0.4, [1, 2]],
    [0.41, [0, 1, 2]],
    [0.9, [0, 1, 2]],
    [0.91, [0, 1, 2, 3]],
  ])("typical %d of 0.5 0.2 0.2 0.1 keeps %j", (p, ids) => {
    const row = loaded(leased, [0.5, 0.2, 0.2, 0.1].map(Math.log));
    const count = kernel.typicalCut(row, 1, p);
    expect(Array.from(kernel.selected_ids.subarray(0, count)).sort()).toEqual(ids);
  });
});

describe.each([1, 3, 127, 129, 1000, 8192, 20011])("with a vocabulary of %i", (vocab_size) => {
  const kernel = new Kernel({ vocab_size_max: vocab_size, rows_max: 1 });
  const leased = kernel.leaseRow()!;
  const rows = rowsOfEveryKind(vocab_size);

  test.each([0.8, 1, 4, 0.01, 1e-4])("entropy and its kin at T = %d are those of float64", (temperature) => {
    for (const [name, values] of rows) {
      const row = loaded(leased, values);
      const order = ranked(values);
      const middle = order[order.length >> 1]!;
      for (const cut of [
        { floor: -Infinity, tie_id: ALL, ceiling: Infinity, ceiling_tie_id: ALL },
        { floor: values[middle]!, tie_id: middle, ceiling: Infinity, ceiling_tie_id: ALL },
        { floor: -Infinity, tie_id: ALL, ceiling: values[middle]!, ceiling_tie_id: middle },
      ]) {
        const ids = referenceSurvivors(values, cut);
        const expected = referenceDistribution(values, temperature, ids);
        const { floor, tie_id, ceiling, ceiling_tie_id } = cut;
        const actual = kernel.distribution(row, temperature, { floor, tie_id, ceiling, ceiling_tie_id });
        for (const key of ["logsumexp", "entropy", "varentropy", "collision", "mean_logit"] as const) {
          const allowed = 2e-6 * Math.max(1, Math.abs(expected[key]) * (key === "logsumexp" ? 1e-6 : 1));
          expect(Math.abs(actual[key] - expected[key]), `${name}: ${key} ${actual[key]}`).toBeLessThan(
            allowed,
          );
        }
        const moments = kernel.valueMoments(row, { floor, tie_id, ceiling, ceiling_tie_id });
        const mean = ids.reduce((sum, id) => sum + values[id]!, 0) / ids.length;
        const variance = ids.reduce((sum, id) => sum + (values[id]! - mean) ** 2, 0) / ids.length;
        const size = Math.max(1, Math.abs(mean));
        expect(moments.count, name).toBe(ids.length);
        expect(Math.abs(moments.mean - mean), name).toBeLessThan(1e-9 * size);
        expect(Math.abs(moments.deviation - Math.sqrt(variance)), name).toBeLessThan(1e-6 * size);
      }
    }
  });

  test.each([
    [1, 0.5],
    [0.8, 0.9],
    [2, 0.2],
    [1, 0.999],
    [0.1, 0.95],
    [1, 1e-12],
  ])("typical at T = %d, p = %d keeps the window that float64 keeps", (temperature, p) => {
    for (const [name, values] of rows) {
      const row = loaded(leased, values);
      const expected = referenceTypical(values, temperature, p);
      const count = kernel.typicalCut(row, temperature, p);
      const kept = referenceSurvivors(values, kernel.cut);
      expect(count, name).toBe(kept.length > SELECTION_MAX ? -1 : kept.length);
      expect(kept.length, name).toBeGreaterThan(0);
      if (expected.margin > 2e-6) {
        expect(kept, name).toEqual([...expected.ids].sort((a, b) => a - b));
        expect(Math.abs(kernel.cut_mass - expected.mass), name).toBeLessThan(2e-6);
      }
      const { floor, tie_id, ceiling, ceiling_tie_id } = kernel.cut;
      expect(kept, name).toContain(
        kernel.draw(row, temperature, { floor, tie_id, ceiling, ceiling_tie_id }, 0.7),
      );
    }
  });
});
