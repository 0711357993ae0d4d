import { describe, expect, test } from "vitest";
import { logitsOf, randomRow, sample, sampleSparse, sparse } from "../sample.ts";

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

  describe("why a token died, and how near the limit came", () => {
    const ids = [0, 1, 2, 3];
    const told = (entry: Readonly<Record<string, unknown>>, logits: readonly number[] = row) => {
      const { trace, fates } = sample(logits, {
        chain: [entry],
        seed: 1,
        trace: true,
        logprob_token_ids: ids,
      });
      return {
        edge: trace?.[0]?.knife_edge,
        fates: fates?.map(({ removed_by, reason }) => [removed_by, reason]),
      };
    };
    const ALIVE = [null, undefined];

    test("a score below the limit", () => {
      // ln 0.4 + ln 0.6 = -1.427; ln 0.3 = -1.204 is above it by 0.223, ln 0.2 below by 0.182
      const { edge, fates } = told({ stage: "min_p", min_p: 0.6 });
      expect(fates?.[1]).toEqual(["min_p", "its score -1.60944 is below -1.42712"]);
      expect(fates?.[2]).toEqual(ALIVE);
      expect(edge).toMatchObject({ kind: "score", token_id: 1, distance: expect.closeTo(0.1823, 3) });
      expect(edge?.limit_probability).toBeCloseTo(0.6 * 0.4, 6);
    });

    test("top_h names the rank and the share of the entropy, not the cut to its best n", () => {
      // −p ln p: 0.367 0.361 0.322 0.230 of 1.280: 0.286 0.569 0.820 1
      const { edge, fates } = told({ stage: "top_h", top_h: 0.6 });
      expect(fates?.[0]).toEqual(["top_h", "its rank 4 is beyond 2, where the share passes 0.6"]);
      expect(fates?.[1]).toEqual(["top_h", "its rank 3 is beyond 2, where the share passes 0.6"]);
      expect(edge).toMatchObject({
        kind: "share",
        limit: 0.6,
        token_id: 2,
        distance: expect.closeTo(0.0312, 3),
      });
      expect(told({ stage: "top_h", top_h: 1, top_h_top_n: 3 }).fates?.[0]).toEqual([
        "top_h",
        "its rank 4 is beyond 3",
      ]);
      expect(told({ stage: "top_h", top_h: 0.1, min_keep: 2 }).fates?.[1]).toEqual([
        "top_h",
        "its rank 3 is beyond 2",
      ]);
    });

    test("tfs names the share of the curvature", () => {
      // ranked 0.5 0.25 0.15 0.1: shares of the second differences 0.75, then 1
      const { edge, fates } = told({ stage: "tfs", tfs: 0.9 }, logitsOf([0.1, 0.5, 0.15, 0.25]));
      expect(fates?.[2]).toEqual(["tfs", "its rank 3 is beyond 2, where the share passes 0.9"]);
      expect(edge).toMatchObject({
        kind: "share",
        limit: 0.9,
        token_id: 2,
        distance: expect.closeTo(0.1, 6),
      });
    });

    test("top_p that drops what passes p", () => {
      const { edge, fates } = told({ stage: "top_p", top_p: 0.75, top_p_crossing: "drop" });
      expect(fates?.[1]).toEqual(["top_p", "its rank 3 is beyond 2, where the share passes 0.75"]);
      // 0.7 is kept; 0.9 would be too much
      expect(edge).toMatchObject({
        kind: "share",
        limit: 0.75,
        token_id: 2,
        distance: expect.closeTo(0.05, 6),
      });
    });

    test("typical_p names the distances from the entropy", () => {
      // H = 1.280; −ln p − H: 1.023 0.330 0.076 0.364; 0.3 + 0.2 = 0.5 < 0.8, with 0.4 it is 0.9
      const { edge, fates } = told({ stage: "typical_p", typical_p: 0.8 });
      expect(fates?.[0]).toEqual([
        "typical_p",
        "its surprise is 1.02273 from the entropy, of the farthest kept 0.363563",
      ]);
      expect(fates?.slice(1)).toEqual([ALIVE, ALIVE, ALIVE]);
      expect(edge).toMatchObject({ kind: "mass", limit: 0.8, token_id: 0, distance: expect.closeTo(0.1, 6) });
    });

    test("xtc names the limit that the excluded reach", () => {
      const { edge, fates } = told({ stage: "xtc", xtc_probability: 1, xtc_threshold: 0.25 });
      expect(fates?.[3]).toEqual([
        "xtc",
        "its score -0.916291 reaches -1.3863, and it is not the last that does",
      ]);
      expect(fates?.slice(0, 3)).toEqual([ALIVE, ALIVE, ALIVE]);
      // ln 0.3 lies 0.182 above ln 0.25, ln 0.2 lies 0.223 below
      expect(edge).toMatchObject({ kind: "score", token_id: 2, distance: expect.closeTo(0.1823, 3) });
      expect(edge?.limit_probability).toBeCloseTo(0.25, 6);
    });

    test("what was never there was removed by no stage", () => {
      const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;
      const masked = told({ stage: "top_k", top_k: 2 }, [1, NEGATIVE_INFINITY, 3, 2]);
      expect(masked.fates?.[1]).toEqual(["the row", "its logit was -Infinity"]);
      expect(masked.fates?.[0]).toEqual(["top_k", "its rank 3 is beyond 2"]);
      const infinite = told({ stage: "top_k", top_k: 1 }, [1, POSITIVE_INFINITY, 3, POSITIVE_INFINITY]);
      expect(infinite.fates?.[0]).toEqual(["the row", "another's logit was +Infinity"]);
      const { fates } = sampleSparse(sparse([[7, 1]], { vocab_size: 10 }), {
        seed: 1,
        trace: true,
        logprob_token_ids: [3],
      });
      expect(fates).toEqual([
        {
          token_id: 3,
          removed_by: "the row",
          probability: 0,
          reason: "its logit was not sent or was -Infinity",
        },
      ]);
    });
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
