import fc from "fast-check";
import { describe, test } from "vitest";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

describe("top_p", () => {
  test.each([
    // 0.4, then 0.7 is reached exactly: 0.2 stays out, or comes in with SGLang's rule
    [{ top_p: 0.7 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    [{ top_p: 0.7, top_p_inclusive: true }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ top_p: 0.71 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ top_p: 0.9 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ top_p: 0 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    [{ top_p: 1 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // equal probabilities: 0.25 + 0.25 reaches 0.5 with the two lower ids
    [{ top_p: 0.5 }, [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]],
    [{ top_p: 0.5, top_p_ties: "keep" }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
    [{ top_p: 0.1, min_keep: 3 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ top_p: 0.1, min_keep: 9 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // ExLlamaV3: 0.4 + 0.3 passes 0.6, so 0.3 goes; 0.7 is not passed by it; 0.2 would pass 0.8
    [{ top_p: 0.6, top_p_crossing: "drop" }, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    [{ top_p: 0.7, top_p_crossing: "drop" }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    [{ top_p: 0.8, top_p_crossing: "drop" }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    // the most likely stays, whatever it has
    [{ top_p: 0.3, top_p_crossing: "drop" }, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    [{ top_p: 0, top_p_crossing: "drop" }, [0.4, 0.2, 0.4], [0.5, 0, 0.5]],
    // 0.4 + 0.2 is within 0.7, the second 0.2 is not, and those that tie go with it
    [{ top_p: 0.7, top_p_crossing: "drop" }, [0.2, 0.4, 0.2, 0.2], [0, 1, 0, 0]],
    [{ top_p: 0.7, top_p_crossing: "drop", min_keep: 2 }, [0.2, 0.4, 0.2, 0.2], [1 / 3, 2 / 3, 0, 0]],
    [{ top_p: 0.999, top_p_crossing: "drop" }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "top_p", ...options }, after);
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
