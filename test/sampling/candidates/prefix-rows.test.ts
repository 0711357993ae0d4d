/** Prefixes found in the bins of a whole row, against the same rule over all tokens in order. */
import { describe, expect, test } from "vitest";
import { instantiate } from "../../../src/kernels/instance.ts";
import { Kernel } from "../../../src/kernels/kernel.ts";
import { Dense } from "../../../src/sampling/candidates/dense.ts";
import { equilibriumOfRow } from "../../../src/sampling/candidates/equilibrium-row.ts";
import { prefixToStep } from "../../../src/sampling/candidates/step-row.ts";
import { recorded } from "../../kernels/recorded.ts";
import { flatRow, peakedRow, rowsOfEveryKind, sparseRow } from "../../kernels/rows.ts";

const V = 20_000;
const LIMITS = { vocab_size_max: V, rows_max: 1 };
const { machine, calls } = recorded(instantiate(LIMITS));
const kernel = new Kernel(LIMITS, machine);
const row = kernel.leaseRow()!; // there is one
const dense = new Dense(kernel);

function load(values: Float32Array, temperature: number): Dense {
  row.load(values);
  row.finish();
  dense.reset(row);
  dense.temperature = temperature;
  calls.clear();
  return dense;
}

/** Finite values with their ids, largest first, equals by id. */
function ranked(values: Float32Array): { id: number; value: number }[] {
  return Array.from(values, (value, id) => ({ id, value }))
    .filter(({ value }) => value !== Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.value - a.value || a.id - b.id);
}

/** The number of tokens that stay before a step, by the definition. */
function countToStep(order: readonly { value: number }[], temperature: number, step: number): number {
  let kept = 1;
  while (
    kept < order.length &&
    order[kept]!.value / temperature - order[kept - 1]!.value / temperature >= step
  )
    kept++;
  return kept;
}

/**
 * The number of tokens that stay before evenness falls below the mass, by the definition, and the smallest margin of
 * the comparisons.
 */
function countToEquilibrium(order: readonly { value: number }[], temperature: number) {
  const top = order[0]!.value;
  const weights = order.map(({ value }) => Math.exp((value - top) / temperature));
  const total = weights.reduce((sum, w) => sum + w, 0);
  let mass = 0;
  let h = 0;
  let margin = Number.POSITIVE_INFINITY;
  for (const [i, w] of weights.entries()) {
    const p = w / total;
    mass += p;
    h -= p > 0 ? p * Math.log(p) : 0;
    if (i === 0) continue;
    const spare = (h / mass + Math.log(mass)) / Math.log(i + 1) - (mass - 1e-6);
    margin = Math.min(margin, Math.abs(spare));
    if (spare < 0) return { count: i, margin };
  }
  return { count: order.length, margin };
}

const SHAPES: readonly (readonly [string, Float32Array])[] = [
  ...rowsOfEveryKind(V),
  ["two islands", flatRow(V, 7).map((x, id) => (id % 3 === 0 ? x : x - 40))],
  ["islands far apart", flatRow(V, 8).map((x, id) => x - (id % 5) * 3000)],
  ["one far below", sparseRow(V, 1, [[7, -1e30]])],
  ["steps of all heights", Float32Array.from({ length: V }, (_, id) => -((id / V) ** 2) * 800)],
  ["masked by half", flatRow(V, 9).map((x, id) => (id % 2 === 0 ? x : Number.NEGATIVE_INFINITY))],
];

function expectPrefix(
  found: ReturnType<typeof prefixToStep>,
  order: readonly { id: number; value: number }[],
  count: number,
  name: string,
): void {
  expect(found?.count, name).toBe(count);
  const { cut } = found!; // expected above
  expect(kernel.count(dense.settle(), cut), name).toBe(count);
  dense.cutTo(cut, count);
  for (const [place, { id, value }] of order.entries())
    if (Math.abs(place - count) <= 2)
      expect(dense.keeps(id, value), `${name}, place ${place}`).toBe(place < count);
}

test.each([0.01, 0.8, 7])("the first step, at temperature %d", (temperature) => {
  let found = 0;
  for (const [name, values] of SHAPES) {
    const order = ranked(values);
    for (const p of [0.01, 0.3, 0.7, 0.9, 0.99, 1]) {
      const step = Math.log(p) - 1e-6;
      const prefix = prefixToStep(load(values, temperature), step);
      if (prefix === undefined) continue;
      found++;
      expectPrefix(prefix, order, countToStep(order, temperature, step), `${name}, ${p}`);
    }
  }
  expect(found).toBeGreaterThan(SHAPES.length * 3);
});

test.each([0.01, 0.8, 7])("the equilibrium, at temperature %d", (temperature) => {
  let found = 0;
  for (const [name, values] of SHAPES) {
    const order = ranked(values);
    const expected = countToEquilibrium(order, temperature);
    const prefix = equilibriumOfRow(load(values, temperature));
    if (prefix === undefined || expected.margin < 1e-11) continue;
    found++;
    expectPrefix(prefix, order, expected.count, name);
  }
  expect(found).toBeGreaterThan(5);
});

describe("the row stays where it lies", () => {
  test.each([
    ["peaked", peakedRow(V, 3)],
    ["flat", flatRow(V, 4)],
    ["of values from float16", flatRow(V, 5).map((x) => Math.round(x * 512) / 512)],
  ])("when it is %s", (_, values) => {
    expect(equilibriumOfRow(load(values, 0.8))).toBeDefined();
    expect(prefixToStep(load(values, 0.8), Math.log(0.3))).toBeDefined();
    for (const call of ["listRow", "rankRow", "rankIds"]) expect([...calls]).not.toContain(call);
  });

  test("and the best tokens alone decide for a peaked one", () => {
    equilibriumOfRow(load(peakedRow(V, 3), 0.8));
    prefixToStep(load(peakedRow(V, 3), 0.8), Math.log(0.3));
    expect([...calls]).not.toContain("weighBins");
    expect([...calls]).not.toContain("countBins");
  });
});

test("a row that is cut is one for a list", () => {
  load(flatRow(V, 1), 1).cutTo({ floor: -1, tie_id: V, ceiling: Infinity, ceiling_tie_id: V }, 100);
  expect(equilibriumOfRow(dense)).toBeUndefined();
  expect(prefixToStep(dense, -1)).toBeUndefined();
});

test("a million looks are not taken: values that crowd in one bin are one for a list", () => {
  // All tokens equal except one far above and one far below: the equilibrium lies among 20,000 tokens in one bin.
  const crowded = Float32Array.from({ length: V }, (_, id) =>
    id === 0 ? 3 : id === 1 ? -30 : 0.5 + id * 1e-9,
  );
  expect(equilibriumOfRow(load(crowded, 1))).toBeUndefined();
});
