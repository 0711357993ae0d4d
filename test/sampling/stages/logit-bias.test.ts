import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { expectClose, expectRow, probabilitiesAfter } from "./rows.ts";

describe("logit_bias", () => {
  test.each([
    // ln 2 doubles the weight: 0.5 and 0.75 over 1.25
    [{ 0: Math.LN2 }, [0.25, 0.75], [0.4, 0.6]],
    [{ 0: -Math.LN2, 1: -Math.LN2 }, [0.25, 0.75], [0.25, 0.75]],
    [{ 1: "-inf" }, [0.25, 0.5, 0.25], [0.5, 0, 0.5]],
    [{ 1: null }, [0.25, 0.5, 0.25], [0.5, 0, 0.5]],
    [{}, [0.25, 0.75], [0.25, 0.75]],
  ])("%j on %j gives %j", (logit_bias, before, after) => {
    expectRow(before, { stage: "logit_bias", logit_bias }, after);
  });

  test("a banned token stays banned whatever is added later", () => {
    const left = probabilitiesAfter(
      [0, 0, 0],
      [
        { stage: "logit_bias", logit_bias: { 1: "-inf" } },
        { stage: "logit_bias", logit_bias: { 1: 100 } },
      ],
    );
    expectClose(left, [0.5, 0, 0.5]);
  });

  test("a chain that bans every token names the stage that banned the last", () => {
    const chain = [
      { stage: "logit_bias", logit_bias: { 0: "-inf" } },
      { stage: "temperature", temperature: 0.5 },
      { stage: "logit_bias", logit_bias: { 1: "-inf" } },
    ];
    expect(() => probabilitiesAfter([0, 1], chain)).toThrow(/logit_bias masked the last one/);
  });

  test("an id outside the vocabulary is an error that names it", () => {
    expect(() => probabilitiesAfter([0, 1], [{ stage: "logit_bias", logit_bias: { 2: 1 } }])).toThrow(
      "token ids must be below 2, got 2",
    );
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("logit_bias"),
      logit_bias: fc.dictionary(
        fc.constantFrom("0", "1", "2"),
        fc.oneof(stepsOf(-5, 5), fc.constant("-inf")),
      ),
    }),
    neutral: [{ stage: "logit_bias", logit_bias: {} }],
    renamed: (entry, rename) => {
      const given = Object.entries(entry["logit_bias"] as Record<string, unknown>);
      return {
        ...entry,
        logit_bias: Object.fromEntries(given.map(([id, bias]) => [rename[Number(id)], bias])),
      };
    },
  });
});
