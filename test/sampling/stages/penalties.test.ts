/** The three penalties over the tokens of the history, their windows and scopes. */
import fc from "fast-check";
import { describe, test } from "vitest";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { type Entry, expectClose, expectRow, expectScores, probabilitiesAfter } from "./rows.ts";

const LN2 = Math.LN2;
const LN4 = 2 * LN2;

describe("repetition_penalty", () => {
  test.each([
    // positive scores are divided, others multiplied: ln 4 → ln 2, −ln 2 → −ln 4
    [{ history: [0, 1] }, [LN4, -LN2, LN2], [LN2, -LN4, LN2]],
    // once for each distinct token, however often it occurred
    [{ history: [0, 0, 0] }, [LN4, -LN2, LN2], [LN2, -LN2, LN2]],
    // the prompt counts too
    [{ history: [0, 1], prompt_length: 2 }, [LN4, -LN2, LN2], [LN2, -LN4, LN2]],
    // 0 is multiplied, so it stays
    [{ history: [1] }, [LN4, 0, LN2], [LN4, 0, LN2]],
    [{ history: [] }, [LN4, -LN2, LN2], [LN4, -LN2, LN2]],
  ])("r = 2 after %j: scores %j become %j", (sequence, before, after) => {
    expectScores(before, { stage: "repetition_penalty", repetition_penalty: 2 }, after, sequence);
  });

  test("r below 1 makes seen tokens likelier", () => {
    const entry = { stage: "repetition_penalty", repetition_penalty: 0.5 };
    expectScores([LN2, LN4], entry, [LN4, LN4], { history: [0] });
  });

  test.each([
    // L = ln 4: ln 2 is ln 2 below it, and twice that afterwards
    [[0, LN2, 0], [1], [0, 0, 0]],
    // all logits moved by 5: the same
    [[5, 5 + LN2, 5], [1], [0, 0, 0]],
    // moved below 0, where the plain rule multiplies: still the same
    [[-5, -5 + LN2, -5], [1], [0, 0, 0]],
    // ln 1 lies 2 ln 2 below: 4 ln 2 after, which leaves a quarter of it
    [[0, LN2, 0], [0], [-LN4, LN2, 0]],
  ])("normalised, r = 2: scores %j after %j become %j, up to a constant", (before, history, after) => {
    const entry = { stage: "repetition_penalty", repetition_penalty: 2, repetition_penalty_normalize: true };
    expectScores(before, entry, after, { history });
  });

  test("a single token left is as likely as before, normalised or not", () => {
    const entry = { stage: "repetition_penalty", repetition_penalty: 2, repetition_penalty_normalize: true };
    expectScores([3], entry, [3], { history: [0] });
  });

  test("fading, the step towards the new score is as long as the weight", () => {
    // ln 4 → ln 2 in full; the token before it weighs 1 − 1/2, so −ln 2 goes half the way to −ln 4
    const entry = {
      stage: "repetition_penalty",
      repetition_penalty: 2,
      penalty_last_n: 1,
      penalty_decay_range: 2,
    };
    expectScores([LN4, -LN2, LN2], entry, [LN2, -1.5 * LN2, LN2], { history: [1, 0] });
  });

  test("a token that was banned before stays banned, fading or normalised", () => {
    const ban = { stage: "logit_bias", logit_bias: { 0: "-inf" } };
    const entry = {
      stage: "repetition_penalty",
      repetition_penalty: 2,
      penalty_last_n: 1,
      penalty_decay_range: 9,
    };
    for (const each of [entry, { ...entry, repetition_penalty_normalize: true }])
      expectClose(probabilitiesAfter([LN4, 0, 0], [ban, each], { history: [0] }), [0, 0.5, 0.5]);
  });

  penaltyLaws("repetition_penalty", stepsOf(0.5, 2), 1);
});

describe("presence_penalty", () => {
  test.each([
    // ln 2 halves the weight of each token seen: 4 2 1 → 2 1 1
    [{ history: [0, 0, 1] }, [4 / 7, 2 / 7, 1 / 7], [2 / 4, 1 / 4, 1 / 4]],
    // by default only generated tokens count: 4 2 1 → 4 1 1
    [{ history: [0, 0, 1], prompt_length: 2 }, [4 / 7, 2 / 7, 1 / 7], [4 / 6, 1 / 6, 1 / 6]],
    [{ history: [0, 1], prompt_length: 2 }, [4 / 7, 2 / 7, 1 / 7], [4 / 7, 2 / 7, 1 / 7]],
  ])("q = ln 2 after %j: %j becomes %j", (sequence, before, after) => {
    expectRow(before, { stage: "presence_penalty", presence_penalty: LN2 }, after, sequence);
  });

  penaltyLaws("presence_penalty", stepsOf(-2, 2), 0);
});

