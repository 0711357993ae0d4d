/** Passes that combine rows: bit for bit the result of the same steps with Math.fround. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Kernel, type Row } from "../../src/kernels/kernel.ts";
import { flatRow, peakedRow, quantisedRow } from "./rows.ts";

const VOCAB_SIZE_MAX = 1000;
const kernel = new Kernel({ vocab_size_max: VOCAB_SIZE_MAX, rows_max: 8 });
const rows = Array.from({ length: 8 }, () => kernel.leaseRow() as Row); // a new kernel has them

const FLOAT_MAX = 3.4028234663852886e38;

function loaded(values: readonly (readonly number[])[]): Row[] {
  return values.map((each, index) => {
    const row = rows[index] as Row; // no test has more
    row.load(each);
    row.finish();
    return row;
  });
}

/** Σ f·(x − top) + shift, each step rounded to float32. */
function plainSum(
  xs: readonly number[],
  factors: readonly number[],
  top: number,
  shift: number,
  least: number,
): number {
  if (xs.includes(-Infinity) || (xs[0] ?? 0) < least) return -Infinity;
  const parts = xs.map((x, i) => Math.fround(Math.fround(factors[i] ?? 0) * Math.fround(x - top)));
  const sum = Math.fround(parts.reduce((total, part) => Math.fround(total + part)) + shift);
  if (Number.isFinite(sum)) return sum;
  const exact = xs.reduce((total, x, i) => total + Math.fround(factors[i] ?? 0) * (x - top), shift);
  return Math.fround(Math.min(FLOAT_MAX, Math.max(-FLOAT_MAX, exact)));
}

const value = fc.oneof(
  { weight: 20, arbitrary: fc.float({ min: -40, max: 40, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-Infinity, Math.fround(3e38), Math.fround(-3e38), 0, -0) },
);
const factor = fc.oneof(fc.float({ min: -3, max: 3, noNaN: true }), fc.constantFrom(0, 1, -1, 1.5, -0.5, 4));
const step = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.constantFrom(1, 5, 128, 129, 400))
  .chain(([count, length]) =>
    fc.record({
      values: fc.array(fc.array(value, { minLength: length, maxLength: length }), {
        minLength: count,
        maxLength: count,
      }),
      factors: fc.array(factor, { minLength: count, maxLength: count }),
      top: fc.constantFrom(0, 5, -1000, Math.fround(3e38)),
      shift: fc.oneof(fc.constant(0), fc.float({ min: -50, max: 50, noNaN: true })),
      least: fc.oneof(fc.constant(-Infinity), fc.float({ min: -40, max: 40, noNaN: true })),
    }),
  );

describe("sums", () => {
  test("are those of Math.fround, with the block maxima and the largest value of a row that was scanned", () => {
    fc.assert(
      fc.property(step, ({ values, factors, top, shift, least }) => {
        const summed = kernel.combiner.add(
          loaded(values).map((row, i) => ({ row, factor: factors[i] ?? 0, top })),
          shift,
          least,
        );
        const length = values[0]?.length ?? 0;
        const expected = Array.from({ length }, (_, id) =>
          plainSum(
            values.map((each) => each[id] ?? 0),
            factors,
            top,
            Math.fround(shift),
            least,
          ),
        );
        expect(Array.from(summed.values.subarray(0, length), (x) => x + 0)).toEqual(
          expected.map((x) => x + 0),
        );
        expect(summed.max).toBe(Math.max(...expected));
        expect([summed.length, summed.blocks]).toEqual([length, Math.ceil(length / 128)]);
        const last = expected.slice((summed.blocks - 1) * 128);
        expect(summed.maxima[summed.blocks - 1]).toBe(Math.max(...last));
      }),
      { numRuns: 300 },
    );
  });

  test("are as long as the shortest row, and at −∞ past the vocabulary", () => {
    const [a, b] = [300, 290].map((length, index) => {
      const row = rows[index] as Row;
      row.load(Array.from({ length }, () => 1));
      row.finish(100);
      return row;
    }) as [Row, Row];
    const sum = kernel.combiner.add([
      { row: a, factor: 1, top: 0 },
      { row: b, factor: 1, top: 0 },
    ]);
    expect([sum.length, sum.values[99], sum.values[100], sum.values[289]]).toEqual([
      290,
      2,
      -Infinity,
      -Infinity,
    ]);
  });
});

