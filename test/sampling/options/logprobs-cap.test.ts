/** The cap on log-probabilities: below, at and above it, and each option that could reveal more. */
import { describe, expect, test } from "vitest";
import { DEFAULT_OPTION_LIMITS } from "../../../src/sampling/options/option-limits.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { problemOf, sampler } from "../sample.ts";

const ROW = [0, 1, 2, 3, 4, 5, 6, 7];

function sampleCapped(logprobs_rank_max: number, options: Readonly<Record<string, unknown>>) {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("the one row is leased");
  try {
    row.load(ROW);
    row.finish();
    return sampler.sample(row, parseStepOptions(options, { ...DEFAULT_OPTION_LIMITS, logprobs_rank_max }));
  } finally {
    sampler.returnRow(row);
  }
}

describe("with a cap of 2", () => {
  test("the two likeliest tokens are told, and a drawn one among them", () => {
    const reply = sampleCapped(2, { top_k: 1, seed: 1, top_logprobs: 2 });
    expect(reply.top_logprobs?.map(({ token_id }) => token_id)).toEqual([7, 6]);
    expect(reply).toMatchObject({ token_id: 7, rank: 1 });
    expect(reply.logprob).toBeCloseTo(-0.4585, 3);
  });

  test("a bias brings any token out, and nothing of its probability", () => {
    for (const id of [0, 3, 5]) {
      const reply = sampleCapped(2, { logit_bias: { [id]: 100 }, seed: 1, logprobs: true });
      expect(reply.token_id).toBe(id);
      for (const name of ["logprob", "processed_logprob", "rank", "kept_mass"])
        expect(reply).not.toHaveProperty(name);
    }
    const likely = sampleCapped(2, { logit_bias: { "6": 100 }, seed: 1, logprobs: true });
    expect(likely).toMatchObject({ token_id: 6, rank: 2 });
    expect(likely).not.toHaveProperty("processed_logprob");
  });

  test.each([
    [{ top_logprobs: 3 }, "/top_logprobs"],
    [{ logprob_token_ids: [7] }, "/logprob_token_ids"],
    [{ logprobs: true, logprobs_mode: "processed" }, "/logprobs_mode"],
    [{ trace: true }, "/trace"],
    [{ uncertainty: true }, "/uncertainty"],
    [{ mirostat: 2 }, "/mirostat"],
    [{ stop: { confidence: { below: 1, window: 2 } } }, "/stop"],
  ])("%j is refused", (options, pointer) => {
    expect(problemOf(() => sampleCapped(2, { ...options, seed: 1 }))).toMatchObject({
      code: "limit_exceeded",
      pointer: expect.stringContaining(pointer),
      message: expect.stringContaining(
        "2 most likely tokens of the row as it came, and no others (logprobs_rank_max)",
      ),
    });
  });

  test("draws of one row are capped one by one", () => {
    const { draws } = sampleCapped(2, { n: 200, temperature: 100, seed: 1, logprobs: true });
    for (const draw of draws ?? []) expect("logprob" in draw).toBe(draw.token_id >= 6);
  });
});

test("with a cap of 0 none is told", () => {
  expect(problemOf(() => sampleCapped(0, { logprobs: true, seed: 1 })).pointer).toBe("/logprobs");
  expect(sampleCapped(0, { seed: 1 })).not.toHaveProperty("logprob");
});

test("without a cap all is told", () => {
  const reply = sampleCapped(DEFAULT_OPTION_LIMITS.logprobs_rank_max, {
    top_logprobs: 8,
    trace: true,
    uncertainty: true,
    seed: 1,
  });
  expect(reply.top_logprobs).toHaveLength(8);
  expect(reply).toHaveProperty("kept_mass");
});
