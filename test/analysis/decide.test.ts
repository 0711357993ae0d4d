import { describe, expect, test } from "vitest";
import { checkThresholds, decide, logit } from "../../src/analysis/index.ts";

describe("one threshold", () => {
  test.each([
    ["at the threshold it fires", [0.05, 0.95], 0.95, 1],
    ["just below it abstains", [0.0500001, 0.9499999], 0.95, null],
    ["ties go to the lowest id", [0.5, 0.5], 0.5, 0],
    ["a threshold of 1 needs certainty", [1, 0], 1, 0],
  ])("%s", (_, probabilities, threshold, class_id) => {
    expect(decide(probabilities, threshold).class_id).toBe(class_id);
  });

  test("an abstention shows the likeliest class and what it lacked", () => {
    expect(decide([0.1, 0.7, 0.2], 0.95)).toEqual({
      class_id: null,
      probability: 0.7,
      threshold: 0.95,
      threshold_log_odds: logit(0.95),
    });
  });
});

describe("a threshold for each class", () => {
  test("a class with a low threshold fires although a likelier one does not reach its own", () => {
    const decision = decide([0.7, 0.3], [0.95, 0.2]);
    expect(decision.class_id).toBe(1);
    expect(decision.threshold).toBe(0.2);
  });

  test("of two that fire the likelier one is taken", () => {
    expect(decide([0.3, 0.7], [0.1, 0.1]).class_id).toBe(1);
  });
});

describe("thresholds that are none", () => {
  test.each([
    [0, "/threshold"],
    [1.5, "/threshold"],
    [Number.NaN, "/threshold"],
    [[0.5, -1], "/threshold/1"],
  ])("%j is a problem", (thresholds, pointer) => {
    expect(() => checkThresholds(thresholds, 2)).toThrow(
      expect.objectContaining({ code: "invalid_option", pointer }),
    );
  });

  test("one for every class or one for all", () => {
    expect(() => checkThresholds([0.5], 2)).toThrow(expect.objectContaining({ code: "length_mismatch" }));
  });
});
