import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { expectClose, probabilitiesAfter } from "./rows.ts";

const read = (encoder_repetition_penalty: number, encoder_input_ids: readonly number[]) => ({
  stage: "encoder_repetition_penalty",
  encoder_repetition_penalty,
  encoder_input_ids,
});

describe("encoder_repetition_penalty", () => {
  test.each([
    // positive scores are multiplied, others divided
    [2, [0, 1], [1, -1, 1], [2, -0.5, 1]],
    // applied once, however often a token occurs
    [2, [0, 0, 0], [1, -1, 1], [2, -1, 1]],
    [0.5, [0, 1], [1, -1, 1], [0.5, -2, 1]],
    [2, [1], [1, 0, 1], [1, 0, 1]],
  ])("r = %d after reading %j: scores %j become %j", (r, ids, before, after) => {
    expectBoth(before, read(r, ids), after);
  });

  test("what was generated does not count, only what was read", () => {
    expectBoth([1, 1], read(2, [0]), [2, 1], { history: [1, 1] });
  });

  test("a banned token stays banned", () => {
    const chain = [{ stage: "logit_bias", logit_bias: { 0: "-inf" } }, read(2, [0, 1])];
    expectClose(probabilitiesAfter([5, 0, 0], chain), [0, 0.5, 0.5]);
  });

  test.each([
    [{ encoder_repetition_penalty: 1.2, encoder_input_ids: [0, 3] }, "/encoder_input_ids/1"],
    [{ encoder_repetition_penalty: 1.2 }, "/encoder_input_ids"],
    [{ encoder_repetition_penalty: 0, encoder_input_ids: [0] }, "/encoder_repetition_penalty"],
    [{ encoder_repetition_penalty: 101, encoder_input_ids: [0] }, "/encoder_repetition_penalty"],
  ])("%j is refused at %s", (options, pointer) => {
    expect(problemOf(() => sample([1, 2, 3], options)).pointer).toBe(pointer);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("encoder_repetition_penalty"),
      encoder_repetition_penalty: stepsOf(0.5, 2),
      encoder_input_ids: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 8 }),
    }),
    neutral: [read(1, [0, 1]), read(2, [])],
    renamed: (entry, rename) => ({
      ...entry,
      encoder_input_ids: (entry["encoder_input_ids"] as number[]).map((id) => rename[id]!),
    }),
  });
});
