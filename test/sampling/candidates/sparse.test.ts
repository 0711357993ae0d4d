import { describe, expect, test } from "vitest";
import { problemOf, sample, sampleSparse, sparse } from "../sample.ts";

describe("sparse rows", () => {
  const pairs = [
    [7, 5],
    [2, 4],
    [900, 3],
    [30, 1],
  ] as const;
  const known = { vocab_size: 1000, max_omitted: 0 };

  test("they are drawn like a dense row in which the others are masked", () => {
    const dense = new Array<number>(1000).fill(Number.NEGATIVE_INFINITY);
    for (const [id, logit] of pairs) dense[id] = logit;
    for (let step = 0; step < 20; step++) {
      const options = { top_k: 3, temperature: 0.9, seed: 5, step };
      expect(sampleSparse(sparse(pairs), options).token_id).toBe(sample(dense, options).token_id);
    }
  });

  test("with logsumexp the raw log-probabilities are those of the whole row", () => {
    const reply = sampleSparse(sparse(pairs, { ...known, logsumexp: 6 }), {
      temperature: 0,
      logprobs: true,
      top_logprobs: 2,
    });
    expect(reply).toMatchObject({ token_id: 7, logprob: -1, rank: 1, exact: true });
    expect(reply.top_logprobs).toEqual([
      { token_id: 7, logprob: -1 },
      { token_id: 2, logprob: -2 },
    ]);
  });

  test.each([
    ["greedy", { temperature: 0 }, true],
    ["top_k within what was sent", { top_k: 4 }, true],
    ["top_k beyond what was sent", { top_k: 5 }, false],
    ["min_p above the omitted", { min_p: 0.1 }, true], // 5 + ln 0.1 = 2.70 > 0
    ["min_p below the omitted", { min_p: 0.001 }, false], // 5 + ln 0.001 = −1.9 < 0
    ["no truncation", { temperature: 0.7 }, false],
    ["top_p alone: 996 omitted tokens may hold most of the mass", { top_p: 0.5 }, false],
    ["top_p after top_k", { top_k: 3, top_p: 0.9 }, true],
    ["a bias that may lift an omitted token into the top", { logit_bias: { "5": 10 }, top_k: 2 }, false],
    ["a bias that cannot", { logit_bias: { "5": -10, "7": 1 }, top_k: 2 }, true],
  ])("%s: exact is %s", (_, options, exact) => {
    expect(sampleSparse(sparse(pairs, known), { ...options, seed: 1 }).exact).toBe(exact);
  });

  test("with logsumexp top_p can be proven, too", () => {
    // ln Σ = 5.6: p of token 7 is e^−0.6 = 0.549, of token 2 it is 0.202
    const row = sparse(pairs, { ...known, logsumexp: 5.6 });
    expect(sampleSparse(row, { top_p: 0.7, seed: 1 })).toMatchObject({ exact: true, kept: 2 });
  });

  test.each([
    ["with logsumexp", { logprobs: true }, { logsumexp: 6 }, true],
    ["without it", { logprobs: true }, {}, false],
    ["without it, after the chain only", { logprob_token_ids: [30], logprobs_mode: "processed" }, {}, true],
    ["of as many as surely come first", { top_logprobs: 4 }, { logsumexp: 6 }, true],
    ["of one more", { top_logprobs: 5 }, { logsumexp: 6 }, false],
    ["of a token that was sent", { logprob_token_ids: [30] }, { logsumexp: 6 }, true],
    ["of one that was not", { logprob_token_ids: [31] }, { logsumexp: 6 }, false],
    [
      "of one that was not, after the chain",
      { logprob_token_ids: [31], logprobs_mode: "processed" },
      {},
      true,
    ],
    [
      "with a rank that others may have",
      { logprobs: true, logit_bias: { "30": 9 } },
      { logsumexp: 6, max_omitted: 2 },
      false,
    ],
    [
      "of a whole row, without logsumexp",
      { logprobs: true, top_logprobs: 9 },
      { vocab_size: 4, whole: true },
      true,
    ],
  ] as const)("exact log-probabilities %s", (_, options, facts, exact) => {
    const { whole, ...more } = { whole: false, ...facts };
    const row = whole ? pairs.map(([, logit], id) => [id, logit] as const) : pairs;
    const step = { top_k: 2, ...options, seed: 1 };
    expect(sampleSparse(sparse(row, { ...known, ...more }), step).exact).toBe(exact);
    const required = () => sampleSparse(sparse(row, { ...known, ...more }), { ...step, require_exact: true });
    if (exact) expect(required().exact).toBe(true);
    else expect(problemOf(required).code).toBe("need_more_tokens");
  });

  /** The last kept token ties with the bound: a token that was left out may be equal and have a smaller id. */
  test.each([
    ["top_k", { top_k: 2 }],
    ["top_p with logsumexp", { top_p: 0.7 }],
  ])("%s: the last kept score must lie above the omitted, not at their bound", (name, options) => {
    const exactWith = (max_omitted: number) => {
      const facts = { vocab_size: 1000, max_omitted, ...(name.includes("logsumexp") && { logsumexp: 5.6 }) };
      return sampleSparse(sparse(pairs.slice(0, 2), facts), { ...options, seed: 1 }).exact;
    };
    expect([4 - 1e-6, 4, 4 + 1e-6].map(exactWith)).toEqual([true, false, false]);
  });

  test("without max_omitted nothing is proven, unless every token was sent", () => {
    expect(sampleSparse(sparse(pairs, { vocab_size: 1000 }), { top_k: 2, seed: 1 }).exact).toBe(false);
    expect(sampleSparse(sparse(pairs, { vocab_size: 4 + 0 }), { seed: 1, vocab_size: 1000 }).exact).toBe(
      true,
    );
  });

  test("require_exact fails instead, and says how many were not enough", () => {
    const problem = problemOf(() => sampleSparse(sparse(pairs, known), { top_k: 5, require_exact: true }));
    expect(problem).toMatchObject({ code: "need_more_tokens", pointer: "/logits/token_ids" });
    expect(problem.message).toContain("4 tokens were not enough");
  });

  /** Rows of 4,000 tokens, as peaked as those of models; the client sends the best 50. */
  // A test that knew only how many are left out would give 60, 43, 14 and 0.
  test.each([
    [0.5, 60],
    [0.95, 60],
    [1.1, 60],
    [1.5, 15],
  ] as const)(
    "top_p behind a temperature of %d is proven by the mass that is left, of 60 rows in %i",
    (temperature, of_60) => {
      let state = 7;
      const next = () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return (state >>> 0) / 2 ** 32;
      };
      let proven = 0;
      for (let trial = 0; trial < 60; trial++) {
        const logits = Array.from({ length: 4000 }, (_, id) =>
          Math.fround(12 - 3 * Math.log(id + 1 + next()) + next()),
        );
        const mass = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
        const best = logits.map((x, id) => [id, x] as const).sort((a, b) => b[1] - a[1]);
        const facts = { vocab_size: 4000, max_omitted: best[49]![1], logsumexp: mass };
        const options = { temperature, top_p: 0.6 + 0.35 * next(), seed: trial };
        const part = sampleSparse(sparse(best.slice(0, 50), facts), options);
        const whole = sample(logits, options);
        if (part.exact !== true) continue;
        proven += 1;
        expect([part.token_id, part.kept]).toEqual([whole.token_id, whole.kept]);
      }
      expect(proven).toBe(of_60);
    },
  );
});
