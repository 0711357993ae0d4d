import { describe, expect, test } from "vitest";
import { logitsOf, problemOf, randomRow, sample, sampler } from "./sample.ts";

describe("drawing", () => {
  test("temperature 0 takes the largest logit, the lowest id among equals", () => {
    expect(sample([1, 3, 2, 3], { temperature: 0 })).toMatchObject({ token_id: 1, kept: 1 });
  });

  test("the same seed and step give the same token, another step may not", () => {
    const row = randomRow(1000, 1, false);
    const steps = Array.from({ length: 50 }, (_, step) => sample(row, { seed: 7, step }).token_id);
    expect(steps).toEqual(Array.from({ length: 50 }, (_, step) => sample(row, { seed: "7", step }).token_id));
    expect(new Set(steps).size).toBeGreaterThan(10);
  });

  test("without a seed one is drawn and told, and gives the same token again", () => {
    const row = randomRow(1000, 2, false);
    const first = sample(row);
    expect(first.seed).toMatch(/^\d{1,20}$/);
    expect(sample(row, { seed: first.seed })).toEqual(first);
  });

  test("other rows sampled in between change nothing", () => {
    const row = randomRow(20_000, 3, false);
    const options = {
      seed: 1,
      top_p: 0.9,
      repetition_penalty: 1.2,
      history: [5, 6, 7],
      logprobs: true,
      top_logprobs: 5,
    };
    const first = sample(row, options);
    sample(randomRow(131_072, 4, true), { top_k: 40, seed: 3, presence_penalty: 1, history: [1, 2, 3] });
    expect(sample(row, options)).toEqual(first);
  });

  test.each([
    ["temperature", { temperature: 0.8 }],
    ["top_k, dense to compact", { top_k: 3 }],
    ["top_p after temperature", { temperature: 1.3, top_p: 0.8 }],
    ["bias and penalties", { logit_bias: { "0": -1, "3": 2 }, presence_penalty: 0.7, history: [1, 1, 2] }],
  ])("frequencies of 100,000 seeded draws match the filtered softmax: %s", (_, options) => {
    const row = logitsOf([0.02, 0.3, 0.08, 0.2, 0.15, 0.05, 0.1, 0.1]);
    const { top_logprobs } = sample(row, {
      ...options,
      seed: 0,
      logprobs_mode: "processed",
      top_logprobs: 8,
    });
    const n = 100_000;
    const counts = new Map<number, number>();
    for (let step = 0; step < 10; step++) {
      for (const { token_id } of sample(row, { ...options, seed: 11, step, n: n / 10 }).draws ?? [])
        counts.set(token_id, (counts.get(token_id) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (const { token_id, logprob } of top_logprobs ?? []) {
      const expected = n * Math.exp(logprob ?? Number.NEGATIVE_INFINITY);
      chiSquare += ((counts.get(token_id) ?? 0) - expected) ** 2 / expected;
      counts.delete(token_id);
    }
    expect(counts.size).toBe(0); // nothing outside the support
    expect(chiSquare).toBeLessThan(36); // at most 7 degrees of freedom: P < 1e-5
  });

  test("n draws without replacement never repeat, and their first is the token", () => {
    const { token_id, draws } = sample(randomRow(50, 5, false), { seed: 3, n: 50, replacement: false });
    expect(draws?.[0]?.token_id).toBe(token_id);
    expect(draws?.map((draw) => draw.token_id).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, id) => id),
    );
  });

  test("the second of two draws without replacement has the Plackett–Luce distribution", () => {
    // P(second = 2) = Σ P(first = i)·p₂/(1 − pᵢ) = 0.5·0.2/0.5 + 0.3·0.2/0.7 = 0.2 + 0.0857 = 0.2857
    const row = logitsOf([0.5, 0.3, 0.2]);
    let hits = 0;
    for (let step = 0; step < 20_000; step++)
      if (sample(row, { seed: 1, step, n: 2, replacement: false }).draws?.[1]?.token_id === 2) hits++;
    expect(hits / 20_000).toBeCloseTo(0.2857, 1.9);
  });

  test("more draws without replacement than tokens left is an error", () => {
    expect(problemOf(() => sample([1, 2, 3], { top_k: 2, n: 3, replacement: false }))).toMatchObject({
      code: "invalid_option",
      pointer: "/n",
    });
  });

  test("tokens at +Infinity share the probability", () => {
    const row = [0, Number.POSITIVE_INFINITY, 5, Number.POSITIVE_INFINITY];
    const { kept, logprob, processed_logprob, top_logprobs } = sample(row, {
      seed: 1,
      logprobs: true,
      top_logprobs: 2,
    });
    expect({ kept, logprob, processed_logprob }).toEqual({
      kept: 2,
      logprob: -Math.LN2,
      processed_logprob: -Math.LN2,
    });
    expect(top_logprobs?.map(({ token_id }) => token_id)).toEqual([1, 3]);
  });

  test("a row of one token is drawn with certainty", () => {
    expect(sample([-3], { logprobs: true, seed: 1 })).toMatchObject({
      token_id: 0,
      logprob: 0,
      processed_logprob: 0,
      rank: 1,
      kept: 1,
      kept_mass: 1,
    });
  });

  test("ids at or past vocab_size are padding and never drawn", () => {
    const tokens = new Set(
      Array.from(
        { length: 200 },
        (_, step) => sample([0, 0, 90, 90], { vocab_size: 2, seed: 1, step }).token_id,
      ),
    );
    expect(tokens).toEqual(new Set([0, 1]));
  });
});

describe("log-probabilities", () => {
  // softmax of ln 0.1 0.2 0.3 0.4; top_k 2 keeps 0.4 0.3, drawn with 4/7 and 3/7
  const row = logitsOf([0.1, 0.2, 0.3, 0.4]);

  test("raw, processed, rank, kept and kept mass are what the arithmetic says", () => {
    const reply = sample(row, { top_k: 2, temperature: 0.5, logprobs: true, seed: 1 });
    const p = reply.token_id === 3 ? 0.4 : 0.3;
    // temperature 0.5 squares: 0.16 and 0.09 of 0.25
    expect(reply.logprob).toBeCloseTo(Math.log(p), 6);
    expect(reply.processed_logprob).toBeCloseTo(Math.log(p ** 2 / 0.25), 6);
    expect(reply).toMatchObject({ rank: reply.token_id === 3 ? 1 : 2, kept: 2 });
    expect(reply.kept_mass).toBeCloseTo(0.7, 6);
  });

  test("top_logprobs are raw, and processed when asked for", () => {
    const raw = sample(row, { top_k: 2, top_logprobs: 3, seed: 1 }).top_logprobs ?? [];
    expect(raw.map(({ token_id }) => token_id)).toEqual([3, 2, 1]);
    expect(raw[2]?.logprob).toBeCloseTo(Math.log(0.2), 6);
    const processed =
      sample(row, { top_k: 2, top_logprobs: 3, logprobs_mode: "processed", seed: 1 }).top_logprobs ?? [];
    expect(processed.map(({ token_id }) => token_id)).toEqual([3, 2]);
    expect(processed[0]?.logprob).toBeCloseTo(Math.log(4 / 7), 6);
  });

  test("named tokens are told raw, or processed with null for the removed", () => {
    const named = (mode: string) =>
      sample(row, { top_k: 2, logprob_token_ids: [0, 3], logprobs_mode: mode, seed: 1 }).named_logprobs?.map(
        ({ logprob }) => logprob,
      );
    expect(named("raw")?.[0]).toBeCloseTo(Math.log(0.1), 6);
    expect(named("processed")).toEqual([null, expect.closeTo(Math.log(4 / 7), 6)]);
  });

  test("raw log-probabilities ignore bias and penalties, and the row is as it was", () => {
    const biased = sample(row, {
      logit_bias: { "0": 100, "1": null },
      logprobs: true,
      top_logprobs: 4,
      seed: 1,
    });
    const plain = sample(row, { top_logprobs: 4, seed: 1 });
    expect(biased.top_logprobs).toEqual(plain.top_logprobs);
    expect(biased).toMatchObject({ token_id: 0, rank: 4, kept: 3 });
    expect(biased.logprob).toBeCloseTo(Math.log(0.1), 6);
    expect(biased.kept_mass).toBeCloseTo(0.8, 6);
  });

  test("the kept tokens are told by id", () => {
    expect(sample(row, { top_k: 3, kept_token_ids: true, seed: 1 }).kept_token_ids).toEqual([1, 2, 3]);
  });

  test.each([false, true])("large rows agree with float64, peaked: %s", (peaked) => {
    const logits = randomRow(128_256, 6, peaked);
    const max = logits.reduce((a, b) => Math.max(a, b));
    const logsumexp = max + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - max), 0));
    const reply = sample(logits, { seed: 9, temperature: 1.1, logprobs: true, top_logprobs: 1 });
    expect(reply.logprob).toBeCloseTo((logits[reply.token_id] as number) - logsumexp, 5);
    expect(reply.top_logprobs?.[0]?.logprob).toBeCloseTo(max - logsumexp, 5);
    expect(reply.kept_mass).toBeCloseTo(1, 6);
  });
});

