/**
 * The cause of a difference that a comparison reports: the number, the rule, the place or the presence of one stage.
 */
import { describe, expect, test } from "vitest";
import { allAtOnce } from "../../../src/pieces.ts";
import { compareRow } from "../../../src/sampling/compare/compare.ts";
import { parseComparison } from "../../../src/sampling/compare/options.ts";
import { logitsOf, randomRow, sampler } from "../sample.ts";

type Fields = Readonly<Record<string, unknown>>;

function madeBy(logits: ArrayLike<number>, compare: readonly unknown[], shared: Fields = {}) {
  const options = parseComparison({ compare, seed: 1, ...shared });
  const row = sampler.leaseRow()!;
  row.load(logits);
  row.finish();
  const [difference] = allAtOnce(compareRow(sampler, row, options)).differences;
  sampler.returnRow(row);
  return difference?.made_by;
}

const chain = (...stages: object[]) => ({ chain: stages });
const temperature = (value: number) => ({ stage: "temperature", temperature: value });
const top_k = (value: number) => ({ stage: "top_k", top_k: value });
const top_p = (value: number) => ({ stage: "top_p", top_p: value });
const FIVE = logitsOf([0.4, 0.3, 0.15, 0.1, 0.05]);

describe("between chains", () => {
  test("a number: the same stage elsewhere in the list is the same stage", () => {
    const one = chain({ stage: "min_p", min_p: 0 }, temperature(0.5), top_k(3));
    const two = chain(temperature(0.5), top_k(2));
    expect(madeBy(FIVE, [one, two])).toEqual({
      arm: 0,
      stage: "top_k",
      differs: "options",
      options: ["top_k"],
      distance_without: 0,
    });
  });

  test("the number that matters, not the first that differs", () => {
    const one = chain(temperature(1), top_k(2));
    const two = chain(temperature(1.01), top_k(5));
    expect(madeBy(FIVE, [one, two])).toMatchObject({ stage: "top_k", options: ["top_k"] });
    expect(madeBy(FIVE, [chain(temperature(1), top_k(2)), chain(temperature(3), top_k(2))])).toMatchObject({
      stage: "temperature",
      distance_without: 0,
    });
  });

  test("a stage that is neutral in one of them differs in its number", () => {
    expect(madeBy(FIVE, [chain(top_k(0)), chain(top_k(2))])).toMatchObject({
      stage: "top_k",
      differs: "options",
      distance_without: 0,
    });
  });

  test("a place: which stages it stands on the other side of", () => {
    // 0.4211 + 0.3158 ≥ 0.7; after the flattening to 0.29 0.27 0.21 0.18 top_p keeps three. The place of top_k does not
    // matter.
    const one = chain(top_k(4), top_p(0.7), temperature(3));
    const two = chain(temperature(3), top_k(4), top_p(0.7));
    expect(madeBy(FIVE, [one, two])).toEqual({
      arm: 0,
      stage: "top_p",
      differs: "place",
      across: ["temperature"],
      distance_without: 0,
    });
  });

  test("a stage that only one of them has", () => {
    expect(madeBy(FIVE, [chain(temperature(2)), chain(top_k(2), temperature(2))])).toEqual({
      arm: 1,
      stage: "top_k",
      differs: "presence",
      distance_without: 0,
    });
  });

  test("a stage that stands in for another differs in what it is", () => {
    const dynatemp = { stage: "dynatemp", dynatemp_range: 0.5, temperature: 2 };
    expect(madeBy(FIVE, [chain(dynatemp), chain(temperature(2))])).toMatchObject({
      differs: "options",
      options: expect.arrayContaining(["stage"]),
      distance_without: 0,
    });
  });

  test("a greedy one differs in its temperature", () => {
    expect(madeBy(FIVE, [chain(top_k(3), temperature(0)), chain(top_k(3), temperature(1))])).toMatchObject({
      stage: "temperature",
      differs: "options",
      distance_without: 0,
    });
  });

  test("the rule and the state of a stage go together", () => {
    const mirostat = (version: number) => chain({ stage: "mirostat", mirostat: version, mirostat_tau: 3 });
    expect(madeBy(randomRow(500, 1, false), [mirostat(1), mirostat(2)])).toMatchObject({
      stage: "mirostat",
      options: ["mirostat"],
      distance_without: 0,
    });
  });

  test("one of two that do the same: the other arm is as near with either", () => {
    const twice = chain(top_k(2), { stage: "min_p", min_p: 0.5 });
    expect(madeBy(FIVE, [twice, chain()])).toEqual({
      arm: 0,
      stage: "top_k",
      differs: "presence",
      distance_without: 0,
    });
  });
});

describe("between hosts", () => {
  test("llama.cpp and vLLM: the cut before or behind the temperature", () => {
    const off = { top_k: 0, min_p: 0 };
    const compare = [{ preset: "llama.cpp", ...off }, "vllm"];
    expect(madeBy(FIVE, compare, { temperature: 3, top_p: 0.7 })).toMatchObject({
      stage: "top_p",
      differs: "place",
      across: ["temperature"],
      distance_without: 0,
    });
  });

  test("llama.cpp and vLLM: the default that cuts most", () => {
    // min_p 0.05 keeps only the first; top_p 0.95 and top_k 40 keep a few of the tail
    const row = logitsOf([0.6, ...new Array(40).fill(0.01)]);
    const made_by = madeBy(row, ["llama.cpp", "vllm"], { temperature: 1 });
    expect(made_by).toMatchObject({ arm: 0, stage: "min_p", differs: "presence", distance_without: 0 });
  });

  test("transformers and SGLang: top-p of what top-k left, or of everything", () => {
    // 0.4 + 0.3 ≥ 0.7 of the whole; among the best two, 0.57 and 0.43, one is not enough
    const row = logitsOf([0.4, 0.21, 0.2, 0.19]);
    expect(madeBy(row, ["transformers", "sglang"], { top_k: 2, top_p: 0.5 })).toMatchObject({
      differs: "place",
    });
  });

  test("transformers and OpenAI: who stays when the k-th tie", () => {
    expect(madeBy([2, 1, 1, 0], ["transformers", "default"], { top_k: 2 })).toMatchObject({
      stage: "top_k",
      differs: "options",
      options: ["ties"],
      distance_without: 0,
    });
  });

  test("SGLang and vLLM: what the repetition penalty counts", () => {
    const shared = { repetition_penalty: 2, history: [0, 1], prompt_length: 1 };
    expect(madeBy(FIVE, ["sglang", "vllm"], shared)).toMatchObject({
      stage: "repetition_penalty",
      options: ["penalty_scope"],
      distance_without: 0,
    });
  });
});
