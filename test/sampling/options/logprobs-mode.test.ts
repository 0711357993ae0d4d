/** The scores from which log-probabilities and ranks are computed. */
import { describe, expect, test } from "vitest";
import { DEFAULT_OPTION_LIMITS } from "../../../src/sampling/options/option-limits.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { problemOf, randomRow, sample, sampler, sampleSparse, sparse } from "../sample.ts";

type Options = Readonly<Record<string, unknown>>;

const BIAS = { logit_bias: { "2": -1 }, temperature: 0.5, top_k: 2 };

/** ln softmax. */
function told(scores: readonly number[]): number[] {
  const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
  return scores.map((score) => score - Math.log(sum));
}

function named(logprobs_mode: string | undefined, options: Options = BIAS) {
  const asked = { seed: 1, logprob_token_ids: [0, 1, 2], ...(logprobs_mode && { logprobs_mode }) };
  return sample([1, 2, 3], { ...asked, ...options }).named_logprobs!.map(({ logprob }) => logprob);
}

describe("logprobs_mode", () => {
  test.each([
    ["raw", told([1, 2, 3])],
    ["before_temperature", told([1, 2, 2])],
    ["behind_temperature", told([2, 4, 4])],
  ])("%s of 1 2 3 with a bias, T 0.5 and top_k 2", (mode, expected) => {
    expect(named(mode)).toEqual(expected.map((x) => expect.closeTo(x, 6)));
  });

  test("behind a greedy temperature nothing is divided, and no cut is seen", () => {
    const greedy = { ...BIAS, temperature: 0 };
    for (const mode of ["before_temperature", "behind_temperature"])
      expect(named(mode, greedy)).toEqual(told([1, 2, 2]).map((x) => expect.closeTo(x, 6)));
    const cut_before = { preset: "llama.cpp", temperature: 0, top_k: 2, top_p: 1, min_p: 0 };
    expect(named("before_temperature", cut_before)).toEqual([
      null,
      ...told([2, 3]).map((x) => expect.closeTo(x, 6)),
    ]);
  });

  test("without a temperature of its own the place of the preset's holds", () => {
    const { temperature: _, ...cold } = BIAS;
    expect(named("behind_temperature", cold)).toEqual(told([1, 2, 2]).map((x) => expect.closeTo(x, 6)));
    expect(named("behind_temperature", { dynatemp_range: 0, temperature: 0.5, ...{ top_k: 1 } })).toEqual(
      told([2, 4, 6]).map((x) => expect.closeTo(x, 6)),
    );
  });

  test("logprob, rank and kept_mass are of the same scores", () => {
    const row = [5, 2, 3];
    const options = { logit_bias: { "0": -5 }, temperature: 0.5, top_k: 1, seed: 1, logprobs: true };
    const raw = sample(row, options);
    const behind = sample(row, { ...options, logprobs_mode: "behind_temperature" });
    expect(raw).toMatchObject({ token_id: 2, rank: 2 });
    expect(behind).toMatchObject({ token_id: 2, rank: 1 });
    const [, , logprob] = told([0, 4, 6]);
    expect(behind.logprob).toBeCloseTo(logprob!, 6);
    expect(behind.kept_mass).toBeCloseTo(Math.exp(logprob!), 6);
    expect(behind.processed_logprob).toBe(raw.processed_logprob);
  });

  test("the token is the same whichever is asked for, in rows of kernel memory too", () => {
    const row = randomRow(30_000, 5, true);
    const options = { temperature: 0.7, top_p: 0.9, presence_penalty: 1, history: [3, 5, 9] };
    for (let step = 0; step < 20; step++) {
      const one = (logprobs_mode: string) =>
        sample(row, { ...options, seed: 3, step, logprobs: true, logprobs_mode }).token_id;
      expect(one("behind_temperature")).toBe(one("raw"));
    }
  });

  test("a trace is told as ever", () => {
    const stages = (logprobs_mode: string) =>
      sample([1, 2, 3], { ...BIAS, seed: 1, logprobs: true, trace: true, logprobs_mode }).trace!.map(
        ({ stage }) => stage,
      );
    expect(stages("behind_temperature")).toEqual(stages("raw"));
  });

  test("a chain without a temperature has no such place", () => {
    const chain = [{ stage: "top_k", top_k: 2 }];
    const asked = { chain, logprobs: true, logprobs_mode: "before_temperature" };
    const problem = problemOf(() => parseStepOptions(asked));
    expect([problem.code, problem.pointer]).toEqual(["option_conflict", "/logprobs_mode"]);
    expect(problem.message).toBe(
      "logprobs_mode before_temperature needs a chain with temperature or dynatemp, got one without",
    );
    expect(() => parseStepOptions({ ...asked, logprobs: false })).not.toThrow();
  });

  test("a sparse row cannot prove them exact, unless it has every token", () => {
    const options = {
      seed: 1,
      temperature: 0.5,
      top_k: 1,
      logprobs: true,
      logprobs_mode: "behind_temperature",
    };
    const part = sparse(
      [
        [3, 2],
        [1, 1],
      ],
      { vocab_size: 10, max_omitted: 0, logsumexp: 3 },
    );
    expect(sampleSparse(part, options)).toMatchObject({ token_id: 3, exact: false });
    const whole = sparse(
      [
        [1, 2],
        [0, 1],
      ],
      { vocab_size: 2 },
    );
    expect(sampleSparse(whole, options).exact).toBe(true);
  });
});

