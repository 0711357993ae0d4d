/**
 * The probability mass that a mask leaves: weighted by it, texts drawn under a grammar have the model's own
 * distribution.
 */
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { vocabulariesOf } from "../../src/vocabulary/vocabularies.ts";
import { createVocabulary } from "../../src/vocabulary/vocabulary.ts";

const LETTERS = ["a", "b", "c", "ab", "bc"];
const END = LETTERS.length;
const vocabulary = createVocabulary("letters", {
  tokens: [...LETTERS.map((text) => new TextEncoder().encode(text)), undefined],
  special: new Map([[END, "<end>"]]),
  end_ids: [END],
});
const sampler = createSampler({ vocab_size_max: 32, rows_max: 1 }, undefined, {
  vocabularies: vocabulariesOf([vocabulary], "letters"),
});
const row = sampler.leaseRow()!;

/** A bigram model: the logits depend on the token before. */
const logitsBehind = (last: number) =>
  LETTERS.concat("end").map((_, id) => Math.sin(3 * last + 5 * id) * 1.5);

function step(history: readonly number[], seed: number, regex: string) {
  row.load(logitsBehind(history.at(-1) ?? 9));
  row.finish();
  const options = {
    history,
    prompt_length: 0,
    seed,
    step: history.length,
    grammar: { regex },
    logprobs: true,
  };
  return sampler.sample(row, parseStepOptions(options));
}

const logSoftmax = (logits: readonly number[]) => {
  const sum = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
  return logits.map((x) => x - sum);
};

describe("grammar_logmass", () => {
  test("is ln of what the allowed tokens have of the row", () => {
    const p = logSoftmax(logitsBehind(9)).map(Math.exp);
    const { grammar_logmass } = step([], 1, "b+");
    expect(grammar_logmass).toBeCloseTo(Math.log(p[1]!), 6);
    expect(step([], 1, "[ab]+").grammar_logmass).toBeCloseTo(Math.log(p[0]! + p[1]! + p[3]!), 6);
  });

  test("is what lies between ln p before and behind the grammar", () => {
    const { logprob, processed_logprob, grammar_logmass } = step([], 3, "[ab]+");
    expect((logprob as number) - (grammar_logmass as number)).toBeCloseTo(processed_logprob as number, 6);
  });

  test("is 0 where all is allowed, and absent for a sparse row", () => {
    expect(step([], 1, "[abc]*").grammar_logmass).toBe(0);
    const sparse = { token_ids: Int32Array.of(0, 1), values: Float64Array.of(2, 1), vocab_size: 6 };
    const options = parseStepOptions({ grammar: { regex: "[ab]+" }, seed: 1 });
    expect(sampler.sample(sparse, options).grammar_logmass).toBeUndefined();
  });

  test("weighed texts have the distribution of the model given the grammar (ASAp's aim, 2405.21047)", () => {
    const regex = "(ab|ba|c){2}c";
    const drawn = new Map<string, { count: number; weight: number; square: number }>();
    const N = 6000;
    for (let text = 0; text < N; text++) {
      const history: number[] = [];
      let logmass = 0;
      for (;;) {
        const reply = step(history, text, regex);
        logmass += reply.grammar_logmass as number;
        if (reply.token_id === END) break;
        history.push(reply.token_id);
      }
      const key = history.join(" ");
      const known = drawn.get(key) ?? { count: 0, weight: 0, square: 0 };
      const weight = Math.exp(logmass);
      drawn.set(key, {
        count: known.count + 1,
        weight: known.weight + weight,
        square: known.square + weight * weight,
      });
    }
    const exact = exactGiven(/^(ab|ba|c){2}c$/, 5);
    const total = [...drawn.values()].reduce((sum, { weight }) => sum + weight, 0);
    // Each weighted share lies within five deviations of the exact one; rare sequences are grouped.
    const rest = { p: 0, count: 0, weight: 0, square: 0 };
    const groups = [rest];
    for (const [key, p] of exact) {
      const { count = 0, weight = 0, square = 0 } = drawn.get(key) ?? {};
      if (count >= 100) groups.push({ p, count, weight, square });
      else {
        rest.p += p;
        rest.count += count;
        rest.weight += weight;
        rest.square += square;
      }
    }
    expect(groups.length).toBeGreaterThan(8);
    let masked_error = 0;
    for (const { p, count, weight, square } of groups) {
      const deviation = Math.sqrt(square * (1 - 2 * p) + p * p * sumOfSquares(drawn)) / total;
      expect(Math.abs(weight / total - p)).toBeLessThan(5 * deviation);
      masked_error = Math.max(masked_error, Math.abs(count / N - p) / deviation);
    }
    // Masking alone gives another distribution; the weights correct it.
    expect(masked_error).toBeGreaterThan(20);
  });
});

const sumOfSquares = (drawn: ReadonlyMap<string, { square: number }>) =>
  [...drawn.values()].reduce((sum, { square }) => sum + square, 0);

/** The probability of each token sequence whose text the grammar accepts, relative to all of them. */
function exactGiven(grammar: RegExp, tokens_max: number): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (history: number[], p: number): void => {
    const behind = logSoftmax(logitsBehind(history.at(-1) ?? 9)).map(Math.exp);
    if (grammar.test(history.map((id) => LETTERS[id]).join("")))
      found.set(history.join(" "), p * behind[END]!);
    if (history.length < tokens_max)
      for (let id = 0; id < END; id++) visit([...history, id], p * behind[id]!);
  };
  visit([], 1);
  const total = [...found.values()].reduce((sum, p) => sum + p, 0);
  return new Map([...found].map(([key, p]) => [key, p / total]));
}
