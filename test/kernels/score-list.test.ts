/** The kernel's list of scores: its contents, its order, and exponentials that equal those of `exp`, to the bit. */
import { describe, expect, test } from "vitest";
import { exp, Kernel } from "../../src/kernels/kernel.ts";
import { PlainLists } from "../../src/sampling/candidates/compact/lists.ts";
import { rowsOfEveryKind, seededUniform } from "./rows.ts";

const VOCAB_SIZE = 1001;
const kernel = new Kernel({ vocab_size_max: VOCAB_SIZE, rows_max: 1 });
const { list } = kernel;
const row = kernel.leaseRow()!;

describe("a list of scores", () => {
  test.each([
    ["all", -Infinity, 0, Infinity],
    ["from a floor on", -1.5, 500, Infinity],
    ["between two bounds", -3, 0x7fffffff, -0.5],
  ])("holds the survivors of a cut, %s, by id or ranked", (_, floor, tie_id, ceiling) => {
    const cut = { floor, tie_id, ceiling, ceiling_tie_id: 300 };
    for (const [name, values] of rowsOfEveryKind(VOCAB_SIZE)) {
      row.load(values);
      row.finish();
      if (row.max === Infinity) continue;
      const within = (x: number, id: number) =>
        x !== -Infinity &&
        (x > floor || (x === floor && id <= tie_id)) &&
        (x < ceiling || (x === ceiling && id <= 300));
      const expected = Array.from(values, (x, id) => [id, x / 0.7] as const).filter(([id]) =>
        within(values[id]!, id),
      );
      expect(list.list(row, 0.7, cut), name).toBe(expected.length);
      expect(pairs(expected.length), name).toEqual(expected);
      const ranked = expected.toSorted((a, b) => b[1] - a[1] || a[0] - b[0]);
      expect(list.rank(row, 0.7, cut), name).toBe(ranked.length);
      expect(pairs(ranked.length).map(positive), name).toEqual(ranked.map(positive));
    }
  });

  test.each([
    ["near each other", 1],
    ["far apart", 900],
    ["farther than numbers reach", 1e305],
  ])("weighs scores %s as exp does, and sums in order", (_, spread) => {
    const uniform = seededUniform(3);
    const plain = new PlainLists(VOCAB_SIZE);
    for (const count of [0, 1, 2, 3, 127, 128, 129, 130, VOCAB_SIZE]) {
      for (let i = 0; i < count; i++) plain.scores[i] = list.scores[i] = (uniform() - 0.5) * spread;
      const max = plain.max(count);
      expect(list.max(count)).toBe(max);
      const sum = plain.weigh(count, max);
      expect(list.sum(count, max)).toBe(sum);
      expect(list.weigh(count, max)).toBe(sum);
      expect(list.weights.subarray(0, count)).toEqual(plain.weights.subarray(0, count));
      for (let i = 0; i < count; i++) expect(list.weights[i]).toBe(exp(plain.scores[i]! - max));
      if (count === 0) continue;
      list.divide(count, sum);
      plain.divide(count, sum);
      expect(list.weights.subarray(0, count)).toEqual(plain.weights.subarray(0, count));
      list.scoreByDistance(count, 0.3, 0.3, 5, 10);
      plain.scoreByDistance(count, 0.3, 0.3, 5, 10);
      expect(list.scores.subarray(0, count)).toEqual(plain.scores.subarray(0, count));
    }
  });
});

function pairs(count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, i) => [list.token_ids[i]!, list.scores[i]!] as const);
}

/** Two zeros may be in either order in a ranked list. */
function positive([id, score]: readonly [number, number]): readonly [number, number] {
  return [id, score + 0];
}
