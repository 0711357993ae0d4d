import { describe, expect, test } from "vitest";
import { allAtOnce } from "../../../src/pieces.ts";
import { compareRow } from "../../../src/sampling/compare/compare.ts";
import { parseComparison } from "../../../src/sampling/compare/options.ts";
import { logitsOf, problemOf, randomRow, sample, sampler } from "../sample.ts";

type Fields = Readonly<Record<string, unknown>>;

function compare(logits: ArrayLike<number>, fields: Fields) {
  const options = parseComparison(fields);
  const row = sampler.leaseRow()!;
  try {
    row.load(logits);
    row.finish(options.vocab_size);
    return allAtOnce(compareRow(sampler, row, options));
  } finally {
    sampler.returnRow(row);
  }
}

describe("compareRow", () => {
  test("temperature before and after a cut: the temperature makes the difference", () => {
    // 0.5 + 0.3 ≥ 0.75; at T = 2 √0.5 √0.3 √0.2 → 0.4155 0.3218 0.2627 and 0.4155 + 0.3218 < 0.75
    const told = compare(logitsOf([0.5, 0.3, 0.2]), {
      compare: [
        {
          name: "last",
          chain: [
            { stage: "top_p", top_p: 0.75 },
            { stage: "temperature", temperature: 2 },
          ],
        },
        {
          name: "first",
          chain: [
            { stage: "temperature", temperature: 2 },
            { stage: "top_p", top_p: 0.75 },
          ],
        },
      ],
      seed: 1,
    });
    expect(told.arms).toMatchObject([
      { name: "last", kept: 2 },
      { name: "first", kept: 3 },
    ]);
    expect(
      told.tokens.map(({ token_id, arms }) => [token_id, ...arms.map((arm) => arm?.removed_by)]),
    ).toEqual([
      [0, null, null],
      [1, null, null],
      [2, "top_p", null],
    ]);
    // the cut comes first: √0.5 / (√0.5 + √0.3) = 0.5635; so ½ (0.1480 + 0.1147 + 0.2627) = 0.2627
    expect(told.tokens[0]?.arms[0]?.probability).toBeCloseTo(0.5635, 4);
    const [difference] = told.differences;
    expect(difference).toMatchObject({ between: [0, 1], only_first: [], only_other: [2] });
    expect(difference?.distance).toBeCloseTo(0.26275, 4);
    // without the top_p of "last": 0.4155 0.3218 0.2627, the same as "first"
    expect(difference?.made_by).toMatchObject({ arm: 0, stage: "top_p" });
    expect(difference?.made_by?.distance_without).toBeCloseTo(0, 6);
  });

  test("hosts that do the same are no distance apart, and nothing makes a difference", () => {
    const { differences } = compare([1, 2, 3, 4], {
      compare: ["default", "vllm"],
      temperature: 0.7,
      seed: 1,
    });
    expect(differences).toEqual([
      { between: [0, 1], distance: 0, only_first: [], only_other: [], made_by: null },
    ]);
  });

  test("variants of one host are arms of their own", () => {
    const told = compare(logitsOf([0.4, 0.2, 0.2, 0.2]), {
      compare: ["vllm", { preset: "vllm", variant: "triton" }, { preset: "vllm", variant: "flashinfer" }],
      top_k: 2,
      seed: 1,
    });
    expect(told.arms.map(({ name }) => name)).toEqual(["vllm", "vllm, triton", "vllm, flashinfer"]);
    expect(told.arms).toMatchObject([{ kept: 4 }, { kept: 2 }, { kept: 4 }]);
    expect(told.differences[0]).toMatchObject({
      only_first: [2, 3],
      made_by: { stage: "top_k", differs: "options", options: ["ties"] },
    });
  });

  test("a stage that only one of them has makes the difference", () => {
    const { differences } = compare(logitsOf([0.4, 0.3, 0.2, 0.1]), {
      compare: ["default", { preset: "default", top_k: 2 }],
    });
    // 0.4 0.3 0.2 0.1 against 4/7 3/7: ½ (0.1714 + 0.1286 + 0.3) = 0.3
    expect(differences[0]?.distance).toBeCloseTo(0.3, 6);
    expect(differences[0]).toMatchObject({
      only_first: [2, 3],
      made_by: { arm: 1, stage: "top_k", distance_without: 0 },
    });
  });

  test("each arm draws what the same step would draw alone", () => {
    const row = randomRow(5000, 3, true);
    const shared = { temperature: 0.9, top_p: 0.9, seed: 11, step: 4, history: [1, 2, 3] };
    const { arms, tokens, seed, step } = compare(row, {
      ...shared,
      compare: ["default", "llama.cpp", "sglang"],
    });
    expect([seed, step]).toEqual(["11", 4]);
    for (const [i, preset] of ["default", "llama.cpp", "sglang"].entries()) {
      const alone = sample(row, {
        ...shared,
        preset,
        logprobs: true,
        logprob_token_ids: [tokens[0]!.token_id],
        logprobs_mode: "processed",
      });
      expect(arms[i]).toMatchObject({ name: preset, token_id: alone.token_id, kept: alone.kept });
      expect(Math.log(tokens[0]!.arms[i]!.probability)).toBeCloseTo(alone.named_logprobs![0]!.logprob!, 9);
    }
  });

  test("without a seed one is drawn, and is the same for all", () => {
    const { arms, seed } = compare(new Array(200).fill(0), {
      compare: ["default", "vllm", "transformers"],
      top_k: 200,
    });
    expect(seed).toMatch(/^\d+$/);
    expect(new Set(arms.map((arm) => ("token_id" in arm ? arm.token_id : -1))).size).toBe(1);
  });

  test("an arm that cannot be has its problem in its place, and the others are compared", () => {
    const { arms, differences, tokens } = compare([1, 2, 3], {
      compare: ["vllm", "default", { preset: "koboldcpp", xtc_probability: 2 }, "transformers"],
      top_a: 0.2,
      seed: 1,
    });
    expect(arms[0]).toMatchObject({ problem: { code: "option_conflict", pointer: "/top_a" } });
    expect(arms[2]).toMatchObject({ problem: { pointer: "/compare/2/xtc_probability" } });
    expect(arms[1]).toMatchObject({ name: "default", kept: expect.any(Number) });
    expect(differences).toEqual([]);
    expect(tokens[0]?.arms.map((arm) => arm === null)).toEqual([true, false, true, true]);
  });

  test("an arm that bans every token fails alone", () => {
    const { arms } = compare([1, 2], {
      compare: ["default", { chain: [{ stage: "bad_words_ids", bad_words_ids: [[0], [1]] }] }],
    });
    expect(arms[1]).toMatchObject({ name: "chain 2", problem: { code: "all_tokens_masked" } });
  });

  test("what is wrong with the row is wrong as a whole", () => {
    const problem = problemOf(() => compare([1, Number.NaN], { compare: ["default", "vllm"] }));
    expect([problem.code, problem.pointer]).toEqual(["nan_logit", "/logits/1"]);
  });

  test("a chain takes no stage options from beside, and presets do", () => {
    const { arms } = compare([1, 2, 3], { compare: ["default", { chain: [] }], top_k: 1, temperature: 1 });
    expect(arms.map((arm) => "kept" in arm && arm.kept)).toEqual([1, 3]);
  });

  test.each([
    [{}, "/compare", "must be an array of 2 to 32"],
    [{ presets: ["default", "vllm"] }, "/presets", '"compare": ["default", "vllm"]'],
    [{ compare: ["default"] }, "/compare", "must be an array of 2 to 32"],
    [{ compare: ["default", 3] }, "/compare/1", "must be a preset or an object of options, got 3"],
    [{ compare: ["default", { seed: 3 }] }, "/compare/1/seed", "seed holds for all arms"],
    [{ compare: ["default", { topk: 3 }] }, "/compare/1/topk", 'no option "topk"; did you mean "top_k"?'],
    [{ compare: ["default", { name: 3 }] }, "/compare/1/name", "name must be text, got 3"],
    [
      { compare: ["default", "vllm"], compare_top: 0 },
      "/compare_top",
      "must be a whole number of at least 1",
    ],
    [
      { compare: ["default", "vllm"], compare_top: 5000 },
      "/compare_top",
      "at most 1024 tokens (top_logprobs_max), got 5000",
    ],
    [{ compare: ["default", "vllm"], seed: "x" }, "/seed", "must be an integer of 64 bits"],
    [{ compare: ["default", "vllm"], nonsense: 1 }, "/nonsense", "there is no option"],
  ])("%j is refused", (fields, pointer, sentence) => {
    const problem = problemOf(() => compare([1, 2], fields));
    expect(problem.pointer).toBe(pointer);
    expect(problem.message).toContain(sentence);
  });
});
