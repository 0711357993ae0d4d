import { describe, expect, test } from "vitest";
import { instantiate } from "../../src/kernels/instance.ts";
import { cutFrom, Kernel, ln, Row } from "../../src/kernels/kernel.ts";
import { oracleDraw, oracleSums, oracleWeights } from "../reference/kernel-oracle.ts";
import { rowsOfEveryKind, seededUniform } from "./rows.ts";

const ALL = 0x7fffffff;
const TEMPERATURES = [0.8, 1, 0.37, 2.5, 1000, 0.002, 1e-5, 3e7, 1e-25];
const VOCAB_SIZE = 3001;

/** The number of elements in which two lists differ by a bit. */
function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) count += 1;
  return count;
}

describe("the wasm module and one rounding after another give the same bits", () => {
  const machine = instantiate({ vocab_size_max: VOCAB_SIZE, rows_max: 1 });
  const row = new Row(machine, machine.layout.rows, VOCAB_SIZE);
  const rows = rowsOfEveryKind(VOCAB_SIZE);

  test.each(TEMPERATURES)("for every weight and block sum at T = %d", (temperature) => {
    const { wasm, layout, buffer } = machine;
    for (const [name, values] of rows) {
      row.load(values);
      row.finish();
      const expected = oracleSums(values, row.max, temperature, undefined);
      const offset = wasm.prepareWeights(row.max, temperature);
      const total = wasm.sumAllWeights(row.address, row.blocks, layout.sums, true);
      expect(offset, name).toBe(expected.offset);
      expect(total, name).toBe(expected.total);
      const sums = new Float64Array(buffer, layout.sums, row.blocks);
      expect(differing(sums, expected.sums), name).toBe(0);
      const kept = new Float32Array(buffer, layout.row_weights, VOCAB_SIZE);
      expect(differing(kept, expected.weights.subarray(0, VOCAB_SIZE)), name).toBe(0);
      new Float32Array(buffer, layout.selected_logits, VOCAB_SIZE).set(values);
      wasm.weighSelection(VOCAB_SIZE);
      const weights = new Float32Array(buffer, layout.sort_spare, VOCAB_SIZE);
      expect(differing(weights, expected.weights.subarray(0, VOCAB_SIZE)), name).toBe(0);
    }
  });

  test.each(TEMPERATURES)("for the normaliser and draws at T = %d, with and without a cut", (temperature) => {
    const kernel = new Kernel({ vocab_size_max: VOCAB_SIZE, rows_max: 1 });
    const leased = kernel.leaseRow()!;
    const uniform = seededUniform(77);
    for (const [name, values] of rows) {
      leased.load(values);
      leased.finish();
      kernel.kthLargest(leased, 700);
      const { floor, tie_id } = kernel.cut;
      const within = (id: number): boolean => values[id]! > floor || (values[id] === floor && id <= tie_id);
      for (const [low, low_tie, survives] of [
        [-Infinity, ALL, undefined],
        [floor, tie_id, floor === -Infinity ? undefined : within],
      ] as const) {
        const sums = oracleSums(values, leased.max, temperature, survives);
        const lse = kernel.logSumExp(leased, temperature, cutFrom(low, low_tie));
        expect(lse, name).toBe(ln(sums.total) + sums.offset + leased.max / temperature);
        for (let i = 0; i < 40; i++) {
          const u = i === 0 ? 0 : uniform();
          expect(kernel.draw(leased, temperature, cutFrom(low, low_tie), u), `${name} u=${u}`).toBe(
            oracleDraw(values, sums, u),
          );
        }
      }
    }
  });
});

describe("the weights", () => {
  test.each([0.8, 1, 0.05, 7])("are e^(x/T) to within 3e-7 at T = %d", (temperature) => {
    const largest = Math.fround(23.7);
    const { weigh, offset } = oracleWeights(largest, temperature);
    const uniform = seededUniform(5);
    let worst = 0;
    for (let i = 0; i < 20000; i++) {
      const depth = Math.fround(uniform() * 85 * temperature);
      const x = Math.fround(largest - depth);
      const exact = Math.exp((x - largest) / temperature - offset);
      worst = Math.max(worst, Math.abs(weigh(x) / exact - 1));
    }
    expect(worst).toBeLessThan(3e-7);
  });

  test("against different maxima differ by a power of two exactly", () => {
    const one = oracleWeights(3, 1);
    const other = oracleWeights(4, 1);
    for (const x of [-3.25, 0.5, 2, 3]) {
      const ratio = one.weigh(x) / other.weigh(x);
      expect(Math.log2(ratio)).toBe(Math.round(Math.log2(ratio)));
    }
  });
});

test("the same row and numbers give the same bits in another row, another kernel and another order", () => {
  const small = new Kernel({ vocab_size_max: VOCAB_SIZE, rows_max: 3 });
  const large = new Kernel({ vocab_size_max: 50_000, rows_max: 2 });
  const rows = [small.leaseRow()!, small.leaseRow()!, large.leaseRow()!] as const;
  const answers: string[][] = [[], [], []];
  for (const [index, row] of rows.entries()) {
    const kernel = index < 2 ? small : large;
    const kinds = [...rowsOfEveryKind(VOCAB_SIZE)];
    if (index === 1) kinds.reverse();
    for (const [name, values] of kinds) {
      row.load(values);
      row.finish();
      const lse = kernel.logSumExp(row, 0.8, cutFrom(-Infinity, ALL));
      const count = kernel.topP(row, 0.8, 0.9);
      const { floor, tie_id } = kernel.cut;
      answers[index]!.push([name, lse, count, floor, tie_id, kernel.cut_mass].join());
    }
    if (index === 1) answers[index]!.reverse();
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
});
