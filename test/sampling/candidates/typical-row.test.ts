import { describe, expect, test } from "vitest";
import { Kernel } from "../../../src/kernels/kernel.ts";
import { Compact } from "../../../src/sampling/candidates/compact/compact.ts";
import { fillFromDense } from "../../../src/sampling/candidates/compact/compaction.ts";
import { Dense } from "../../../src/sampling/candidates/dense.ts";
import type { MassRule } from "../../../src/sampling/candidates/thresholds.ts";
import { keepTypical } from "../../../src/sampling/candidates/typical.ts";
import { keepTypicalOfRow } from "../../../src/sampling/candidates/typical-row.ts";
import { flatRow, peakedRow, quantisedRow } from "../../kernels/rows.ts";

const VOCAB_SIZE = 20_000;
const kernel = new Kernel({ vocab_size_max: VOCAB_SIZE, rows_max: 1 });
const row = kernel.leaseRow()!; // there is one
const dense = new Dense(kernel);
const PLAIN: MassRule = { inclusive: false, ties: "cut", min_keep: 1 };

function startOn(values: Float32Array, temperature: number): void {
  row.load(values);
  row.finish();
  dense.reset(row);
  dense.temperature = temperature;
}

/** The kept ids in order, for any form of candidates. */
function idsOf(form: "dense" | "compact", compact: Compact): string {
  const kept = form === "compact" ? compact : new Compact().reset(VOCAB_SIZE);
  if (form === "dense") fillFromDense(kept, dense);
  kept.orderById();
  return kept.token_ids.subarray(0, kept.count).join();
}

/** The kept ids, computed with float64 arrays of the whole row. */
function expectedIds(p: number, rule: MassRule): string {
  const compact = new Compact().reset(VOCAB_SIZE);
  fillFromDense(compact, dense);
  keepTypical(compact, p, rule);
  return idsOf("compact", compact);
}

describe("typical sampling of a whole row", () => {
  test.each([
    ["peaked", peakedRow, 0.8, 0.9, PLAIN, "compact"],
    ["peaked", peakedRow, 1, 0.2, PLAIN, "compact"],
    ["peaked, three at least", peakedRow, 1, 0.01, { ...PLAIN, min_keep: 3 }, "compact"],
    ["flat", flatRow, 0.8, 0.9, PLAIN, "dense"],
    ["flat, with the mass before", flatRow, 0.8, 0.5, { ...PLAIN, inclusive: true }, "dense"],
    ["flat, a few", flatRow, 1, 0.01, PLAIN, "compact"],
  ] as const)(
    "%s: the same tokens as in float64, by the short way",
    (_, make, temperature, p, rule, form) => {
      for (let seed = 1; seed <= 4; seed++) {
        startOn(make(VOCAB_SIZE, seed), temperature);
        const expected = expectedIds(p, rule);
        const compact = new Compact();
        expect(keepTypicalOfRow(dense, compact, p, rule)).toBe(form);
        expect(idsOf(form, compact)).toBe(expected);
        dense.restore();
      }
    },
  );

  test.each(["cut", "keep"] as const)("ties: %s, on a row with many equal logits", (ties) => {
    for (const p of [0.3, 0.62, 0.9]) {
      startOn(quantisedRow(VOCAB_SIZE, 1, 0.5), 1);
      const expected = expectedIds(p, { ...PLAIN, ties });
      const compact = new Compact();
      const form = keepTypicalOfRow(dense, compact, p, { ...PLAIN, ties });
      expect(idsOf(form!, compact)).toBe(expected); // the row is not cut: there is a form
      dense.restore();
    }
  });

  test("a row that is cut already, or a window too small for min_keep, is left to float64", () => {
    startOn(flatRow(VOCAB_SIZE, 1), 1);
    expect(keepTypicalOfRow(dense, new Compact(), 0.001, { ...PLAIN, min_keep: 15_000 })).toBe(undefined);
    expect(dense.isCut).toBe(false);
    dense.cutToTopK(10_000, "cut");
    expect(keepTypicalOfRow(dense, new Compact(), 0.5, PLAIN)).toBe(undefined);
  });

  test("a window in kernel memory is drawn from, counted and cut further like any other set", () => {
    startOn(flatRow(VOCAB_SIZE, 2), 0.8);
    const expected = expectedIds(0.7, PLAIN).split(",").map(Number);
    expect(keepTypicalOfRow(dense, new Compact(), 0.7, PLAIN)).toBe("dense");
    const { values } = row;
    expect(dense.count()).toBe(expected.length);
    const best = Math.max(...expected.map((id) => values[id]!));
    const sum = expected.reduce((total, id) => total + Math.exp((values[id]! - best) / 0.8), 0);
    expect(dense.logSumExp()).toBeCloseTo(Math.log(sum) + best / 0.8, 5);
    for (const u of [0.001, 0.3, 0.999]) expect(expected).toContain(dense.draw(u));
    expect(dense.max()).toBeCloseTo(best / 0.8, 6);
    expect(dense.cutToTopK(5, "cut")).toBe(true);
    const top = dense.top(9, dense.normaliser()).map(({ token_id }) => token_id);
    expect(top).toEqual([...expected].sort((a, b) => values[b]! - values[a]!).slice(0, 5));
    dense.restore();
    expect(row.max).toBe(Math.max(...flatRow(VOCAB_SIZE, 2)));
  });
});
