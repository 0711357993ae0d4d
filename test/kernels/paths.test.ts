import { describe, expect, test } from "vitest";
import { instantiate } from "../../src/kernels/instance.ts";
import { BlockSums } from "../../src/kernels/mass.ts";
import { Row } from "../../src/kernels/row.ts";
import { kthLargest } from "../../src/kernels/selection/select.ts";
import { findTopP, MASS_SLACK, massOf } from "../../src/kernels/top-p/top-p.ts";
import { ranked, referenceTopP } from "../reference/kernel-reference.ts";
import { recorded } from "./recorded.ts";
import { flatRow, peakedRow, quantisedRow, signedZeroRow, sparseRow } from "./rows.ts";

const VOCAB_SIZE = 40_000;

/** The nearest bf16 values. */
function asBF16(values: Float32Array): Float32Array {
  const rounded = values.slice();
  const bits = new Uint32Array(rounded.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i]! + 0x8000) & 0xffff0000;
  return rounded;
}

const plain = instantiate({ vocab_size_max: VOCAB_SIZE, rows_max: 1 });
const { machine, calls } = recorded(plain);
const sums = new BlockSums(plain.layout.cut_sums);
const other_sums = new BlockSums(plain.layout.sums);
const row = new Row(plain, plain.layout.rows, VOCAB_SIZE);

function fill(values: Float32Array): void {
  row.load(values);
  row.finish();
  calls.clear();
}

/** Answers as the kernel does, and compares with a full sort in float64. Returns the functions that were called. */
function topP(values: Float32Array, temperature: number, p: number): Set<string> {
  fill(values);
  const answer = findTopP(machine, sums, { row, temperature, share: p - MASS_SLACK, inclusive: false });
  const used = new Set(calls);
  const expected = referenceTopP(values, temperature, p);
  if (expected.margin > 1e-6) {
    const last = expected.ids[expected.ids.length - 1]!;
    expect(answer.cut).toMatchObject({ floor: values[last]! + 0, tie_id: last });
    const mass = answer.mass ?? massOf(machine, other_sums, row, temperature, answer.cut);
    expect(Math.abs(mass - expected.mass)).toBeLessThan(1e-6);
  }
  return used;
}

describe("top-p", () => {
  test.each([0.3, 0.7, 0.9, 0.95])(
    "of peaked rows at p = %d never weighs the row when bounds decide",
    (p) => {
      let bounded = 0;
      for (let seed = 1; seed <= 12; seed++) {
        const used = topP(peakedRow(VOCAB_SIZE, seed), 0.8, p);
        expect(used).toContain("boundBelow");
        expect(used).not.toContain("bracket");
        expect(used).not.toContain("histogram");
        if (!used.has("sumWeights")) bounded += 1;
      }
      expect(bounded).toBeGreaterThanOrEqual(9);
    },
  );

  test.each([
    [0.8, 0.95],
    [1, 0.5],
    [1.5, 0.99],
    [0.8, 0.3],
    [3, 0.05],
  ])("of flat rows at T = %d, p = %d weighs the row once", (temperature, p) => {
    for (let seed = 1; seed <= 8; seed++) {
      const used = topP(flatRow(VOCAB_SIZE, seed), temperature, p);
      expect(used).toContain("bracket");
      expect(used).not.toContain("histogram");
    }
  });

  test("of bf16 rows, where hundreds of tokens are equal, takes the same ways", () => {
    for (let seed = 1; seed <= 6; seed++) {
      expect(topP(asBF16(flatRow(VOCAB_SIZE, seed)), 0.8, 0.9)).not.toContain("histogram");
      expect(topP(asBF16(peakedRow(VOCAB_SIZE, seed)), 0.8, 0.9)).not.toContain("bracket");
    }
  });

  test("of rows that fool the sample falls back to the radix and is still right", () => {
    // Every sampled vector is low; all vectors between them are high.
    const hidden = Float32Array.from({ length: VOCAB_SIZE }, (_, id) =>
      id % 16 < 4 ? -5 : 1 + (id % 7) / 10,
    );
    expect(topP(hidden, 1, 0.5)).toContain("histogram");
    expect(topP(sparseRow(VOCAB_SIZE, 0, [[39_999, 1e-3]]), 1, 0.3)).toBeDefined();
    expect(topP(signedZeroRow(VOCAB_SIZE, 3), 1, 0.6)).toBeDefined();
  });

  test("at temperatures beyond the plain range goes by the radix and is still right", () => {
    expect(topP(flatRow(VOCAB_SIZE, 3), 1e-5, 0.9)).toContain("histogram");
    expect(topP(flatRow(VOCAB_SIZE, 3), 1e5, 0.9)).toContain("histogram");
  });
});

describe("the cut at a rank", () => {
  test.each([1, 200, 4097, 20_000, 39_000, 39_999])("%i of 40,000 needs one pass", (k) => {
    for (const values of [
      flatRow(VOCAB_SIZE, k),
      peakedRow(VOCAB_SIZE, k),
      asBF16(flatRow(VOCAB_SIZE, k + 1)),
    ]) {
      fill(values);
      const cut = kthLargest(machine, row, k);
      expect(calls).toContain("bracketByCount");
      // The radix first counts whether there are that many tokens.
      expect(calls).not.toContain("count");
      const last = ranked(values)[k - 1]!;
      expect(cut).toMatchObject({ floor: values[last]! + 0, tie_id: last });
    }
  });

  test("among more equal tokens than can be listed is found by the radix", () => {
    fill(quantisedRow(VOCAB_SIZE, 2, 4));
    const cut = kthLargest(machine, row, 30_000);
    expect(calls).toContain("nthEqual");
    const last = ranked(quantisedRow(VOCAB_SIZE, 2, 4))[29_999]!;
    expect(cut.tie_id).toBe(last);
  });
});
