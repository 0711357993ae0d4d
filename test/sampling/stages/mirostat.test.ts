import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, randomRow, sample } from "../sample.ts";
import { survivors } from "../survivors.ts";
import { wide } from "./both-forms.ts";
import { keepsRatios, stepsOf } from "./properties.ts";
import { probabilitiesAfter } from "./rows.ts";

/** Probabilities of 1, 2, 3, 4 and 4 bits of surprise. */
const BITS = [0.5, 0.25, 0.125, 0.0625, 0.0625].map(Math.log);

const kept = (logits: readonly number[], version: number, mu: number) =>
  survivors(logits, { chain: [{ stage: "mirostat", mirostat: version }], state: { mirostat: { mu } } })
    .token_ids;

describe("mirostat 2", () => {
  test.each([
    [0.5, [0]],
    [1, [0]],
    [1.99, [0]],
    [2, [0, 1]],
    [3.5, [0, 1, 2]],
    [4, [0, 1, 2, 3, 4]],
    [100, [0, 1, 2, 3, 4]],
    [-7, [0]],
  ])("with µ = %d bits keeps %j of 1, 2, 3, 4 and 4 bits", (mu, ids) => {
    expect(kept(BITS, 2, mu)).toEqual(ids);
    // In a whole row the normaliser is known only to 1e-6, so the bounds here meet no token exactly.
    const whole = kept(wide(BITS), 2, mu + 1e-5);
    expect(whole.filter((id) => id < BITS.length)).toEqual(ids);
  });

  test("µ begins at 2τ, and moves by η of what the drawn token surprised more or less than τ", () => {
    // µ = 4 keeps 0.5 and 0.25 … all five; a draw of 1 bit: 4 − 0.1 · (1 − 2) = 4.1
    const options = { mirostat: 2, mirostat_tau: 2, mirostat_eta: 0.1, logprobs: true };
    for (let step = 0; step < 20; step++) {
      const { state, processed_logprob } = sample(BITS, { ...options, seed: 1, step });
      const bits = -processed_logprob! / Math.LN2;
      expect((state as { mirostat: { mu: number } }).mirostat.mu).toBeCloseTo(4 - 0.1 * (bits - 2), 9);
    }
  });

  test("the surprise is that after the cut: where one token stays it is 0 bits, 1 − 0.1 · (0 − 3) = 1.3", () => {
    const { state } = sample(BITS, {
      mirostat: 2,
      mirostat_tau: 3,
      mirostat_eta: 0.1,
      state: { mirostat: { mu: 1 } },
    });
    expect((state as { mirostat: { mu: number } }).mirostat.mu).toBeCloseTo(1.3, 12);
  });
});

describe("mirostat 1", () => {
  /** pᵢ ∝ i^−s: for such a row the fit finds s itself. */
  const zipf = (s: number, n: number) => Array.from({ length: n }, (_, i) => -s * Math.log(i + 1));

  test.each([
    // ŝ = 2, ε̂ = 1: k = (2^6 / (1 − 1/50))^(1/2) = 8.08
    [2, 50, 6, 8],
    // ŝ = 1.5, ε̂ = 0.5: k = (0.5 · 2^5 / (1 − 50^−0.5))^(1/1.5) = 7.04
    [1.5, 50, 5, 7],
    // ŝ = 0.5, ε̂ = −0.5: k = (−0.5 · 2^3 / (1 − 50^0.5))^2 = 0.43, but one token always stays
    [0.5, 50, 3, 1],
    // ε̂ → 0: k = 2^5 / ln 50 = 8.18
    [1, 50, 5, 8],
    [2, 50, 100, 50],
    // ŝ = 2, N = 1000: k = (2^9 / (1 − 1/1000))^(1/2) = 22.6, on a whole row
    [2, 1000, 9, 22],
  ])("on Zipf's law with exponent %d over %i tokens µ = %d keeps %i", (s, n, mu, k) => {
    expect(kept(zipf(s, n), 1, mu)).toEqual([...new Array(k).keys()]);
  });

  test("equal probabilities have an exponent of 0: everything or one token, by the sign of what is left", () => {
    // ŝ = 0: k = (−2^µ / (1 − 8))^∞
    expect(kept(new Array(8).fill(0), 1, 4)).toHaveLength(8);
    expect(kept(new Array(8).fill(0), 1, 2)).toHaveLength(1);
  });

  test("a single token stays", () => {
    expect(kept([3], 1, 5)).toEqual([0]);
  });
});

