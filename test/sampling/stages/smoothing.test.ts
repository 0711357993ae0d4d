import fc from "fast-check";
import { describe, test } from "vitest";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { expectScores } from "./rows.ts";

describe("smoothing", () => {
  test.each([
    // curve 1: 0 − f·d², d = 0 −1 −2
    [{ smoothing_factor: 1 }, [0, -1, -2], [0, -1, -4]],
    [{ smoothing_factor: 0.5 }, [0, -1, -2], [0, -0.5, -2]],
    // distances are measured from the largest score, at any position
    [{ smoothing_factor: 0.5 }, [5, 3, 4], [5, 3, 4.5]],
    // curve 3: f·d³
    [{ smoothing_factor: 0.5, smoothing_curve: 3 }, [0, -1, -2], [0, -0.5, -4]],
    // curve 2: −½·d² + ½·d³, −0.5 − 0.5 and −2 − 4
    [{ smoothing_factor: 1, smoothing_curve: 2 }, [0, -1, -2], [0, -1, -6]],
    // curve 5: +d² + 2·d³ at d = −0.25 is 0.0625 − 0.03125: it overtakes the largest
    [{ smoothing_factor: 1, smoothing_curve: 5 }, [0, -0.25], [0, 0.03125]],
    [{ smoothing_factor: 0 }, [0, -1, -2], [0, -1, -2]],
    [{ smoothing_factor: 2 }, [3], [3]],
  ])("%j turns the scores %j into %j", (options, logits, scores) => {
    expectScores(logits, { stage: "smoothing", ...options }, scores);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("smoothing"),
      smoothing_factor: stepsOf(0, 1),
      smoothing_curve: stepsOf(1, 3),
    }),
    neutral: [{ stage: "smoothing", smoothing_factor: 0, smoothing_curve: 2 }],
  });
});
