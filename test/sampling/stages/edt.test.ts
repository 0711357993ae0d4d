import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow, probabilitiesAfter } from "./rows.ts";

/* 1/2 1/4 1/8 1/8: H = 1.75 ln 2. With a base of 1/2 and θ = H, T = T₀ / 2, which squares the probabilities. */
describe("edt", () => {
  const row = [0.5, 0.25, 0.125, 0.125];
  const squared = [16 / 22, 4 / 22, 1 / 22, 1 / 22];
  const H = 1.75 * Math.LN2;
  test.each([
    [{ edt_theta: H, edt_base: 0.5 }, row, squared],
    [{ edt_theta: 2 * H, edt_base: 0.5, temperature: 2 }, row, squared],
    // θ = 0 and a base of 1 are the plain temperature
    [{ edt_theta: 0, temperature: 0.5 }, row, squared],
    [{ edt_theta: 9, edt_base: 1, temperature: 0.5 }, row, squared],
    [{ edt_theta: 1, temperature: 0 }, row, [1, 0, 0, 0]],
    [{ edt_theta: 1 }, [1], [1]],
    [{ edt_theta: 1 }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "edt", ...options }, after);
  });

  test("a model that is certain is greedy", () => {
    expect(probabilitiesAfter([2000, 0, 0], [{ stage: "edt", edt_theta: 1 }])).toEqual([1, 0, 0]);
  });

  test("in the short form it takes the temperature's place", () => {
    const stages = (options: object) => parseStepOptions(options).chain.map(({ stage }) => stage.name);
    expect(stages({ temperature: 0.8, edt_theta: 0.3, top_k: 5 })).toEqual(["edt", "top_k"]);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("edt"),
      temperature: stepsOf(0, 2),
      edt_theta: stepsOf(0, 2),
      edt_base: stepsOf(0.1, 1),
    }),
    neutral: [{ stage: "edt", edt_theta: 0 }],
  });
});
