/** Fast paths within a kernel function, which only its loads and stores show. */
import { afterAll, describe, expect, test } from "vitest";
import { countWasm } from "../../bench/counters/counting-wasm.ts";
import { cutFrom, EVERY_TIE, Kernel, type Row } from "../../src/kernels/kernel.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { flatRow, peakedRow } from "../kernels/rows.ts";

const V = 32_000;
const wasm = await countWasm();
const kernel = wasm.counted(() => new Kernel({ vocab_size_max: V, rows_max: 2 }));
afterAll(() => wasm.uninstall());
const row = kernel.leaseRow() as Row; // there are two
const other = kernel.leaseRow() as Row;

function fill(to: Row, values: Float32Array): void {
  to.load(values);
  to.finish();
}

/** Loads and stores for each four logits of a row: reading it once is 1. */
function accesses(work: () => unknown): number {
  const before = wasm.counts.accesses;
  work();
  return (wasm.counts.accesses - before) / (V / 4);
}

describe("the first read", () => {
  test.each(["f16", "bf16"] as const)("of %s widens and scans in one pass", (dtype) => {
    const bytes = new Uint8Array(new Uint16Array(V).fill(0x3c00).buffer); // 1 in f16
    const spent = accesses(() => {
      row.begin(dtype);
      row.append(bytes);
      row.finish();
    });
    expect(spent).toBeGreaterThan(1.5);
    expect(spent).toBeLessThan(1.6);
  });

  test("of negative logits is one pass as well", () => {
    expect(accesses(() => fill(row, new Float32Array(V).fill(-1)))).toBeLessThan(1.1);
  });
});

/** Each bound lies between the count with all fast paths and the count without the least effective one. */
test.each([
  ["a flat row", flatRow, 1, 6.5],
  ["a flat row in the cold, where groups are passed over", flatRow, 0.1, 3.22],
  ["a peaked row", peakedRow, 0.5, 1],
  ["a peaked row in the cold, of which most blocks are passed over", peakedRow, 0.1, 0.12],
])("Gumbel noise over %s is made where it may decide", (_name, valuesOf, temperature, bound) => {
  fill(row, valuesOf(V, 1));
  const noise = { counter: [1, 2, 3], key: [4, 5], coarse: false } as const;
  const spent = accesses(() => kernel.noisiest(row, temperature, cutFrom(-Infinity, EVERY_TIE), noise));
  expect(spent).toBeGreaterThan(0);
  expect(spent).toBeLessThan(bound);
});

describe("a sum of two rows", () => {
  const sum = (least?: number) =>
    accesses(() =>
      kernel.combiner.add(
        [
          { row, factor: 1.5, top: 0 },
          { row: other, factor: -0.5, top: 0 },
        ],
        0,
        least,
      ),
    );

  test("reads each once and writes once", () => {
    fill(row, flatRow(V, 1));
    fill(other, flatRow(V, 2));
    const spent = sum();
    expect(spent).toBeGreaterThan(3);
    expect(spent).toBeLessThan(3.2);
  });

  test("only writes where no token is plausible", () => {
    fill(row, peakedRow(V, 1));
    fill(other, flatRow(V, 2));
    expect(sum(row.max - 1)).toBeLessThan(1.3);
  });
});

test("a mixture of which few tokens are asked for is made where they may be", () => {
  const sampler = wasm.counted(() => createSampler({ vocab_size_max: V, rows_max: 2 }));
  const rows = [1, 2].map((seed) => {
    const leased = sampler.leaseRow() as Row; // there are two
    fill(leased, peakedRow(V, seed));
    return leased;
  });
  const spent = (fields: object) => {
    const options = parseStepOptions({ seed: 7, combine: { rule: "mixture" }, ...fields });
    sampler.sample(rows, options);
    return accesses(() => sampler.sample(rows, options));
  };
  expect(spent({ top_k: 5 })).toBeLessThan(
    spent({ chain: [{ stage: "top_k", top_k: 5, ties: "keep" }] }) / 2,
  );
});