describe("mixtures and divergences", () => {
  const finite = fc.float({ min: -60, max: 20, noNaN: true });
  const two = fc.constantFrom(1, 7, 128, 300).chain((length) => {
    const row = fc.array(
      fc.oneof({ weight: 9, arbitrary: finite }, { weight: 1, arbitrary: fc.constant(-Infinity) }),
      {
        minLength: length,
        maxLength: length,
      },
    );
    return fc.tuple(row, row, finite).map(
      ([a, b, x]) =>
        [
          [x, ...a.slice(1)],
          [x, ...b.slice(1)],
        ] as const,
    );
  });

  test("are those of float64", () => {
    fc.assert(
      fc.property(two, fc.double({ min: 0, max: 1, noNaN: true }), ([a, b], weight) => {
        const logs = [a, b].map((values) => {
          const max = Math.max(...values);
          const mass = Math.log(values.reduce((sum, x) => sum + Math.exp(x - max), 0));
          return { max, mass, ln_p: values.map((x) => x - max - mass) };
        });
        const of = loaded([a, b]).map((row, i) => ({ row, scale: 1, offset: -(logs[i]?.mass ?? 0) }));
        const [one, other] = of as [(typeof of)[0], (typeof of)[0]];
        const [p, q] = logs.map(({ ln_p }) => ln_p) as [number[], number[]];
        const mixed = kernel.combiner.mix([
          { ...one, offset: one.offset + Math.log(weight) },
          { ...other, offset: other.offset + Math.log(1 - weight) },
        ]);
        a.forEach((_, id) => {
          const exact = Math.log(weight * Math.exp(p[id] ?? 0) + (1 - weight) * Math.exp(q[id] ?? 0));
          const got = mixed.values[id] ?? 0;
          if (exact < -700)
            expect(got).toBeLessThan(-690); // where float64 has few digits left
          else expect(Math.abs(got - exact)).toBeLessThan(1e-6 * Math.max(1, Math.abs(exact)));
        });
        const half = (x: number, y: number) => (x === 0 ? 0 : 0.5 * x * Math.log((2 * x) / (x + y)));
        const exact = p.reduce((sum, x, id) => {
          const [u, v] = [Math.exp(x), Math.exp(q[id] ?? 0)];
          return sum + half(u, v) + half(v, u);
        }, 0);
        expect(Math.abs(kernel.combiner.divergence(one, other) - exact)).toBeLessThan(1e-12);
      }),
      { numRuns: 200 },
    );
  });

  test("have the same best tokens where only these are asked for", () => {
    const size = 3000; // 24 blocks
    const big = new Kernel({ vocab_size_max: size, rows_max: 3 });
    const sources = [1, 2, 3].map(() => big.leaseRow() as Row);
    const sparse = (seed: number) =>
      flatRow(size, seed).map((x, id) => (id % 500 === seed ? x : Number.NEGATIVE_INFINITY));
    const kinds = [
      peakedRow,
      flatRow,
      (length: number, seed: number) => quantisedRow(length, seed, 1),
      (length: number) => new Float32Array(length),
      (_: number, seed: number) => sparse(seed),
    ];
    for (const kind of kinds)
      for (const count of [2, 3])
        for (const best of [1, 5, 12, 13, 40]) {
          const logs = sources.slice(0, count).map((row, i) => {
            row.load(kind(size, i + 1));
            row.finish();
            return { row, scale: 0.5 + i, offset: Math.log(0.1 + i / 3) - i };
          });
          const bestOf = (row: Row) => {
            const found = big.topK(row, best);
            return [big.selected_ids.slice(0, found), big.selected_logits.slice(0, found)];
          };
          const whole = bestOf(big.combiner.mix(logs));
          expect(bestOf(big.combiner.mix(logs, best))).toEqual(whole);
        }
  });
});
