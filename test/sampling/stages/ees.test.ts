import fc from "fast-check";
import { describe, test } from "vitest";
import { keepsRatios, obeysTheLaws } from "./properties.ts";
import { expectRow } from "./rows.ts";

/*
 * 0.5 0.3 0.2: over the first two H/ln 2 = 0.954 >= 0.8; over all three H/ln 3 = 0.937 < 1: two stay.
 * 0.7 0.2 0.1: over the first two H/ln 2 = 0.764 < 0.9: one stays.
 */
describe("ees", () => {
  test.each([
    [{ ees: true }, [0.2, 0.5, 0.3], [0, 0.625, 0.375]],
    [{ ees: true }, [0.7, 0.2, 0.1], [1, 0, 0]],
    // equal probabilities have the largest evenness: all stay
    [{ ees: true }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
    [{ ees: true }, [1], [1]],
    // 0.4 0.3: 0.985 >= 0.7; with 0.2: 0.965 >= 0.9; with 0.1: 0.923 < 1: three stay
    [{ ees: true }, [0.4, 0.3, 0.2, 0.1], [4 / 9, 3 / 9, 2 / 9, 0]],
    [{ ees: true, min_keep: 3 }, [0.7, 0.2, 0.1], [0.7, 0.2, 0.1]],
    [{ ees: false }, [0.7, 0.2, 0.1], [0.7, 0.2, 0.1]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "ees", ...options }, after);
  });

  const entry = fc.record({
    stage: fc.constant("ees"),
    ees: fc.boolean(),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "ees", ees: false }] });
  keepsRatios(entry);
});
