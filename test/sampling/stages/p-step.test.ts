import fc from "fast-check";
import { describe, test } from "vitest";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

describe("p_step", () => {
  test.each([
    // 0.2 is half of 0.4, 0.05 a quarter of 0.2
    [{ p_step: 0.4 }, [0.35, 0.4, 0.2, 0.05], [7 / 19, 8 / 19, 4 / 19, 0]],
    // a token exactly at the step stays
    [{ p_step: 0.5 }, [0.4, 0.4, 0.2], [0.4, 0.4, 0.2]],
    [{ p_step: 0.51 }, [0.4, 0.4, 0.2], [0.5, 0.5, 0]],
    // all tokens after a step are removed, however even they are
    [{ p_step: 0.9 }, [0.6, 0.2, 0.2], [1, 0, 0]],
    [{ p_step: 1 }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
    [{ p_step: 0.9, min_keep: 2 }, [0.6, 0.2, 0.2], [0.75, 0.25, 0]],
    [{ p_step: 0 }, [0.99, 0.01], [0.99, 0.01]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "p_step", ...options }, after);
  });

  const entry = fc.record({
    stage: fc.constant("p_step"),
    p_step: stepsOf(0, 1),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "p_step", p_step: 0 }] });
  keepsRatios(entry);
});
