import { describe, expect, test } from "vitest";
import { logitsOf, randomRow, sample } from "./sample.ts";

describe("trace", () => {
  const row = logitsOf([0.1, 0.2, 0.3, 0.4]);
  const chain = [
    { stage: "temperature", temperature: 1 },
    { stage: "top_k", top_k: 3 },
    { stage: "top_p", top_p: 0.7 },
  ];

  test("it tells survivors, removed mass, entropy and why a token died", () => {
    const { trace, fates } = sample(row, { chain, seed: 1, trace: true, logprob_token_ids: [0, 1, 3] });
    expect(
      trace?.map(({ stage, skipped, kept_before, kept_after }) => [stage, skipped, kept_before, kept_after]),
    ).toEqual([
      ["temperature", "neutral", 4, 4],
      ["top_k", undefined, 4, 3],
      ["top_p", undefined, 3, 2],
    ]);
    expect(trace?.[1]?.mass_removed).toBeCloseTo(0.1, 6);
    // after top_k: 0.2 0.3 0.4 of 0.9; top_p 0.7 keeps 0.444 + 0.333 = 0.778 ≥ 0.7
    expect(trace?.[2]?.mass_removed).toBeCloseTo(0.2 / 0.9, 6);
    expect(trace?.[2]?.knife_edge).toMatchObject({
      kind: "mass",
      limit: 0.7,
      token_id: 1,
      distance: expect.closeTo(0.7 / 0.9 - 0.7, 6),
    });
    expect(fates).toEqual([
      {
        token_id: 0,
        removed_by: "top_k",
        probability: expect.closeTo(0.1, 6),
        reason: "its rank 4 is beyond 3",
      },
      {
        token_id: 1,
        removed_by: "top_p",
        probability: expect.closeTo(0.2 / 0.9, 6),
        reason: "the mass before it, 0.777778, reaches 0.7",
      },
      { token_id: 3, removed_by: null, probability: expect.closeTo(4 / 7, 6) },
    ]);
  });

  test("asking for it changes nothing else", () => {
    const logits = randomRow(5000, 8, false);
    const options = { temperature: 0.9, top_p: 0.95, min_p: 0.001, seed: 2, logprobs: true, top_logprobs: 3 };
    const { trace, ...traced } = sample(logits, { ...options, trace: true });
    expect(trace).toHaveLength(3);
    expect(traced).toEqual(sample(logits, options));
  });

  test("it is the same every time, as it holds no times unless timed", () => {
    const options = { chain, seed: 1, trace: true };
    expect(JSON.stringify(sample(row, options))).toBe(JSON.stringify(sample(row, options)));
  });
});
