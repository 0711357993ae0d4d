import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws } from "./properties.ts";
import { probabilitiesAfter } from "./rows.ts";

const FLAT = [0, 0, 0, 0];
const X = Number.NEGATIVE_INFINITY;
const ngram = (encoder_no_repeat_ngram_size: number, encoder_input_ids: readonly number[]) => ({
  stage: "encoder_no_repeat_ngram_size",
  encoder_no_repeat_ngram_size,
  encoder_input_ids,
});

describe("encoder_no_repeat_ngram_size", () => {
  test.each([
    // "0 1" was read and the last token is 0
    [2, [0, 1, 2], [3, 0], [0, X, 0, 0]],
    // 0 was followed by 1 and by 2
    [2, [0, 1, 0, 2, 0], [0], [0, X, X, 0]],
    [3, [0, 1, 2, 0, 1, 3], [0, 1], [0, 0, X, X]],
    // the last token of the encoder's input has no follower
    [3, [2, 0, 1], [0, 1], [0, 0, 0, 0]],
    // a run of the same token overlaps with itself
    [3, [3, 3, 3, 1], [3, 3], [0, X, 0, X]],
    // 1 bans all that was read
    [1, [2, 0, 2], [], [X, 0, X, 0]],
    // a history shorter than n − 1, or an encoder input shorter than n
    [3, [0, 1, 2], [1], [0, 0, 0, 0]],
    [2, [0, 1, 2], [], [0, 0, 0, 0]],
    [3, [0, 1], [0, 1], [0, 0, 0, 0]],
    [4, [0, 1, 2, 3], [0, 1, 2], [0, 0, 0, X]],
    [5, [0, 1, 2, 3], [0, 1, 2], [0, 0, 0, 0]],
  ])("n = %i, having read %j, behind %j gives the scores %j", (n, read, history, scores) => {
    expectBoth(FLAT, ngram(n, read), scores, { history });
  });

  test("the prompt counts as history", () => {
    expectBoth(FLAT, ngram(2, [0, 1]), [0, X, 0, 0], { history: [0], prompt_length: 1 });
  });

  test("the quick way bans the same tokens as trying every place", () => {
    const tokens = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 1 }), { maxLength });
    fc.assert(
      fc.property(tokens(40), tokens(12), fc.integer({ min: 2, max: 8 }), (read, history, n) => {
        const end = history.slice(history.length - (n - 1)).join(" ");
        const left = probabilitiesAfter([0, 0, 0], [ngram(n, read)], { history });
        for (const id of [0, 1, 2]) {
          const follows = read.some(
            (each, i) => each === id && i >= n - 1 && read.slice(i - n + 1, i).join(" ") === end,
          );
          expect(left[id] === 0).toBe(history.length >= n - 1 && follows);
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test("a token that does not exist is an error that points at it", () => {
    const options = { encoder_no_repeat_ngram_size: 2, encoder_input_ids: [0, 1, 4] };
    const problem = problemOf(() => sample(FLAT, options));
    expect([problem.code, problem.pointer]).toEqual(["token_id_out_of_range", "/encoder_input_ids/2"]);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("encoder_no_repeat_ngram_size"),
      encoder_no_repeat_ngram_size: fc.integer({ min: 2, max: 4 }),
      encoder_input_ids: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 }),
    }),
    neutral: [ngram(0, [0, 1]), ngram(3, [0, 1])],
    renamed: (entry, rename) => ({
      ...entry,
      encoder_input_ids: (entry["encoder_input_ids"] as number[]).map((id) => rename[id]!),
    }),
  });
});
