import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

/* 1/2 1/4 1/8 1/8: −p log₂ p = 0.5 0.5 0.375 0.375, in all 1.75 bits; sums 0.5 1 1.375 1.75. */
describe("top_h", () => {
  const row = [0.5, 0.25, 0.125, 0.125];
  test.each([
    // 0.2 · 1.75 = 0.35 is less than the first token's entropy, but the first token always stays
    [{ top_h: 0.2 }, row, [1, 0, 0, 0]],
    // 0.6 · 1.75 = 1.05
    [{ top_h: 0.6 }, row, [2 / 3, 1 / 3, 0, 0]],
    // exactly 1 bit is still within
    [{ top_h: 4 / 7 }, row, [2 / 3, 1 / 3, 0, 0]],
    // 0.8 · 1.75 = 1.4: of the two eighths the lower id stays
    [{ top_h: 0.8 }, row, [4 / 7, 2 / 7, 1 / 7, 0]],
    [{ top_h: 1 }, row, row],
    [{ top_h: 0.2, min_keep: 2 }, row, [2 / 3, 1 / 3, 0, 0]],
    // the best two alone, with p = 2/3 1/3, and all of their entropy: both stay
    [{ top_h: 1, top_h_top_n: 2 }, row, [2 / 3, 1 / 3, 0, 0]],
    // 0.528321 of 0.918296 bits is more than half
    [{ top_h: 0.5, top_h_top_n: 2 }, row, [1, 0, 0, 0]],
    [{ top_h: 0.5 }, [1], [1]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "top_h", ...options }, after);
  });

  test("only the best 100 are looked at unless told otherwise", () => {
    const logits = Array.from({ length: 150 }, (_, id) => -id / 1000);
    const kept = (options: object) =>
      survivors(logits, { chain: [{ stage: "top_h", top_h: 1, ...options }] }).token_ids.length;
    expect(kept({})).toBe(100);
    expect(kept({ top_h_top_n: 120 })).toBe(120);
    expect(kept({ min_keep: 130 })).toBe(130);
  });

  test.each([
    // H is 1.3e-7 and 4.5e-15: a fixed bound would not work, so the bound is a share of H
    [[20, 0, 0, 0], 0.1, [0]],
    [[20, 0, 0, 0], 0.5, [0, 1]],
    [[40, 0, -1, -2], 0.4, [0]],
    [[40, 0, -1, -2], 0.7, [0, 1]],
  ])("rows that are nearly certain: %j with %d keeps %j", (logits, top_h, kept) => {
    expect(survivors(logits, { chain: [{ stage: "top_h", top_h }] }).token_ids).toEqual(kept);
  });

  const entry = fc.record({
    stage: fc.constant("top_h"),
    top_h: stepsOf(0.02, 1),
    top_h_top_n: fc.integer({ min: 1, max: 100 }),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "top_h", top_h: 1 }] });
  keepsRatios(entry);
});
