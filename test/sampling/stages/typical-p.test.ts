import fc from "fast-check";
import { describe, test } from "vitest";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

/*
 * 0.1 0.2 0.3 0.4: H = 0.230259 + 0.321888 + 0.361192 + 0.366516 = 1.279854
 * surprise 2.302585 1.609438 1.203973 0.916291, so |surprise − H| = 1.022731 0.329584 0.075881 0.363563:
 * the order is 0.3, 0.2, 0.4, 0.1.
 */
describe("typical_p", () => {
  test.each([
    [{ typical_p: 0.2 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 1, 0]],
    // 0.3 + 0.2; the most likely token is not kept
    [{ typical_p: 0.4 }, [0.1, 0.2, 0.3, 0.4], [0, 0.4, 0.6, 0]],
    [{ typical_p: 0.5 }, [0.1, 0.2, 0.3, 0.4], [0, 0.4, 0.6, 0]],
    [{ typical_p: 0.5, typical_p_inclusive: true }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ typical_p: 0.9 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ typical_p: 0.95 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [{ typical_p: 0 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 1, 0]],
    [{ typical_p: 0, min_keep: 3 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ typical_p: 0, min_keep: 7 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // all equally typical
    [{ typical_p: 0.5 }, [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]],
    [{ typical_p: 0.5, typical_p_ties: "keep" }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
    // H = 1.313774, surprise 1.203973 three times: the lower ids of the three, although the cut comes from above
    [{ typical_p: 0.5 }, [0.3, 0.1, 0.3, 0.3], [0.5, 0, 0.5, 0]],
    [{ typical_p: 0.5, typical_p_ties: "keep" }, [0.3, 0.1, 0.3, 0.3], [1 / 3, 0, 1 / 3, 1 / 3]],
    // H = 0.639032, surprises 0.223144 and 1.609438: the more likely token is nearer
    [{ typical_p: 0.1 }, [0.2, 0.8], [0, 1]],
    [{ typical_p: 0.1 }, [1], [1]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "typical_p", ...options }, after);
  });

  const entry = fc.record({
    stage: fc.constant("typical_p"),
    typical_p: stepsOf(0, 1),
    typical_p_inclusive: fc.boolean(),
    typical_p_ties: fc.constantFrom("cut", "keep"),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "typical_p", typical_p: 1 }] });
  keepsRatios(entry);
});
