/** Entropy, varentropy, margin and confidence of both sides of a step, in every form of a row. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SMALL_ROW } from "../../../src/sampling/candidates/compact/compaction.ts";
import type { Uncertainty } from "../../../src/sampling/report/uncertainty.ts";
import { logitsOf, problemOf, randomRow, sample, sampleSparse, sparse } from "../sample.ts";

/** From the definitions, in float64. */
function defined(probabilities: readonly number[], k: number): Uncertainty {
  const p = [...probabilities].filter((each) => each > 0).sort((a, b) => b - a);
  const entropy = p.reduce((sum, each) => sum - each * Math.log(each), 0);
  const varentropy = p.reduce((sum, each) => sum + each * (Math.log(each) + entropy) ** 2, 0);
  const best = p.slice(0, k);
  return {
    entropy,
    varentropy,
    margin: p[0]! - (p[1] ?? 0),
    confidence: -best.reduce((sum, each) => sum + Math.log(each), 0) / best.length,
  };
}

function softmax(logits: ArrayLike<number>): number[] {
  const max = Array.from(logits).reduce((a, b) => Math.max(a, b));
  const weights = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function expectClose(actual: Uncertainty | undefined, expected: Uncertainty, digits = 5): void {
  for (const name of ["entropy", "varentropy", "margin", "confidence"] as const)
    expect(actual?.[name], name).toBeCloseTo(expected[name], digits);
}

const LN2 = Math.LN2;

describe("uncertainty", () => {
  test.each([
    // H = 1.5 ln 2; surprises ln 2, 2 ln 2, 2 ln 2 lie 0.5 ln 2 from it
    [
      [0.5, 0.25, 0.25],
      { entropy: 1.5 * LN2, varentropy: 0.25 * LN2 ** 2, margin: 0.25, confidence: (5 / 3) * LN2 },
    ],
    [[0.25, 0.25, 0.25, 0.25], { entropy: 2 * LN2, varentropy: 0, margin: 0, confidence: 2 * LN2 }],
    [[1], { entropy: 0, varentropy: 0, margin: 1, confidence: 0 }],
  ])("of %j is %j", (probabilities, expected) => {
    const { uncertainty } = sample(logitsOf(probabilities), { uncertainty: true, seed: 1 });
    expectClose(uncertainty?.raw, expected, 7);
    expectClose(uncertainty?.processed, expected, 7);
  });

  test("confidence is the mean over the k most likely, or over all when they are fewer", () => {
    const row = logitsOf([0.5, 0.25, 0.125, 0.125]);
    const at = (confidence_top_k: number) =>
      sample(row, { uncertainty: true, confidence_top_k }).uncertainty?.raw.confidence;
    // ln 2 times 1, (1 + 2) / 2, (1 + 2 + 3) / 3, (1 + 2 + 3 + 3) / 4
    expect([1, 2, 3, 4, 5, 4096].map((k) => Math.round((at(k)! / LN2) * 1e6) / 1e6)).toEqual([
      1, 1.5, 2, 2.25, 2.25, 2.25,
    ]);
  });

  test("the processed side is that of what is left to draw from", () => {
    const { uncertainty } = sample(logitsOf([0.1, 0.2, 0.3, 0.4]), { top_k: 2, uncertainty: true });
    expectClose(uncertainty?.raw, defined([0.1, 0.2, 0.3, 0.4], 20), 7);
    expectClose(uncertainty?.processed, defined([3 / 7, 4 / 7], 20), 7);
    expectClose(sample(logitsOf([0.1, 0.9]), { temperature: 0, uncertainty: true }).uncertainty?.processed, {
      entropy: 0,
      varentropy: 0,
      margin: 1,
      confidence: 0,
    });
  });

  /** The n largest; the other tokens have no mass. */
  const best = (p: readonly number[], n: number) => {
    const least = [...p].sort((a, b) => b - a)[n - 1]!;
    return p.map((each) => (each >= least ? each : 0));
  };

  test.each([
    ["a whole row", {}, 20, (p: number[]) => p],
    ["a temperature", { temperature: 2 }, 20, (p: number[]) => p.map(Math.sqrt)],
    ["a cut that leaves many", { top_k: 9000 }, 5, (p: number[]) => best(p, 9000)],
    ["few that are left", { top_k: 30 }, 20, (p: number[]) => best(p, 30)],
    ["more than are picked one by one", { top_k: 3000 }, 100, (p: number[]) => best(p, 3000)],
    ["a bias", { logit_bias: { 3: LN2, 4: "-inf" } }, 20, (p: number[]) => p.with(3, 2 * p[3]!).with(4, 0)],
  ])("is right of %s", (_, options, confidence_top_k, expected) => {
    for (const peaked of [true, false]) {
      const logits = randomRow(20_000, 5, peaked);
      const { uncertainty } = sample(logits, { ...options, uncertainty: true, confidence_top_k, seed: 1 });
      const weights = expected(softmax(logits));
      const sum = weights.reduce((total, each) => total + each, 0);
      expectClose(uncertainty?.raw, defined(softmax(logits), confidence_top_k));
      expectClose(
        uncertainty?.processed,
        defined(
          weights.map((each) => each / sum),
          confidence_top_k,
        ),
      );
    }
  });

  test("a short row and the same in kernel memory agree, with a ceiling too", () => {
    const short = [3, 2.5, 2, 1, 0, -1];
    const long = [...short, ...new Array(SMALL_ROW).fill(-200)];
    const asked = { typical_p: 0.5, uncertainty: true, confidence_top_k: 3, seed: 1 };
    const one = sample(short, asked).uncertainty!;
    const other = sample(long, asked).uncertainty!;
    expectClose(other.raw, one.raw);
    expectClose(other.processed, one.processed);
  });

  test("tokens at +Infinity share the probability, others have none", () => {
    const row = [1, Number.POSITIVE_INFINITY, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const { uncertainty } = sample(row, { uncertainty: true });
    expectClose(uncertainty?.raw, { entropy: LN2, varentropy: 0, margin: 0, confidence: LN2 });
    expectClose(uncertainty?.processed, { entropy: LN2, varentropy: 0, margin: 0, confidence: LN2 });
    const alone = sample([1, Number.POSITIVE_INFINITY], { uncertainty: true }).uncertainty;
    expectClose(alone?.raw, { entropy: 0, varentropy: 0, margin: 1, confidence: 0 });
  });

  test("nothing is told unless asked for, and asking changes nothing else", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.boolean(),
        fc.constantFrom({}, { top_p: 0.9 }),
        (seed, logprobs, cut) => {
          const logits = randomRow(seed % 2 === 0 ? 40 : 5000, seed, true);
          const plain = sample(logits, { ...cut, seed, logprobs, n: 3, kept_token_ids: true });
          const { uncertainty, ...rest } = sample(logits, {
            ...cut,
            seed,
            logprobs,
            n: 3,
            kept_token_ids: true,
            uncertainty: true,
          });
          expect(plain).not.toHaveProperty("uncertainty");
          expect(uncertainty).toBeDefined();
          expect(JSON.stringify(rest) === JSON.stringify(plain)).toBe(true);
        },
      ),
      { seed: 2, numRuns: 40 },
    );
  });

  test("of a sparse row it is that of the tokens sent, and exact only when all were", () => {
    const pairs = [
      [7, Math.log(0.6)],
      [2, Math.log(0.2)],
      [5, Math.log(0.2)],
    ] as const;
    const known = { logsumexp: 0.1, max_omitted: -20 };
    const some = sampleSparse(sparse(pairs, { ...known, vocab_size: 10 }), { top_k: 2, uncertainty: true });
    expectClose(some.uncertainty?.raw, defined([0.6, 0.2, 0.2], 20), 7);
    expect(some.exact).toBe(false);
    expect(sampleSparse(sparse(pairs, { ...known, vocab_size: 10 }), { top_k: 2 }).exact).toBe(true);
    expect(sampleSparse(sparse(pairs, { vocab_size: 3 }), { uncertainty: true }).exact).toBe(true);
    const problem = problemOf(() =>
      sampleSparse(sparse(pairs, { ...known, vocab_size: 10 }), {
        top_k: 2,
        uncertainty: true,
        require_exact: true,
      }),
    );
    expect([problem.code, problem.message]).toEqual([
      "need_more_tokens",
      "uncertainty can be proven exact only for a row of which every token was sent, got 3 of 10",
    ]);
  });

  test.each([
    [
      { confidence_top_k: 5 },
      "option_conflict",
      "confidence_top_k needs uncertainty, got confidence_top_k 5 and uncertainty nothing",
    ],
    [
      { confidence_top_k: 5, uncertainty: false },
      "option_conflict",
      "confidence_top_k needs uncertainty, got confidence_top_k 5 and uncertainty false",
    ],
    [
      { confidence_top_k: 0, uncertainty: true },
      "invalid_option",
      "confidence_top_k must lie in [1, 4096], got 0",
    ],
    [
      { confidence_top_k: 4097, uncertainty: true },
      "invalid_option",
      "confidence_top_k must lie in [1, 4096], got 4097",
    ],
    [{ uncertainty: "yes" }, "invalid_option", 'uncertainty must be true or false, got "yes"'],
  ])("%j is refused", (options, code, sentence) => {
    const problem = problemOf(() => sample([1, 2], options));
    expect([problem.code, problem.message]).toEqual([code, sentence]);
  });
});
