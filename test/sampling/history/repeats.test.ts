import { describe, expect, test } from "vitest";
import { RepeatFinder } from "../../../src/sampling/history/repeats.ts";

const runsOf = (history: readonly number[], first = 0) => {
  const finder = new RepeatFinder();
  const { token_ids, lengths, count } = finder.find(history, first, history.length, {
    length_min: 1,
    length_max: history.length,
    id_end: 1000,
  });
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [token_ids[i], lengths[i]]));
};

describe("RepeatFinder", () => {
  test.each([
    [[1, 2, 3, 4, 1, 2, 3], { 4: 3 }],
    [[5, 5, 5], { 5: 2 }],
    [[1, 2], {}],
    [[], {}],
  ])("behind %j the runs that tokens would continue are %j", (history, runs) => {
    expect(runsOf(history)).toEqual(runs);
  });

  test("a finder that was used before finds the same", () => {
    const finder = new RepeatFinder();
    const limits = { length_min: 1, length_max: 9, id_end: 10 };
    const read = (history: readonly number[]) => {
      const { token_ids, lengths, count } = finder.find(history, 0, history.length, limits);
      return [[...token_ids.subarray(0, count)], [...lengths.subarray(0, count)]];
    };
    const first = read([1, 2, 3, 1, 2]);
    read([7, 7, 7, 7, 7, 7, 7, 7]);
    expect(read([1, 2, 3, 1, 2])).toEqual(first);
  });

  // A quadratic search takes minutes for these histories, far beyond a test's time limit; this search takes
  // milliseconds.
  test.each([
    ["the same token over and over", (_: number) => 1],
    ["two tokens in turn", (i: number) => i % 2],
    ["a break in the middle", (i: number) => (i === 200_000 ? 2 : 1)],
    [
      "Fibonacci's word",
      (i: number) => Math.floor((i + 2) / 1.618033988749895) - Math.floor((i + 1) / 1.618033988749895),
    ],
  ])("%s, 400,000 tokens long, are searched in linear time", (_, tokenAt) => {
    const history = Int32Array.from({ length: 400_000 }, (_, i) => tokenAt(i));
    const limits = { length_min: 1, length_max: 400_000, id_end: 3 };
    const { count } = new RepeatFinder().find(history, 0, history.length, limits);
    expect(count).toBeGreaterThan(0);
  });
});