describe("frequency_penalty", () => {
  test.each([
    // ln 2 halves the weight for every occurrence: 4 2 1 → 1 1 1
    [{ history: [0, 1, 0] }, [4 / 7, 2 / 7, 1 / 7], [1 / 3, 1 / 3, 1 / 3]],
    // only the generated ones: 4 2 1 → 2 1 1
    [{ history: [0, 1, 0], prompt_length: 1 }, [4 / 7, 2 / 7, 1 / 7], [2 / 4, 1 / 4, 1 / 4]],
  ])("f = ln 2 after %j: %j becomes %j", (sequence, before, after) => {
    expectRow(before, { stage: "frequency_penalty", frequency_penalty: LN2 }, after, sequence);
  });

  penaltyLaws("frequency_penalty", stepsOf(-2, 2), 0);
});

describe("the window and the scope of a penalty", () => {
  const history = [0, 1, 1, 2];
  test.each([
    // weights 1 1 1 1; every token in the counted part of the history is halved
    [{}, [1, 1, 1, 1].map((w, id) => (id < 3 ? w / 2 : w)), 0],
    [{ penalty_last_n: 1 }, [1, 1, 0.5, 1], 0],
    [{ penalty_last_n: 3 }, [1, 0.5, 0.5, 1], 0],
    [{ penalty_last_n: 0 }, [1, 1, 1, 1], 0],
    [{ penalty_scope: "generated" }, [1, 1, 0.5, 1], 3],
    [{ penalty_scope: "history" }, [0.5, 0.5, 0.5, 1], 3],
    // a window never extends beyond the scope
    [{ penalty_scope: "generated", penalty_last_n: 4 }, [1, 1, 0.5, 1], 3],
    [{ penalty_scope: "generated", penalty_last_n: 1 }, [1, 1, 0.5, 1], 2],
  ])("%j halves to %j (prompt of %d)", (options, weights, prompt_length) => {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    expectRow(
      [0.25, 0.25, 0.25, 0.25],
      { stage: "presence_penalty", presence_penalty: LN2, ...options },
      weights.map((weight) => weight / sum),
      { history, prompt_length },
    );
  });
});

describe("a penalty that fades", () => {
  // ages from the end: 3 has 1, 2 has 2, 1 has 3 and 5, 0 has 4
  const history = [1, 0, 1, 2, 3];
  test.each([
    // after the last two: 1 − 1/4 at an age of 3, 1 − 2/4 at 4, 1 − 3/4 at 5
    [{ penalty_last_n: 2, penalty_decay_range: 4 }, [0.5, 0.75, 1, 1], [0.5, 1, 1, 1], 0],
    // nothing counts in full
    [{ penalty_last_n: 0, penalty_decay_range: 4 }, [0, 0.25, 0.5, 0.75], [0, 0.25, 0.5, 0.75], 0],
    // just long enough to reach the token before the last two, and just too short
    [{ penalty_last_n: 2, penalty_decay_range: 2 }, [0, 0.5, 1, 1], [0, 0.5, 1, 1], 0],
    [{ penalty_last_n: 2, penalty_decay_range: 1 }, [0, 0, 1, 1], [0, 0, 1, 1], 0],
    [{ penalty_last_n: 2, penalty_decay_range: 0 }, [0, 0, 1, 1], [0, 0, 1, 1], 0],
    // all tokens count in full: none is left to fade
    [{ penalty_last_n: -1, penalty_decay_range: 4 }, [1, 1, 1, 1], [1, 2, 1, 1], 0],
    // never past the scope
    [
      { penalty_last_n: 1, penalty_decay_range: 9, penalty_scope: "generated" },
      [0, 0, 8 / 9, 1],
      [0, 0, 8 / 9, 1],
      3,
    ],
  ])("with %j weighs %j, and %j added up (prompt of %d)", (options, presence, frequency, prompt_length) => {
    const sequence = { history, prompt_length };
    const rest = { penalty_scope: "history", ...options };
    expectScores(
      [0, 0, 0, 0],
      { stage: "presence_penalty", presence_penalty: 2, ...rest },
      presence.map((weight) => -2 * weight),
      sequence,
    );
    expectScores(
      [0, 0, 0, 0],
      { stage: "frequency_penalty", frequency_penalty: 2, ...rest },
      frequency.map((weight) => -2 * weight),
      sequence,
    );
  });
});

function penaltyLaws(stage: string, strength: fc.Arbitrary<number>, off: number): void {
  const entry: fc.Arbitrary<Entry> = fc
    .tuple(
      strength,
      fc.integer({ min: -1, max: 6 }),
      fc.constantFrom(0, 1, 5),
      fc.constantFrom("history", "generated"),
    )
    .map(([size, penalty_last_n, penalty_decay_range, penalty_scope]) => ({
      stage,
      [stage]: size,
      penalty_last_n,
      penalty_decay_range,
      penalty_scope,
    }));
  obeysTheLaws({
    entry,
    neutral: [
      { stage, [stage]: off },
      { stage, [stage]: 1.5, penalty_last_n: 0 },
      { stage, [stage]: 1.5, penalty_last_n: 0, penalty_decay_range: 1 },
    ],
  });
}
