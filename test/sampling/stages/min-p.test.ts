import fc from "fast-check";
import { describe, test } from "vitest";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

describe("min_p", () => {
  test.each([
    // 0.5 · 0.4 = 0.2, and a token of exactly 0.2 stays
    [{ min_p: 0.5 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    // 0.25 · 0.4 = 0.1
    [{ min_p: 0.25 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [{ min_p: 0.26 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ min_p: 0 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [{ min_p: 1 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    // 1 keeps every token as likely as the best
    [{ min_p: 1 }, [0.4, 0.2, 0.4], [0.5, 0, 0.5]],
    [{ min_p: 1, min_keep: 2 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    // 0.02 · 0.85 = 0.017 exactly; its logits are rounded to float32
    [{ min_p: 0.02 }, [0.85, 0.017, 0.133], [0.85, 0.017, 0.133]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "min_p", ...options }, after);
  });

  const entry = fc.record({
    stage: fc.constant("min_p"),
    min_p: stepsOf(0, 1),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "min_p", min_p: 0 }] });
  keepsRatios(entry);
});