describe("what the presets report", () => {
  test("SGLang: behind the temperature; the request wins", () => {
    expect(named(undefined, { ...BIAS, preset: "sglang" })).toEqual(
      told([2, 4, 4]).map((x) => expect.closeTo(x, 6)),
    );
    expect(named("raw", { ...BIAS, preset: "sglang" })).toEqual(
      told([1, 2, 3]).map((x) => expect.closeTo(x, 6)),
    );
    expect(named(undefined, { ...BIAS, preset: "vllm" })).toEqual(
      told([1, 2, 3]).map((x) => expect.closeTo(x, 6)),
    );
  });

  test.each([
    ["default", undefined, 1],
    ["vllm", undefined, 2],
    ["vllm", "by_id", 1],
    ["default", "counted", 2],
  ])("the rank of the lower of two equals: %s, %s: %d", (preset, rank_ties, rank) => {
    const options = { preset, ...(rank_ties && { rank_ties }), seed: 1, logprobs: true };
    const banned = { logit_bias: { "1": "-inf", "2": "-inf" } };
    expect(sample([2, 2, 1], { ...options, ...banned })).toMatchObject({ token_id: 0, rank });
    const long = [2, 2, 1, ...new Array<number>(500).fill(-200)];
    expect(sample(long, { ...options, ...banned })).toMatchObject({ token_id: 0, rank });
  });
});

describe("more log-probabilities than the kernel selects", () => {
  test.each(["raw", "processed"])("%s: every one that was asked for", (logprobs_mode) => {
    const row = randomRow(6000, 8, false);
    const all = rankedOf(row);
    for (const top_logprobs of [4096, 4097, 4500, 6000, 7000]) {
      const listed = sampleWide(row, { seed: 1, top_logprobs, logprobs_mode });
      expect(listed).toHaveLength(Math.min(top_logprobs, 6000));
      expect(listed.map(({ token_id }) => token_id)).toEqual(all.slice(0, top_logprobs));
    }
  });
});

/** Samples with a limit on top_logprobs above the kernel's selection. */
function sampleWide(logits: Float32Array, options: Options) {
  const parsed = parseStepOptions(options, { ...DEFAULT_OPTION_LIMITS, top_logprobs_max: 8192 });
  const row = sampler.leaseRow()!;
  try {
    row.load(logits);
    row.finish();
    return sampler.sample(row, parsed).top_logprobs!;
  } finally {
    sampler.returnRow(row);
  }
}

function rankedOf(row: Float32Array): number[] {
  return [...row.keys()].sort((a, b) => row[b]! - row[a]! || a - b);
}
