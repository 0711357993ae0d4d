import fc from "fast-check";
import { expect, test } from "vitest";
import { ranksAmong } from "../../../src/sampling/report/ranks.ts";

test.each<[number[], number[], number[]]>([
  [
    [1, 3, 2],
    [0, 1, 2],
    [3, 1, 2],
  ],
  [
    [5, 5, 5],
    [2, 0, 2],
    [3, 1, 3],
  ],
  [
    [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [3, 1],
    [2, 3],
  ],
  [[0, -0], [1], [2]],
  [[7], [], []],
])("of %j the tokens %j rank %j", (values, token_ids, ranks) => {
  expect(ranksAmong(Float32Array.from(values), token_ids)).toEqual(ranks);
});

test("a rank is 1 more than the number of tokens before, as sorting would have it", () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.double({ noNaN: true }));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 50 }),
      fc.array(fc.nat(), { maxLength: 80 }),
      (given, picks) => {
        const values = Float32Array.from(given);
        const order = [...values.keys()].sort((a, b) =>
          values[a]! < values[b]! ? 1 : values[a]! > values[b]! ? -1 : a - b,
        );
        const token_ids = picks.map((pick) => pick % values.length);
        expect(ranksAmong(values, token_ids)).toEqual(token_ids.map((id) => order.indexOf(id) + 1));
      },
    ),
  );
});

test("that count equals are the number of values at least as large", () => {
  const values = Float32Array.of(2, 5, 2, 7, 5, 5, -1, 2);
  const ids = [0, 1, 3, 4, 6, 7, 1];
  const counted = ids.map((id) => values.filter((value) => value >= values[id]!).length);
  expect(ranksAmong(values, ids, "counted")).toEqual(counted);
});
