/**
 * Ids in a history that have no logit in the row: they only count for lengths and positions; otherwise the step is the
 * one without them.
 */
import { describe, expect, test } from "vitest";
import { openStream } from "../../../src/sampling/stream.ts";
import { problemOf, randomRow, sample, sampler, sampleSparse, sparse } from "../sample.ts";

/** An image token of Llama 3.2 Vision, a hash of SGLang's, vLLM's placeholder, and the largest possible id. */
const FOREIGN = [300, 1_000_000, -1, 2 ** 31 - 1];
const REPORT = { seed: 3, logprobs: true, logprobs_mode: "processed", top_logprobs: 20 } as const;

describe.each([12, 300, 5000])("in a row of %i logits", (length) => {
  const row = randomRow(length, 4, true);
  const own = [1, 5, 7, 5, 1, 9, 5, 7];
  const foreign = FOREIGN.map((id) => (id >= 0 && id < length ? length : id));
  // Positions at which the row's own ids stay adjacent, so that runs and sequences stay whole.
  const mixed = [...foreign, ...own];

  test.each([
    ["repetition_penalty", { repetition_penalty: 1.5 }],
    ["frequency_penalty", { frequency_penalty: 0.7, presence_penalty: 0.2 }],
    ["fading penalties", { repetition_penalty: 1.5, penalty_last_n: 4, penalty_decay_range: 20 }],
    ["normalised", { repetition_penalty: 1.5, repetition_penalty_normalize: true }],
    ["dry", { dry_multiplier: 1, dry_allowed_length: 1 }],
    ["no_repeat_ngram_size", { no_repeat_ngram_size: 2 }],
    [
      "bad_words_ids",
      {
        bad_words_ids: [
          [5, 7, 9],
          [7, 3],
        ],
      },
    ],
    ["sequence_bias", { sequence_bias: [{ token_ids: [7, 3], bias: 2 }] }],
  ])("%s is that of the own ids alone", (_, options) => {
    const expected = sample(row, { ...REPORT, ...options, history: own });
    expect(sample(row, { ...REPORT, ...options, history: mixed })).toEqual(expected);
    expect(sample(row, { ...REPORT, history: own })).not.toEqual(expected);
  });

  test("they count in lengths and positions", () => {
    const near = { ...REPORT, repetition_penalty: 1.5, penalty_last_n: 3 };
    const behind = [...own, ...foreign.slice(0, 2)];
    expect(sample(row, { ...near, history: behind })).toEqual(
      sample(row, { ...near, history: own.slice(-1), penalty_last_n: -1 }),
    );
    const generated = { ...REPORT, repetition_penalty: 1.5, penalty_scope: "generated" };
    expect(sample(row, { ...generated, history: [...foreign, 1, 5], prompt_length: 5 })).toEqual(
      sample(row, { ...generated, history: [1, 5], prompt_length: 1 }),
    );
    const floor = { min_tokens: 4, stop_token_ids: [0], logit_bias: { "0": 1e9 }, seed: 1 };
    expect(sample(row, { ...floor, history: foreign }).token_id).toBe(0);
    expect(sample(row, { ...floor, history: foreign.slice(1) }).token_id).not.toBe(0);
  });

  test("no two of them match, not even equal ones", () => {
    const again = [...foreign, 4, ...foreign, 4, ...foreign];
    for (const options of [{ dry_multiplier: 9, dry_allowed_length: 1 }, { no_repeat_ngram_size: 2 }])
      expect(sample(row, { ...REPORT, ...options, history: again })).toEqual(
        sample(row, { ...REPORT, ...options, history: [4] }),
      );
    const loop = { stop: { loop: { max_pattern_size: 9, min_count: 2 } }, seed: 1 };
    expect(sample(row, { ...loop, history: again }).finish_reason).toBeNull();
  });

  test("a stream accepts them, and goes on as steps do", () => {
    const leased = sampler.leaseRow()!;
    leased.load(row);
    leased.finish();
    const options = { seed: "5", repetition_penalty: 1.4, frequency_penalty: 0.3 };
    const stream = openStream(sampler, { ...options, history: mixed });
    const first = stream.next(leased).token_id;
    stream.accept(foreign);
    const { token_id } = stream.next(leased);
    sampler.returnRow(leased);
    const history = [...mixed, first, ...foreign];
    expect(token_id).toBe(sample(row, { ...options, history, step: history.length }).token_id);
  });

  test("an id below -1, or past int32, is refused", () => {
    expect(problemOf(() => sample(row, { history: [-2] }))).toMatchObject({ pointer: "/history/0" });
    expect(problemOf(() => sample(row, { history: [2 ** 31] }))).toMatchObject({ pointer: "/history/0" });
  });
});

test("a list of tokens without a vocabulary's size takes any id, and makes no table of two billion", () => {
  const row = sparse([
    [3, 1],
    [900_000, 0.5],
  ]);
  const options = { ...REPORT, top_logprobs: 2, repetition_penalty: 2, dry_multiplier: 1 };
  expect(sampleSparse(row, { ...options, history: [2 ** 31 - 1, -1, 900_000, 2 ** 30] })).toEqual(
    sampleSparse(row, { ...options, history: [900_000] }),
  );
});