describe("mirostat's state", () => {
  const rows = Array.from({ length: 30 }, (_, i) => randomRow(2000, i + 1, false));

  test.each([1, 2])("version %i: a sequence that echoes the state is steered towards τ", (mirostat) => {
    let state: unknown = null;
    const surprises: number[] = [];
    for (let step = 0; step < 400; step++) {
      const row = rows[step % rows.length]!;
      const reply = sample(row, {
        mirostat,
        mirostat_tau: 3,
        mirostat_eta: 0.2,
        seed: 2,
        step,
        state,
        logprobs: true,
      });
      state = reply.state;
      surprises.push(-reply.processed_logprob! / Math.LN2);
    }
    const mean = surprises.reduce((sum, bits) => sum + bits, 0) / surprises.length;
    // Σ(bits − τ) = (µ₀ − µ) / η, and µ stays small: the mean is within (µ₀ − µ) / (0.2 · 400) of τ
    const { mu } = (state as { mirostat: { mu: number } }).mirostat;
    expect(mean - 3).toBeCloseTo((6 - mu) / (0.2 * 400), 6);
    expect(Math.abs(mean - 3)).toBeLessThan(0.5);
  });

  test("two chains of the same step and state are the same step", () => {
    const options = { mirostat: 2, seed: 5, step: 8, state: { mirostat: { mu: 3.25 } } };
    expect(sample(rows[0]!, options)).toEqual(sample(rows[0]!, JSON.parse(JSON.stringify(options))));
  });

  test("version 0 is off, and hands the state on as it was", () => {
    const state = { mirostat: { mu: 3.25 } };
    expect(sample(BITS, { mirostat: 0, state, seed: 1 })).toMatchObject({ kept: 5, state });
  });

  test.each([
    [{ mirostat: { mu: "9" } }, "/state/mirostat/mu", 'mu must be a number, got "9"'],
    [{ mirostat: {} }, "/state/mirostat/mu", "mu must be a number, got nothing"],
    [{ mirostat: { mu: 1, tau: 2 } }, "/state/mirostat/tau", "there is no option"],
    [{ mirostat: 3 }, "/state/mirostat", ""],
    [{ adaptive_p: {} }, "/state/adaptive_p", "no stage of this chain and no stop carries a state"],
    [3, "/state", "must be an object"],
  ])("%j is no state", (state, pointer, sentence) => {
    const problem = problemOf(() => sample(BITS, { mirostat: 2, state }));
    expect(problem.pointer).toBe(pointer);
    expect(problem.message).toContain(sentence);
  });
});

describe("mirostat in general", () => {
  test("a token with ties at the bound stays with its ties", () => {
    expect(
      kept(
        [0, 0, 0, 0].map(Math.log).map(() => 0),
        2,
        2,
      ),
    ).toEqual([0, 1, 2, 3]);
  });

  test("at least one token stays, and the best is among them", () => {
    fc.assert(
      fc.property(
        fc.array(stepsOf(-9, 9), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 2 }),
        stepsOf(-3, 20),
        (logits, version, mu) => {
          expect(kept(logits, version, mu)).toContain(logits.indexOf(Math.max(...logits)));
        },
      ),
      { seed: 4, numRuns: 200 },
    );
  });

  test("greedy decoding before it leaves one token", () => {
    const chain = [
      { stage: "temperature", temperature: 0 },
      { stage: "mirostat", mirostat: 2 },
    ];
    expect(probabilitiesAfter(BITS, chain)).toEqual([1, 0, 0, 0, 0]);
  });

  keepsRatios(fc.record({ stage: fc.constant("mirostat"), mirostat: fc.integer({ min: 0, max: 2 }) }));
});
