import fc from "fast-check";
import { describe, test } from "vitest";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

/*
 * ranked 0.5 0.25 0.15 0.1: first differences 0.25 0.1 0.05, second 0.15 0.05, shares 0.75 0.25.
 * ranked 0.4 0.3 0.15 0.1 0.05: first 0.1 0.15 0.05 0.05, second 0.05 0.1 0, shares 1/3 2/3 0.
 */
describe("tfs", () => {
  test.each([
    // 0.75 > 0.5 at once: only the first is left
    [{ tfs: 0.5 }, [0.1, 0.5, 0.15, 0.25], [0, 1, 0, 0]],
    // 0.75 stays within z, 1 does not: the second token is the centre of the bend
    [{ tfs: 0.8 }, [0.1, 0.5, 0.15, 0.25], [0, 2 / 3, 0, 1 / 3]],
    // exactly z is still within
    [{ tfs: 0.75 }, [0.1, 0.5, 0.15, 0.25], [0, 2 / 3, 0, 1 / 3]],
    [{ tfs: 0.8, tfs_edge: "before" }, [0.1, 0.5, 0.15, 0.25], [0, 1, 0, 0]],
    [{ tfs: 0.3 }, [0.4, 0.3, 0.15, 0.1, 0.05], [1, 0, 0, 0, 0]],
    [{ tfs: 0.9 }, [0.4, 0.3, 0.15, 0.1, 0.05], [4 / 7, 3 / 7, 0, 0, 0]],
    [{ tfs: 0.9, min_keep: 4 }, [0.4, 0.3, 0.15, 0.1, 0.05], [8 / 19, 6 / 19, 3 / 19, 2 / 19, 0]],
    [{ tfs: 1 }, [0.4, 0.3, 0.15, 0.1, 0.05], [0.4, 0.3, 0.15, 0.1, 0.05]],
    // no bend: only the last token is removed
    [{ tfs: 0.5 }, [0.25, 0.25, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3, 0]],
    // koboldcpp then treats the two differences as equal: 1/2 is within 0.5, 1 is not
    [{ tfs: 0.5, tfs_edge: "before" }, [0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]],
    [{ tfs: 0.7, tfs_edge: "before" }, [0.2, 0.2, 0.2, 0.2, 0.2], [0.5, 0.5, 0, 0, 0]],
    [{ tfs: 0.99999999, tfs_edge: "before" }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
    // two tokens have no second difference
    [{ tfs: 0 }, [0.9, 0.1], [0.9, 0.1]],
    [{ tfs: 0 }, [0.5, 0.3, 0.2], [1, 0, 0]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "tfs", ...options }, after);
  });

  const entry = fc.record({
    stage: fc.constant("tfs"),
    tfs: stepsOf(0, 1),
    tfs_edge: fc.constantFrom("centre", "before"),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "tfs", tfs: 1 }] });
  keepsRatios(entry);
});
