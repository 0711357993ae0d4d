import fc from "fast-check";
import { describe, test } from "vitest";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

describe("top_a", () => {
  test.each([
    // 0.5 · 0.4² = 0.08
    [{ top_a: 0.5 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // 1 · 0.4² = 0.16
    [{ top_a: 1 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    // 1 · 0.5² = 0.25: a token exactly at the bound stays
    [{ top_a: 1 }, [0.5, 0.25, 0.25], [0.5, 0.25, 0.25]],
    // 0.3125 · 0.8² = 0.2 and 0.32 · 0.8² = 0.2048
    [{ top_a: 0.3125 }, [0.8, 0.2], [0.8, 0.2]],
    [{ top_a: 0.32 }, [0.8, 0.2], [1, 0]],
    [{ top_a: 0.32, min_keep: 2 }, [0.8, 0.2], [0.8, 0.2]],
    [{ top_a: 0 }, [0.8, 0.2], [0.8, 0.2]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "top_a", ...options }, after);
  });

  const entry = fc.record({
    stage: fc.constant("top_a"),
    top_a: stepsOf(0, 1),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "top_a", top_a: 0 }] });
  keepsRatios(entry);
});
