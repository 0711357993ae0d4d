import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, randomRow, sample } from "../sample.ts";
import { survivors } from "../survivors.ts";
import { bitmask } from "./bitmask.ts";
import { obeysTheLaws } from "./properties.ts";
import { expectClose, probabilitiesAfter, softmax } from "./rows.ts";

const X = Number.NEGATIVE_INFINITY;

describe("token_bitmask", () => {
  const masked = (token_bitmask: unknown) => ({ stage: "token_bitmask", token_bitmask });

  test.each([
    // word 0 = 0b1010
    ["CgAAAA==", [X, 2, X, 4]],
    ["CgAAAA", [X, 2, X, 4]],
    // −1 sets all bits; bits beyond the vocabulary have no effect
    ["/////w==", [1, 2, 3, 4]],
    ["/////////////////////w==", [1, 2, 3, 4]],
    ["AQAAAA==", [1, X, X, X]],
  ])("of the scores 1 2 3 4 %s keeps %j", (mask, scores) => {
    expectClose(probabilitiesAfter([1, 2, 3, 4], [masked(mask)]), softmax(scores));
  });

  test("tokens past the end of the mask are not allowed", () => {
    const row = [...new Array<number>(32).fill(-50), 0, 0];
    const left = probabilitiesAfter(row, [masked("AQAAAA==")]);
    expect(left.map((p) => p > 0).indexOf(true)).toBe(0);
    expect(left.filter((p) => p > 0)).toHaveLength(1);
  });

  test.each([
    ["abc", "must be base64 of whole 32-bit words, got 2 bytes"],
    ["", "everything"],
    ["CgAAA?==", 'got "CgAAA?=="'],
    ["C", 'got "C"'],
    [3, "got 3"],
  ])("%j is refused", (mask, sentence) => {
    const problem = problemOf(() => sample([0, 0], { token_bitmask: mask }));
    if (mask === "") expect(problem.code).toBe("all_tokens_masked");
    else {
      expect([problem.code, problem.pointer]).toEqual(["invalid_option", "/token_bitmask"]);
      expect(problem.message).toContain(sentence);
    }
  });

  test("on rows of any size it keeps just the tokens whose bit is set, and leaves the row as it was", () => {
    const masks = fc.record({
      vocab_size: fc.constantFrom(31, 32, 300, 5000, 9001),
      share: fc.constantFrom(0.01, 0.5, 0.99),
      seed: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(masks, ({ vocab_size, share, seed }) => {
        const logits = randomRow(vocab_size, seed, false);
        const chance = randomRow(vocab_size, seed + 1, false);
        const cut = chance.toSorted()[Math.floor((vocab_size - 1) * (1 - share))]!;
        const ids = [...chance.keys()].filter((id) => chance[id]! >= cut);
        const { token_ids, probabilities } = survivors(logits, { chain: [masked(bitmask(ids, vocab_size))] });
        expect(token_ids).toEqual(ids);
        const sum = ids.reduce((total, id) => total + Math.exp(logits[id]!), 0);
        for (const [i, id] of ids.entries())
          expect(probabilities[i]).toBeCloseTo(Math.exp(logits[id]!) / sum, 7);
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  obeysTheLaws({
    entry: fc
      .uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1 })
      .map((ids) => ({ stage: "token_bitmask", token_bitmask: bitmask(ids, 40) })),
    neutral: [{ stage: "token_bitmask", token_bitmask: bitmask([...new Array(40).keys()], 40) }],
    renamed: (entry, rename) => {
      const words = Buffer.from(entry["token_bitmask"] as string, "base64");
      const ids = [...rename.keys()].filter((id) => ((words[id >> 3]! >> (id & 7)) & 1) === 1);
      return {
        ...entry,
        token_bitmask: bitmask(
          ids.map((id) => rename[id]!),
          40,
        ),
      };
    },
  });
});
