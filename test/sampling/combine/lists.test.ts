/** Some sources come as lists of tokens: a reply is called exact only if whole rows would give the same. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SparseRow } from "../../../src/sampling/rows.ts";
import { logSumExp } from "../../reference/sources.ts";
import { type Fields, sampleSources } from "./sample.ts";

/** The most likely tokens of a row, with everything that a sender may know about it. */
function listOf(row: readonly number[], count: number): SparseRow {
  const ids = row.map((_, id) => id).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
  const omitted = ids.slice(count).map((id) => row[id] ?? 0);
  return {
    token_ids: Int32Array.from(ids.slice(0, count)),
    values: Float32Array.from(ids.slice(0, count), (id) => row[id] ?? 0),
    vocab_size: row.length,
    logsumexp: logSumExp(row),
    ...(omitted.length > 0 && { max_omitted: Math.max(...omitted) }),
  };
}

const LENGTH = 24;
const row = fc
  .array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: LENGTH, maxLength: LENGTH })
  .map((values) => values.map(Math.fround));

const COMBINES: readonly Fields[] = [
  { rule: "guidance", guidance_scale: 1.5 },
  { rule: "guidance", guidance_scale: 0.5 },
  { rule: "contrastive" },
  { rule: "contrastive", alpha: 0.5 },
  { rule: "context_aware", alpha: "adaptive" },
  { rule: "dola" },
  { rule: "product" },
  { rule: "mixture" },
];

/** Measured weights are summed in another order than in whole rows, so a tie may be decided either way. */
const isMeasured = ({ rule, alpha }: Fields) => rule === "mixture" || alpha === "adaptive";

describe("lists", () => {
  test.each(COMBINES)("in full give the token of whole rows, and say that they are exact: %j", (combine) => {
    fc.assert(
      fc.property(row, row, (a, b) => {
        const fields = { combine, top_k: 3, seed: 5 };
        const lists = sampleSources([listOf(a, LENGTH), listOf(b, LENGTH)], fields);
        const mixed = sampleSources([a, listOf(b, LENGTH)], fields);
        const { token_id, kept } = sampleSources([a, b], fields);
        if (isMeasured(combine)) expect([lists.exact, mixed.exact]).toEqual([false, false]);
        else {
          expect([lists.token_id, lists.kept, lists.exact]).toEqual([token_id, kept, true]);
          expect([mixed.token_id, mixed.kept, mixed.exact]).toEqual([token_id, kept, true]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test.each(COMBINES)("in part are exact only where whole rows give the same token: %j", (combine) => {
    let exact = 0;
    fc.assert(
      fc.property(
        row,
        row,
        fc.integer({ min: 1, max: LENGTH - 1 }),
        fc.integer({ min: 1, max: LENGTH }),
        (a, b, of_a, of_b) => {
          const fields = { combine, top_k: 2, seed: 5 };
          let told: ReturnType<typeof sampleSources>;
          try {
            told = sampleSources([listOf(a, of_a), listOf(b, of_b)], fields);
          } catch {
            return; // no token was sent in both
          }
          if (told.exact !== true) return;
          exact += 1;
          const { token_id, kept } = sampleSources([a, b], fields);
          expect([told.token_id, told.kept]).toEqual([token_id, kept]);
        },
      ),
      { numRuns: 300, seed: 3 },
    );
    expect(exact > 0).toBe(!isMeasured(combine));
  });

  test("what is plausible was sent by both: exact, whatever was left out", () => {
    const a = [5, 4.9, 0, -1, -2, -3];
    const b = [1, 2, 3, 4, 5, 6];
    const of_b: SparseRow = { token_ids: Int32Array.of(0, 1), values: Float32Array.of(1, 2), vocab_size: 6 };
    const fields = { combine: { rule: "contrastive" }, seed: 1, require_exact: true };
    expect(sampleSources([listOf(a, 3), of_b], fields)).toMatchObject({
      exact: true,
      token_id: sampleSources([a, b], fields).token_id,
    });
  });

  test("that leave in doubt what has to be exact are refused", () => {
    const lists = [listOf([3, 2, 1], 2), listOf([3, 2, 1], 2)];
    const fields = { combine: { rule: "guidance", guidance_scale: 2 }, require_exact: true };
    expect(() => sampleSources(lists, fields)).toThrow("were not enough to prove the answer exact");
  });
});
