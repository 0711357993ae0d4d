import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  gatherTies,
  selectTop,
  sortById,
  sortByScore,
} from "../../../../src/sampling/candidates/compact/ordering.ts";

type Sort = (token_ids: Int32Array, scores: Float64Array, count: number) => void;
type Pair = readonly [id: number, score: number];

function sorted(sort: Sort, pairs: readonly Pair[]): Pair[] {
  const token_ids = Int32Array.from(pairs, ([id]) => id);
  const scores = Float64Array.from(pairs, ([, score]) => score);
  sort(token_ids, scores, pairs.length);
  return Array.from(token_ids, (id, i) => [id, scores[i]!] as const);
}

const score = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 1e308, -1e308),
);
const pairs = (max: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { maxLength: max, size: "max" })
    .chain((ids) =>
      fc.tuple(fc.constant(ids), fc.array(score, { minLength: ids.length, maxLength: ids.length })),
    )
    .map(([ids, scores]) => ids.map((id, i): Pair => [id, scores[i]!]));

/** fast-check draws the same cases in every run. */
const FIXED = { seed: 5, numRuns: 100 } as const;

describe("ordering", () => {
  test("scores fall, equal scores rank by lower id", () => {
    fc.assert(
      fc.property(pairs(400), (list) => {
        const expected = [...list].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
        expect(sorted(sortByScore, list)).toEqual(expected);
      }),
      FIXED,
    );
  });

  test("long runs of equal scores cost no more than others", () => {
    const list = Array.from({ length: 50_000 }, (_, i): Pair => [(i * 7919) % 50_021, i % 3]);
    const expected = [...list].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    expect(sorted(sortByScore, list).join()).toBe(expected.join());
  });

  test("lists come out in order that were in order, or backwards", () => {
    for (const size of [0, 1, 2, 40, 41, 300]) {
      const list = Array.from({ length: size }, (_, i): Pair => [i, -Math.floor(i / 3)]);
      expect(sorted(sortByScore, list)).toEqual(list);
      expect(sorted(sortById, list)).toEqual(list);
      const backwards = [...list].reverse();
      expect(sorted(sortByScore, backwards)).toEqual(list);
      expect(sorted(sortById, backwards)).toEqual(list);
    }
  });

  test("the k first are those of the sorted list, and with their ties all that equal the last of them", () => {
    fc.assert(
      fc.property(pairs(120), fc.integer({ min: 1, max: 64 }), (list, wanted) => {
        if (list.length === 0) return;
        const k = Math.min(wanted, list.length);
        const ranked = sorted(sortByScore, list);
        let with_ties = 0;
        const tied = sorted((ids, scores, count) => {
          selectTop(ids, scores, count, k);
          with_ties = gatherTies(ids, scores, count, k);
        }, list);
        expect(sorted((ids, scores, count) => selectTop(ids, scores, count, k), list).slice(0, k)).toEqual(
          ranked.slice(0, k),
        );
        const expected = ranked.filter(([, score]) => score >= (ranked[k - 1] as Pair)[1]);
        expect(tied.slice(0, with_ties)).toEqual(expected);
        expect(sorted(sortByScore, tied)).toEqual(ranked);
      }),
      FIXED,
    );
  });

  test("ids ascend, and each keeps its score", () => {
    fc.assert(
      fc.property(pairs(400), (list) => {
        expect(sorted(sortById, list)).toEqual([...list].sort((a, b) => a[0] - b[0]));
      }),
      FIXED,
    );
  });
});
