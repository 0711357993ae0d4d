/** The write view's computations on texts: differences, manual choices, and the lines of its charts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holdersOf, pointsOf } from "../../playground/src/distribution/curve-points.ts";
import { forcedBy, forcing } from "../../playground/src/state/token-rules.ts";
import { differencesOf } from "../../playground/src/write/differences.ts";

describe("two texts", () => {
  test.each([
    ["the same", [1, 2, 3], [1, 2, 3], [], [], 3],
    ["one token another", [1, 2, 3], [1, 9, 3], [1], [1], 1],
    ["one goes on", [1, 2], [1, 2, 3], [], [2], 2],
    ["one is empty", [], [1, 2], [], [0, 1], 0],
    ["a token more in between", [1, 2, 3, 4], [1, 2, 7, 3, 4], [], [2], 2],
  ])("%s", (_, a, b, first, second, same) => {
    const found = differencesOf(a, b);
    const marked = (all: readonly boolean[]) => all.flatMap((is_marked, i) => (is_marked ? [i] : []));
    expect([marked(found.first), marked(found.second), found.same_beginning]).toEqual([first, second, same]);
  });

  test("what is not coloured is the same in both, in the same order, and as much as is shared", () => {
    const text = fc.array(fc.nat(4), { maxLength: 30 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const { first, second, shared } = differencesOf(a, b);
        const plain = a.filter((_, i) => !first[i]);
        expect(plain).toEqual(b.filter((_, i) => !second[i]));
        expect(plain).toHaveLength(shared);
        expect(shared).toBe(differencesOf(b, a).shared);
      }),
    );
  });
});

describe("a token that was chosen by hand", () => {
  test("is told by a chain that allows it alone", () => {
    expect(forcedBy(forcing(27))).toBe(27);
  });

  test.each([
    [[]],
    [[{ stage: "allowed_token_ids", allowed_token_ids: [1, 2] }]],
    [[{ stage: "top_k", top_k: 1 }]],
    [[...forcing(3), { stage: "temperature", temperature: 1 }]],
  ])("and by no other: %j", (chain) => {
    expect(forcedBy(chain)).toBeUndefined();
  });
});

describe("the line of a distribution", () => {
  test("has its first and last rank, rising ranks, and no more points than asked for", () => {
    const sorted = Float32Array.from({ length: 8192 }, (_, i) => 1 / (i + 1));
    const points = pointsOf(sorted, 160);
    expect([points[0]?.rank, points.at(-1)?.rank]).toEqual([1, 8192]);
    expect(points.length).toBeLessThanOrEqual(160);
    expect(
      points.every(({ rank, p }, i) => p === sorted[rank - 1] && rank > (points[i - 1]?.rank ?? 0)),
    ).toBe(true);
  });

  test.each([
    [0.4, 1],
    [0.5, 2],
    [0.7, 2],
    [0.9, 3],
    [1.1, 3],
  ])("%d of 0.4, 0.3, 0.2 lies with %d", (share, holders) => {
    expect(holdersOf([0.4, 0.3, 0.2], share)).toBe(holders);
  });
});
