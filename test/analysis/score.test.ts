import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loss, score } from "../../src/analysis/index.ts";

describe("one row", () => {
  test.each([
    ["the class that came had 3 in 4", [0, Math.log(3)], 1, Math.log(0.75), 1],
    ["the other one had 1 in 4", [0, Math.log(3)], 0, Math.log(0.25), 2],
    ["a logit of −1e30 against 0 costs 1e30 nats", [0, -1e30], 1, -1e30, 2],
    ["1e30 against −1e30 costs nothing", [1e30, -1e30], 0, 0, 1],
    ["a masked class costs everything", [0, Number.NEGATIVE_INFINITY], 1, Number.NEGATIVE_INFINITY, 2],
    ["one class alone costs nothing", [5], 0, 0, 1],
  ])("%s", (_, row, target, logprob, rank) => {
    const result = score(row, target);
    expect(result.rank).toBe(rank);
    if (Number.isFinite(logprob)) expect(result.logprob).toBeCloseTo(logprob, 14);
    else expect(result.logprob).toBe(logprob);
  });

  test("a loss far below the spacing of float64 near 1 keeps its digits", () => {
    expect(score([100, 0], 0).logprob).toBeCloseTo(-3.720075976020836e-44, 56);
  });

  test("among equal logits the lower id ranks first", () => {
    expect([0, 1, 2].map((target) => score([1, 1, 1], target).rank)).toEqual([1, 2, 3]);
  });

  test.each([-1, 2, 0.5, Number.NaN])("class %f of two is a problem", (target) => {
    expect(() => score([1, 2], target)).toThrow(expect.objectContaining({ code: "token_id_out_of_range" }));
  });

  test("ranks are a permutation of 1 … n, and only order counts", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 12 }), (row) => {
        const ranks = row.map((_, i) => score(row, i).rank);
        expect([...ranks].sort((a, b) => a - b)).toEqual(row.map((_, i) => i + 1));
      }),
    );
  });
});

describe("many rows", () => {
  test("two rows of 1/2 and 1/8: 2 bits a row, as good as guessing among 4", () => {
    const result = loss([Math.log(0.5), Math.log(0.125)]);
    expect(result.rows).toBe(2);
    expect(result.cross_entropy).toBeCloseTo(2 * Math.LN2, 15);
    expect(result.cross_entropy_bits).toBeCloseTo(2, 15);
    expect(result.perplexity).toBeCloseTo(4, 14);
  });

  test("a masked class that came makes the mean infinite", () => {
    expect(loss([-1, Number.NEGATIVE_INFINITY]).perplexity).toBe(Number.POSITIVE_INFINITY);
  });
});