describe("failures", () => {
  test("NaN names its index", () => {
    expect(problemOf(() => sample([0, 1, Number.NaN, 2]))).toMatchObject({
      code: "nan_logit",
      pointer: "/logits/2",
    });
  });

  test("a row that came all masked says so", () => {
    const row = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect(problemOf(() => sample(row))).toMatchObject({ code: "all_tokens_masked", pointer: "/logits" });
  });

  test("the stage that masked the last token is named", () => {
    const chain = [
      { stage: "logit_bias", logit_bias: { "0": null } },
      { stage: "repetition_penalty", repetition_penalty: 2 },
      { stage: "logit_bias", logit_bias: { "1": null } },
      { stage: "presence_penalty", presence_penalty: 1 },
    ];
    const problem = problemOf(() => sample([1, 2], { chain, history: [0, 1] }));
    expect(problem.code).toBe("all_tokens_masked");
    expect(problem.message).toContain("logit_bias masked the last one");
  });

  test("a failed step leaves the row and the sampler as they were", () => {
    const row = randomRow(300, 7, false);
    const before = sample(row, { seed: 4, logprobs: true });
    problemOf(() =>
      sample(row, { logit_bias: Object.fromEntries(Array.from({ length: 300 }, (_, id) => [id, null])) }),
    );
    expect(sample(row, { seed: 4, logprobs: true })).toEqual(before);
  });

  test.each([
    [{ logit_bias: { "4": 1 } }, "/logit_bias"],
    [{ logprob_token_ids: [0, 4] }, "/logprob_token_ids/1"],
  ])("a token id outside the vocabulary is an error: %j", (options, pointer) => {
    expect(problemOf(() => sample([1, 2, 3, 4], options))).toMatchObject({
      code: "token_id_out_of_range",
      pointer: expect.stringContaining(pointer),
    });
  });

  test("all rows can be leased, and one more cannot", () => {
    const row = sampler.leaseRow();
    expect(sampler.leaseRow()).toBeUndefined();
    if (row) sampler.returnRow(row);
  });
});
