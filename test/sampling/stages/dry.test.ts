import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { type Entry, probabilitiesAfter, softmax } from "./rows.ts";

const [A, B, C, D] = [0, 1, 2, 3] as const;
const FLAT = [0, 0, 0, 0];

const dry = (options: Readonly<Record<string, unknown>> = {}) => ({
  stage: "dry",
  dry_multiplier: 1,
  dry_base: 2,
  dry_allowed_length: 1,
  ...options,
});

describe("dry", () => {
  test.each([
    // "a b c" stood before d: d would continue a run of 3. 1 · 2^(3 − 1) = 4
    ["a b c d a b c", [A, B, C, D, A, B, C], {}, [0, 0, 0, -4]],
    // b continues "c", a run of 1 (2^0 = 1); a continues "a b c", a run of 3 (2^2 = 4)
    ["c b a b c a b c", [C, B, A, B, C, A, B, C], {}, [-4, -1, 0, 0]],
    // runs of less than the allowed length are free
    ["c b a b c a b c", [C, B, A, B, C, A, B, C], { dry_allowed_length: 2 }, [-2, 0, 0, 0]],
    ["c b a b c a b c", [C, B, A, B, C, A, B, C], { dry_allowed_length: 3 }, [-1, 0, 0, 0]],
    // 0.5 · 3^(3 − 1) = 4.5
    ["a b c d a b c", [A, B, C, D, A, B, C], { dry_multiplier: 0.5, dry_base: 3 }, [0, 0, 0, -4.5]],
    // the last 5 are "c d a b c": only "c" is a run, of 1
    ["a b c d a b c", [A, B, C, D, A, B, C], { dry_penalty_last_n: 5 }, [0, 0, 0, -1]],
    ["a b c d a b c", [A, B, C, D, A, B, C], { dry_penalty_last_n: 4 }, [0, 0, 0, 0]],
    // d continues two runs, "c" and "b c"; the longer counts: 2^(2 − 1)
    ["c d b c d a b c", [C, D, B, C, D, A, B, C], {}, [0, 0, 0, -2]],
    // a run may overlap with itself: in "a a a a" a run of 3 a's is continued by an a: 2^(3 − 1) = 4
    ["a a a a", [A, A, A, A], {}, [-4, 0, 0, 0]],
    ["nothing", [], {}, [0, 0, 0, 0]],
    ["one token", [A], {}, [0, 0, 0, 0]],
    ["no repeat", [A, B, C, D], {}, [0, 0, 0, 0]],
    // with an allowed length of 0 every token but the very first continues a run of at least 0: 2^0 and 2^(1 − 0)
    ["b a c a", [B, A, C, A], { dry_allowed_length: 0 }, [-1, 0, -2, 0]],
  ])("behind %s (%j) with %j takes %j", (_, history, options, taken) => {
    expectBoth(FLAT, dry(options), taken, { history });
  });

  describe("sequence breakers", () => {
    const HISTORY = [A, B, C, D, A, B, C];

    test.each([
      // the breaker after b splits "a b c": only "c" remains, 2^(1 − 1) = 1
      ["a token of the run", [[B]], [0, 0, 0, -1]],
      ["its last token", [[C]], [0, 0, 0, 0]],
      ["two tokens of it", [[A, B]], [0, 0, 0, -1]],
      ["the longer of two that begin together", [[A], [A, B]], [0, 0, 0, -1]],
      // a breaker before the run leaves it whole
      ["a token before it", [[D, A]], [0, 0, 0, -2]],
      ["a sequence that does not occur", [[A, C]], [0, 0, 0, -4]],
      ["a sequence that would only be complete with the next token", [[C, D]], [0, 0, 0, -4]],
      ["none", [], [0, 0, 0, -4]],
    ])("%s (%j): takes %j", (_, dry_sequence_breakers, taken) => {
      expectBoth(FLAT, dry({ dry_sequence_breakers }), taken, { history: HISTORY });
    });

    test("a token that is a breaker by itself is never penalised", () => {
      // d ends no run here, but it would continue a run of 3
      expectBoth(FLAT, dry({ dry_sequence_breakers: [[D]] }), [0, 0, 0, 0], { history: HISTORY });
    });

    describe("as koboldcpp has them", () => {
      const cut = (dry_sequence_breakers: readonly number[][], extra = {}) =>
        dry({ dry_sequence_breakers, dry_breaker_rule: "cut", ...extra });

      test("a token that is a breaker by itself is penalised like any other", () => {
        // the breaker d stands 3 before the end: the run "a b c" is whole, 2^(3 − 1) = 4
        expectBoth(FLAT, cut([[D]]), [0, 0, 0, -4], { history: HISTORY });
      });

      test("just dry_allowed_length tokens behind a breaker are free, one more is not", () => {
        expectBoth(FLAT, cut([[B]]), [0, 0, 0, 0], { history: HISTORY });
        expectBoth(FLAT, cut([[A]]), [0, 0, 0, -2], { history: HISTORY });
        expectBoth(FLAT, cut([[B]], { dry_allowed_length: 0 }), [-1, -1, -1, -2], { history: HISTORY });
      });
    });

    test.each([
      [[[]], "/dry_sequence_breakers/0", "must hold 1 to 32 token ids, got 0"],
      [
        [[1], [2, -1]],
        "/dry_sequence_breakers/1/1",
        "must be a token id (0, 1, 2, …) or the text of a token, got -1",
      ],
      [[7], "/dry_sequence_breakers/0", "must be an array of token ids, got 7"],
      [[""], "/dry_sequence_breakers/0", "must have 1 to 256 bytes of UTF-8, got 0"],
      [[new Array(33).fill(1)], "/dry_sequence_breakers/0", "must hold 1 to 32 token ids, got 33"],
    ])("%j is no list of breakers", (dry_sequence_breakers, pointer, sentence) => {
      const problem = problemOf(() => sample(FLAT, { dry_multiplier: 1, dry_sequence_breakers }));
      expect([problem.code, problem.pointer]).toEqual(["invalid_option", pointer]);
      expect(problem.message).toContain(sentence);
    });
  });

  test("the penalty stops growing at the largest float32: ⌊88.72 / ln 100⌋ = 19 tokens past the allowed", () => {
    const history = new Array<number>(400).fill(A);
    const scores = probabilitiesAfter([0, 0], [dry({ dry_base: 100, dry_multiplier: 1e-36 })], { history });
    // 1e-36 · 100^19 = 100
    expect(scores[0]).toBeCloseTo(softmax([-100, 0])[0]!, 9);
    expect(sample([0, 0], { ...dry({ dry_base: 100 }), stage: undefined, history }).token_id).toBe(B);
  });

  test("a banned token stays banned", () => {
    const left = probabilitiesAfter(FLAT, [{ stage: "logit_bias", logit_bias: { 3: "-inf" } }, dry()], {
      history: [A, B, C, D, A, B, C],
    });
    expect(left[D]).toBe(0);
  });

  test("the quick way finds the same runs as trying every place", () => {
    const sequences = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 });
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 4 }), (history, dry_allowed_length) => {
        const taken = [0, 0, 0];
        for (let end = 1; end < history.length; end++) {
          let run = 0;
          while (run < end && history[end - 1 - run] === history[history.length - 1 - run]) run++;
          const next = history[end]!;
          if (run >= dry_allowed_length)
            taken[next] = Math.min(taken[next]!, -0.01 * 1.1 ** (run - dry_allowed_length));
        }
        const entry = dry({ dry_multiplier: 0.01, dry_base: 1.1, dry_allowed_length });
        const left = probabilitiesAfter([0, 0, 0], [entry], { history });
        for (const [id, p] of softmax(taken).entries()) expect(left[id]).toBeCloseTo(p, 6);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  const rename = (entry: Entry, names: readonly number[]) => ({
    ...entry,
    dry_sequence_breakers: (entry["dry_sequence_breakers"] as number[][]).map((ids) =>
      ids.map((id) => names[id]!),
    ),
  });
  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("dry"),
      dry_multiplier: stepsOf(0, 2),
      dry_base: stepsOf(1, 3),
      dry_allowed_length: fc.integer({ min: 0, max: 4 }),
      dry_penalty_last_n: fc.integer({ min: -1, max: 12 }),
      dry_sequence_breakers: fc.array(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
        {
          maxLength: 2,
        },
      ),
    }),
    neutral: [
      { stage: "dry", dry_multiplier: 0 },
      { stage: "dry", dry_multiplier: 1, dry_penalty_last_n: 0 },
    ],
    renamed: rename,
  });
});
