import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { type Entry, expectRow } from "./rows.ts";

describe("top_p", () => {
  test.each([
    // 0.4, then 0.7 is reached exactly: 0.2 is removed, or kept with SGLang's rule
    [{ top_p: 0.7 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    [{ top_p: 0.7, top_p_inclusive: true }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ top_p: 0.71 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ top_p: 0.9 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ top_p: 0 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    [{ top_p: 1 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // equal probabilities: 0.25 + 0.25 reaches 0.5 with the two lower ids
    [{ top_p: 0.5 }, [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]],
    [{ top_p: 0.5, top_p_ties: "keep" }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
    [{ top_p: 0.5, top_p_ties: "highest" }, [0.25, 0.25, 0.25, 0.25], [0, 0, 0.5, 0.5]],
    // 0.4 and one of three tied tokens: the highest id
    [{ top_p: 0.5, top_p_ties: "highest" }, [0.2, 0.4, 0.2, 0.2], [0, 2 / 3, 0, 1 / 3]],
    [{ top_p: 0.7, top_p_ties: "highest" }, [0.2, 0.4, 0.2, 0.2], [0, 0.5, 0.25, 0.25]],
    [{ top_p: 0.1, top_p_ties: "highest", min_keep: 2 }, [0.2, 0.4, 0.2, 0.2], [0, 2 / 3, 0, 1 / 3]],
    [{ top_p: 0.1, min_keep: 3 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ top_p: 0.1, min_keep: 9 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // ExLlamaV3: 0.4 + 0.3 exceeds 0.6, so 0.3 is removed; it does not exceed 0.7; with 0.2 it would exceed 0.8
    [{ top_p: 0.6, top_p_crossing: "drop" }, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    [{ top_p: 0.7, top_p_crossing: "drop" }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    [{ top_p: 0.8, top_p_crossing: "drop" }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    // the most likely token stays, whatever its probability
    [{ top_p: 0.3, top_p_crossing: "drop" }, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    [{ top_p: 0, top_p_crossing: "drop" }, [0.4, 0.2, 0.4], [0.5, 0, 0.5]],
    // 0.4 + 0.2 is within 0.7; the second 0.2 is not, and its ties are removed with it
    [{ top_p: 0.7, top_p_crossing: "drop" }, [0.2, 0.4, 0.2, 0.2], [0, 1, 0, 0]],
    [{ top_p: 0.7, top_p_crossing: "drop", min_keep: 2 }, [0.2, 0.4, 0.2, 0.2], [1 / 3, 2 / 3, 0, 0]],
    [{ top_p: 0.999, top_p_crossing: "drop" }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "top_p", ...options }, after);
  });

  describe("the highest of those that tie, in rows of kernel memory", () => {
    const length = 20_000;
    const tied = (id: number) => (id === 7 ? 3 : id % 2 === 0 ? 1 : 0);
    const row = Array.from({ length }, (_, id) => tied(id));
    const keptOf = (chain: readonly Entry[], logits: readonly number[] = row) =>
      survivors(logits, { chain }).token_ids;

    test.each([0.05, 0.3, 0.5])("top_p %d keeps as many as with the lowest, and all above", (top_p) => {
      const lowest = keptOf([{ stage: "top_p", top_p }]);
      const highest = keptOf([{ stage: "top_p", top_p, top_p_ties: "highest" }]);
      expect(lowest.length).toBeGreaterThan(100);
      expect(highest).toHaveLength(lowest.length);
      const last = lowest.length - 1;
      const even = row.map((_, id) => id).filter((id) => id % 2 === 0);
      expect(lowest).toEqual([...even.slice(0, last), 7].toSorted((a, b) => a - b));
      expect(highest).toEqual([7, ...even.slice(-last)].toSorted((a, b) => a - b));
    });

    test("behind a cut that ends among equals, of those that it left", () => {
      const chain = [
        { stage: "top_k", top_k: 6001 },
        { stage: "top_p", top_p: 0.9, top_p_ties: "highest" },
      ];
      const kept = keptOf(chain);
      const even = row.map((_, id) => id).filter((id) => id % 2 === 0);
      expect(kept).toEqual([7, ...even.slice(6000 - (kept.length - 1), 6000)].toSorted((a, b) => a - b));
      expect(kept.length).toBeLessThan(6001);
    });

    test("never fewer than min_keep", () => {
      const flat = new Array<number>(length).fill(0);
      const chain = [{ stage: "top_p", top_p: 0, top_p_ties: "highest", min_keep: 3 }];
      expect(keptOf(chain, flat)).toEqual([length - 3, length - 2, length - 1]);
    });

    test("the row is as it was for the next step", () => {
      const before = keptOf([{ stage: "top_p", top_p: 0.3 }]);
      keptOf([{ stage: "top_p", top_p: 0.3, top_p_ties: "highest" }]);
      expect(keptOf([{ stage: "top_p", top_p: 0.3 }])).toEqual(before);
    });
  });

  const entry = fc.record({
    stage: fc.constant("top_p"),
    top_p: stepsOf(0, 1),
    top_p_inclusive: fc.boolean(),
    top_p_crossing: fc.constantFrom("keep", "drop"),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "top_p", top_p: 1 }] });
  keepsRatios(entry);
});
