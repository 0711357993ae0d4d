import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws } from "./properties.ts";
import { expectRow } from "./rows.ts";

describe("top_k", () => {
  test.each([
    // 0.3 and 0.4 over 0.7
    [2, "cut", [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    [10, "cut", [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [0, "cut", [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // ties at the k-th: the lower id, or all of them
    [1, "cut", [0.2, 0.3, 0.3, 0.2], [0, 1, 0, 0]],
    [1, "keep", [0.2, 0.3, 0.3, 0.2], [0, 0.5, 0.5, 0]],
    [3, "cut", [0.2, 0.3, 0.3, 0.2], [0.25, 0.375, 0.375, 0]],
    [3, "keep", [0.2, 0.3, 0.3, 0.2], [0.2, 0.3, 0.3, 0.2]],
  ])("%d (ties: %s) on %j gives %j", (top_k, ties, before, after) => {
    expectRow(before, { stage: "top_k", top_k, ties }, after);
  });

  test.each([40, 5_000, 60_000])("keeps the %d best of a long row", (top_k) => {
    const logits = Array.from({ length: 100_000 }, (_, id) => (id * 7919) % 100_003);
    const { token_ids } = survivors(logits, { chain: [{ stage: "top_k", top_k }] });
    const expected = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, top_k);
    expect(token_ids.join()).toBe(expected.sort((a, b) => a - b).join());
  });

  const entry = fc.record({
    stage: fc.constant("top_k"),
    top_k: fc.integer({ min: 0, max: 50 }),
    ties: fc.constantFrom("cut", "keep"),
  });
  obeysTheLaws({
    entry,
    neutral: [
      { stage: "top_k", top_k: 0 },
      { stage: "top_k", top_k: 40 },
    ],
  });
  keepsRatios(entry);
});
