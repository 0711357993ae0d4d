import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { PRESETS } from "../../../src/sampling/presets/index.ts";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow, probabilitiesAfter } from "./rows.ts";

const by = (temperature: number) => ({ method: "temperature_scaling", temperature });

describe("calibration", () => {
  test.each([
    // square roots: 0.8 and 0.6 over 1.4
    [2, [0.64, 0.36], [4 / 7, 3 / 7]],
    [0.5, [0.1, 0.2, 0.3, 0.4], [1 / 30, 4 / 30, 9 / 30, 16 / 30]],
    [1, [0.1, 0.9], [0.1, 0.9]],
  ])("temperature %d on %j gives %j", (temperature, before, after) => {
    expectRow(before, { stage: "calibration", calibration: by(temperature) }, after);
  });

  test("it stands before everything else, in every preset", () => {
    for (const { name } of PRESETS) {
      const { chain } = parseStepOptions({ preset: name, calibration: by(2.4), temperature: 0.7 });
      expect(chain[0]?.stage.name, name).toBe("calibration");
    }
  });

  test("it and temperature multiply, and top_p sees the calibrated probabilities", () => {
    const logits = [4, 2, 0];
    const both = probabilitiesAfter(logits, [
      { stage: "calibration", calibration: by(2) },
      { stage: "temperature", temperature: 1.5 },
    ]);
    const once = probabilitiesAfter(logits, [{ stage: "temperature", temperature: 3 }]);
    for (const [id, p] of once.entries()) expect(both[id]).toBeCloseTo(p, 9);
    // 4, 2, 0 leave 87 % to the first token, halved logits 67 %
    const kept = probabilitiesAfter(logits, [
      { stage: "calibration", calibration: by(2) },
      { stage: "top_p", top_p: 0.8 },
    ]);
    expect(kept[1]).toBeGreaterThan(0);
    expect(probabilitiesAfter(logits, [{ stage: "top_p", top_p: 0.8 }])[1]).toBe(0);
  });

  test.each([
    [{ temperature: 2 }, "/calibration/method"],
    [by(0), "/calibration/temperature"],
    [{ ...by(2), ece: 0.02 }, "/calibration/ece"],
  ])("%j is no calibration", (calibration, pointer) => {
    expect(() => parseStepOptions({ calibration })).toThrow(expect.objectContaining({ pointer }));
  });

  describe("with a weight and a bias a class", () => {
    const vector = { method: "vector_scaling", weights: [2, 1, 0.5], biases: [0, 0.5, -1] };
    const biased = { method: "bias_scaling", temperature: 2, biases: [0, 0.5, -1] };

    test.each([
      [vector, [2, 2.5, -1.5]],
      [biased, [0.5, 1.5, -1.5]],
    ])("%j gives these scores of 1, 2, -1", (calibration, scores) => {
      const weights = scores.map((score) => Math.exp(score));
      const sum = weights.reduce((all, weight) => all + weight, 0);
      const after = probabilitiesAfter([1, 2, -1], [{ stage: "calibration", calibration }]);
      for (const [id, weight] of weights.entries()) expect(after[id]).toBeCloseTo(weight / sum, 12);
    });

    test("a masked token stays masked", () => {
      const negative = { ...vector, weights: [2, 1, -3] };
      const logits = [1, 2, Number.NEGATIVE_INFINITY];
      const after = probabilitiesAfter(logits, [{ stage: "calibration", calibration: negative }]);
      expect(after[2]).toBe(0);
    });

    test("rows of other lengths are refused", () => {
      expect(() => probabilitiesAfter([1, 2], [{ stage: "calibration", calibration: vector }])).toThrow(
        "as many classes as the row has, 2, got 3",
      );
    });

    test("greedy decoding runs it, and skips one temperature", () => {
      const skips = (calibration: object) =>
        parseStepOptions({ calibration, temperature: 0 }).chain.find(
          ({ stage }) => stage.name === "calibration",
        )?.skipped;
      expect(skips(by(2))).toBe("greedy");
      expect(skips(vector)).toBeUndefined();
    });

    test.each([
      [{ method: "vector_scaling", biases: [1, 2] }, "/calibration/weights", "weights and biases"],
      [{ ...by(2), biases: [1, 2] }, "/calibration/biases", "temperature_scaling must have temperature"],
      [{ ...vector, temperature: 2 }, "/calibration/temperature", "and nothing else"],
      [{ ...vector, weights: [1, 2] }, "/calibration/biases", "as many numbers as weights, 2, got 3"],
      [{ ...vector, biases: [1, 2, "x"] }, "/calibration/biases/2", "must be a number"],
    ])("%j is no calibration", (calibration, pointer, sentence) => {
      const message = expect.stringContaining(sentence);
      expect(() => parseStepOptions({ calibration })).toThrow(expect.objectContaining({ pointer, message }));
    });
  });

  obeysTheLaws({
    entry: stepsOf(0.5, 4).map((temperature) => ({ stage: "calibration", calibration: by(temperature) })),
    neutral: [
      { stage: "calibration", calibration: by(1) },
      { stage: "calibration", calibration: { method: "bias_scaling", temperature: 1, biases: [0, 0] } },
    ],
  });
});
