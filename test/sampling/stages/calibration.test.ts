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

  obeysTheLaws({
    entry: stepsOf(0.5, 4).map((temperature) => ({ stage: "calibration", calibration: by(temperature) })),
    neutral: [{ stage: "calibration", calibration: by(1) }],
  });
});
