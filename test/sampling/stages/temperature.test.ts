import { describe, expect, test } from "vitest";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow, probabilitiesAfter } from "./rows.ts";

describe("temperature", () => {
  test.each([
    // pᵢ^(1/T), normalised: 0.01 0.04 0.09 0.16 over 0.3
    [0.5, [0.1, 0.2, 0.3, 0.4], [1 / 30, 4 / 30, 9 / 30, 16 / 30]],
    // square roots: 0.8 and 0.6 over 1.4
    [2, [0.64, 0.36], [4 / 7, 3 / 7]],
    [1, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // 0 takes the most likely, the lowest id among equals
    [0, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    [0, [0.2, 0.4, 0.4], [0, 1, 0]],
    [1000, [0.5, 0.5], [0.5, 0.5]],
  ])("%d on %j gives %j", (temperature, before, after) => {
    expectRow(before, { stage: "temperature", temperature }, after);
  });

  test.each([
    // vLLM's floor of 0.5 here: 0.1 is raised to it, 0.5 and above are unchanged, 0 is greedy
    [{ temperature: 0.1, temperature_floor: 0.5 }, [1 / 30, 4 / 30, 9 / 30, 16 / 30]],
    [{ temperature: 0.5, temperature_floor: 0.5 }, [1 / 30, 4 / 30, 9 / 30, 16 / 30]],
    [{ temperature: 1, temperature_floor: 0.5 }, [0.1, 0.2, 0.3, 0.4]],
    [{ temperature: 0, temperature_floor: 0.5 }, [0, 0, 0, 1]],
    // SGLang's bound: a temperature below it is greedy, one at it is not
    [{ temperature: 0.49, temperature_greedy_below: 0.5 }, [0, 0, 0, 1]],
    [{ temperature: 0.5, temperature_greedy_below: 0.5 }, [1 / 30, 4 / 30, 9 / 30, 16 / 30]],
  ])("%j", (options, after) => {
    expectRow([0.1, 0.2, 0.3, 0.4], { stage: "temperature", ...options }, after);
  });

  test("a very low temperature shares the probability among the best", () => {
    expect(probabilitiesAfter([3, 1, 3], [{ stage: "temperature", temperature: 1e-9 }])).toEqual(
      [0.5, 0, 0.5].map((p) => expect.closeTo(p, 9)),
    );
  });

  test.each([1e-300, 1e-310, 5e-324])("however low it is: %d", (temperature) => {
    const chain = [{ stage: "temperature", temperature }];
    expect(probabilitiesAfter([2.5, -1, 2.4, 2.5], chain)).toEqual([0.5, 0, 0, 0.5]);
    expect(probabilitiesAfter([-2.5, -9, -2.6, -2.5], chain)).toEqual([0.5, 0, 0, 0.5]);
    expect(probabilitiesAfter([-3e38, 3e38, 2e38], [...chain, ...chain])).toEqual([0, 1, 0]);
    const long = new Array<number>(1000).fill(1).fill(7, 500, 501);
    const cut = [...chain, ...chain, { stage: "top_p", top_p: 0.9 }];
    expect(probabilitiesAfter(long, cut).filter((p) => p > 0)).toEqual([1]);
  });

  test("two temperatures multiply", () => {
    const logits = [1, 2, 3];
    const twice = probabilitiesAfter(logits, [
      { stage: "temperature", temperature: 0.5 },
      { stage: "temperature", temperature: 3 },
    ]);
    const once = probabilitiesAfter(logits, [{ stage: "temperature", temperature: 1.5 }]);
    for (const [id, p] of once.entries()) expect(twice[id]).toBeCloseTo(p, 9);
  });

  obeysTheLaws({
    entry: stepsOf(0, 4).map((temperature) => ({ stage: "temperature", temperature })),
    neutral: [{ stage: "temperature", temperature: 1 }],
  });
});
