/** The ranking of whole rows in bins, and its uses: weights in order, second differences, and a skewed distribution. */
import { describe, expect, test } from "vitest";
import { instantiate } from "../../src/kernels/instance.ts";
import { Kernel } from "../../src/kernels/kernel.ts";
import { ranking } from "../../src/kernels/ranking.ts";
import { flatRow, peakedRow, rowsOfEveryKind } from "./rows.ts";

const V = 5000;
const LIMITS = { vocab_size_max: V, rows_max: 1 };
const machine = instantiate(LIMITS);
const kernel = new Kernel(LIMITS, machine);
const row = kernel.leaseRow()!; // there is one

function load(values: ArrayLike<number>): void {
  row.load(values);
  row.finish();
}

/** Ids by value, largest first; equal values by id. */
function sorted(values: Float32Array): number[] {
  return Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
}

function rankedIds(temperature: number): number[] | undefined {
  const ranked = ranking(machine, row, temperature);
  return ranked && Array.from(new Int32Array(machine.buffer, ranked.ids, ranked.ordered));
}

describe("a ranking", () => {
  test.each([0.01, 0.8, 100])("is that of values and ids, at temperature %d", (temperature) => {
    for (const [name, values] of rowsOfEveryKind(V)) {
      load(values);
      if (!Number.isFinite(row.max)) continue;
      const ids = rankedIds(temperature);
      if (ids === undefined) continue;
      const expected = sorted(values).filter((id) => values[id] !== Number.NEGATIVE_INFINITY);
      expect(ids, name).toEqual(expected.slice(0, ids.length));
      const next = values[expected[ids.length] ?? -1];
      // No sum contains removed tokens.
      if (next !== undefined) expect((row.max - next) / temperature, name).toBeGreaterThan(39.9);
    }
  });

  test("of a million places each id fits", () => {
    const length = 2 ** 20;
    const limits = { vocab_size_max: length, rows_max: 1 };
    const large = instantiate(limits);
    const own = new Kernel(limits, large).leaseRow()!;
    own.load(new Float32Array(length).fill(1).fill(2, length - 1));
    own.finish();
    const ranked = ranking(large, own, 1)!; // equal values take no moves
    const ids = new Int32Array(large.buffer, ranked.ids, ranked.ordered);
    expect([ids[0], ids[1], ids[length - 1]]).toEqual([length - 1, 0, length - 2]);
  });

  test("is given up where values crowd in few bins, after a number of moves", () => {
    // All values except one are within a millionth of the range and ascend, so each would move before all earlier ones.
    load(Float32Array.from({ length: V }, (_, id) => (id === 0 ? 30 : id * 1e-9)));
    expect(rankedIds(1)).toBeUndefined();
    expect(kernel.rankedWeights(row, 1)).toBeUndefined();
    kernel.edits.begin(row);
    expect(kernel.skewByRank(1, 0.5)).toBe(false);
  });
});

test.each([
  ["flat", flatRow(V, 3)],
  ["peaked", peakedRow(V, 4)],
])("weights in order and their bends, %s", (_, values) => {
  load(values);
  const expected = sorted(values).map((id) => Math.exp((values[id]! - row.max) / 0.8));
  const { weights, bend } = kernel.rankedWeights(row, 0.8)!; // no row of these crowds
  for (const [i, weight] of weights.entries()) expect(weight / expected[i]!).toBeCloseTo(1, 12);
  let sum = 0;
  for (let i = 0; i + 2 < expected.length; i++)
    sum += Math.abs(expected[i]! - 2 * expected[i + 1]! + expected[i + 2]!);
  expect(bend / sum).toBeCloseTo(1, 12);
});

test.each([
  [1, 0],
  [2, 0],
  [3, 1 - 2 * Math.exp(-1) + Math.exp(-2)],
])("the bends of a row with %d tokens near its largest", (near, expected) => {
  load(Float32Array.from({ length: V }, (_, id) => (id < near ? -id : -100)));
  const { weights, bend } = kernel.rankedWeights(row, 1)!; // equal values take no moves
  expect(weights).toHaveLength(near);
  expect(bend).toBeCloseTo(expected, 12);
});

test.each([-3, -0.5, 0.5, 3])("a distribution that is bent by %d", (amount) => {
  for (const values of [flatRow(V, 5), peakedRow(V, 6)]) {
    load(values);
    kernel.edits.begin(row);
    expect(kernel.skewByRank(0.8, amount)).toBe(true);
    const bent = kernel.edits.settle();
    const order = sorted(values);
    const weights = order.map((id) => Math.exp((values[id]! - row.max) / 0.8));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const a = Math.exp(amount);
    let before = 0;
    for (const [i, id] of order.entries()) {
      const own = weights[i]! / total;
      const after = before + own;
      const rest = own < after / 2 ? Math.log1p(-own / after) : Math.log(before / after);
      const score = a * Math.log(after) + Math.log(-Math.expm1(a * rest));
      before = after;
      if (Math.abs(bent.values[id]! - score) > 2e-6 * Math.max(1, Math.abs(score) / 8))
        expect(bent.values[id], `token ${id}`).toBeCloseTo(score, 6);
    }
    kernel.edits.revert();
  }
});
