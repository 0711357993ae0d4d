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

  test("it follows the named tokens from stage to stage", () => {
    const { trace } = sample(row, { chain, seed: 1, trace: true, logprob_token_ids: [0, 1, 3] });
    const named = trace?.map((entry) => entry.named?.map((p) => Number(p.toFixed(6))));
    // of 1, of 0.2 + 0.3 + 0.4, of 0.3 + 0.4
    expect(named).toEqual([
      [0.1, 0.2, 0.4],
      [0, 0.222222, 0.444444],
      [0, 0, 0.571429],
    ]);
  });

  test("it tells where the uniform fell among the kept tokens, in id order", () => {
    const { token_id, inverse_cdf } = sample(row, { chain, seed: 1, trace: true });
    const [from, to] = token_id === 2 ? [0, 3 / 7] : [3 / 7, 1]; // ids 2 and 3 are left, 0.3 and 0.4
    expect(inverse_cdf?.from).toBeCloseTo(from, 6);
    expect(inverse_cdf?.to).toBeCloseTo(to, 6);
    expect(inverse_cdf?.uniform).toBeGreaterThan(from);
    expect(inverse_cdf?.uniform).toBeLessThan(to);
  });

  test("the reasons of many tokens are those of a plain count", () => {
    const logits = randomRow(3000, 5, true);
    logits[7] = logits[2999]!;
    const ids = [...logits.keys()].filter((id) => id % 7 === 0);
    const { fates } = sample(logits, {
      top_k: 20,
      seed: 1,
      trace: true,
      logprob_token_ids: ids.slice(0, 400),
    });
    for (const { token_id, removed_by, reason } of fates ?? []) {
      const rank =
        1 +
        logits.filter((x, id) => x > logits[token_id]! || (x === logits[token_id] && id < token_id)).length;
      expect(removed_by).toBe(rank > 20 ? "top_k" : null);
      if (rank > 20) expect(reason).toBe(`its rank ${rank} is beyond 20`);
    }
  });

  test("asking for it changes nothing else", () => {
    const logits = randomRow(5000, 8, false);
    const options = { temperature: 0.9, top_p: 0.95, min_p: 0.001, seed: 2, logprobs: true, top_logprobs: 3 };
    const { trace, inverse_cdf, ...traced } = sample(logits, { ...options, trace: true });
    expect(trace).toHaveLength(3);
    expect(inverse_cdf?.to).toBeLessThanOrEqual(1 + 1e-12);
    expect(traced).toEqual(sample(logits, options));
  });

  test("it is the same every time, as it holds no times unless timed", () => {
    const options = { chain, seed: 1, trace: true };
    expect(JSON.stringify(sample(row, options))).toBe(JSON.stringify(sample(row, options)));
  });
});
