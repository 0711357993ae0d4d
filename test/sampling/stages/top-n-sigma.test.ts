import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectClose, probabilitiesAfter } from "./rows.ts";

describe("top_n_sigma", () => {
  test.each([
    // mean 0, σ = 1: the limit is 1 − n
    [1, [-1, 1, -1, 1], [0, 0.5, 0, 0.5]],
    [1.9, [-1, 1, -1, 1], [0, 0.5, 0, 0.5]],
    // mean 1, σ = √((1 + 1 + 1 + 9)/4) = √3: 4 − √3 = 2.27
    [1, [0, 0, 0, 4], [0, 0, 0, 1]],
    // σ = 0: all equal to the largest
    [1, [2, 2, 2], [1 / 3, 1 / 3, 1 / 3]],
    [1, [7], [1]],
    // masked tokens do not count in σ
    [1, [-1, 1, Number.NEGATIVE_INFINITY, -1, 1], [0, 0.5, 0, 0, 0.5]],
  ])("n = %d on scores %j gives %j", (top_n_sigma, logits, after) => {
    expectClose(probabilitiesAfter(logits, [{ stage: "top_n_sigma", top_n_sigma }]), after);
  });

  test("a token exactly n σ below the largest stays", () => {
    const { token_ids } = survivors([-1, 1, -1, 1], { chain: [{ stage: "top_n_sigma", top_n_sigma: 2 }] });
    expect(token_ids).toEqual([0, 1, 2, 3]);
  });

  test.each([
    // σ of −1 1 −1 1 is 1 with divisor 4 and √(4/3) = 1.1547 with divisor 3: the lower two are 2 below
    [{ top_n_sigma: 1.8 }, [1, 3]],
    [{ top_n_sigma: 1.8, top_n_sigma_divisor: "n-1" }, [0, 1, 2, 3]],
    [{ top_n_sigma: 1.7, top_n_sigma_divisor: "n-1" }, [1, 3]],
  ])("%j keeps %j", (options, kept) => {
    const chain = [{ stage: "top_n_sigma", ...options }];
    expect(survivors([-1, 1, -1, 1], { chain }).token_ids).toEqual(kept);
    expect(survivors([7], { chain }).token_ids).toEqual([0]);
  });

  test("min_keep holds", () => {
    const chain = [{ stage: "top_n_sigma", top_n_sigma: 1, min_keep: 3 }];
    expect(survivors([0, 0.1, 0.2, 9], { chain }).token_ids).toEqual([1, 2, 3]);
  });

  test("a temperature before it does not change what stays", () => {
    const logits = Array.from({ length: 200 }, (_, id) => Math.sin(id) * 5);
    const sigma = { stage: "top_n_sigma", top_n_sigma: 0.3 };
    const plain = survivors(logits, { chain: [sigma] });
    const heated = survivors(logits, { chain: [{ stage: "temperature", temperature: 1.7 }, sigma] });
    expect(heated.token_ids).toEqual(plain.token_ids);
    expect(plain.token_ids.length).toBeLessThan(200);
  });

  const entry = fc.record({
    stage: fc.constant("top_n_sigma"),
    top_n_sigma: stepsOf(-1, 3),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({
    entry,
    neutral: [
      { stage: "top_n_sigma", top_n_sigma: 0 },
      { stage: "top_n_sigma", top_n_sigma: -1 },
    ],
  });
  keepsRatios(entry);
});
