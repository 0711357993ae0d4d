import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample, sampleSparse, sparse } from "../sample.ts";
import { expectBoth, wide } from "./both-forms.ts";
import { obeysTheLaws } from "./properties.ts";
import { type Entry, expectClose, probabilitiesAfter } from "./rows.ts";

const X = Number.NEGATIVE_INFINITY;

describe("allowed_token_ids", () => {
  const allowed = (allowed_token_ids: readonly unknown[]) => ({
    stage: "allowed_token_ids",
    allowed_token_ids,
  });

  test.each([
    [
      [1, 3],
      [X, 2, X, 4],
    ],
    [
      [3, 1, 1, 3],
      [X, 2, X, 4],
    ],
    [[0], [1, X, X, X]],
    [
      [0, 1, 2, 3],
      [1, 2, 3, 4],
    ],
  ])("of the scores 1 2 3 4 %j keeps %j", (ids, scores) => {
    expectBoth([1, 2, 3, 4], allowed(ids), scores);
  });

  test("a banned token stays banned, whichever comes first", () => {
    const ban: Entry = { stage: "logit_bias", logit_bias: { 1: null } };
    for (const row of [[0, 0, 0], wide([0, 0, 0])]) {
      expectClose(probabilitiesAfter(row, [ban, allowed([0, 1])]).slice(0, 3), [1, 0, 0]);
      expectClose(probabilitiesAfter(row, [allowed([0, 1]), ban]).slice(0, 3), [1, 0, 0]);
    }
  });

  test.each([
    ["allowing none", [{ ...allowed([]) }], "allowed_token_ids masked the last one"],
    [
      "allowing only what is banned",
      [{ stage: "logit_bias", logit_bias: { 1: null } }, allowed([1])],
      "allowed_token_ids masked the last one",
    ],
    [
      "banning what is allowed",
      [allowed([1]), { stage: "logit_bias", logit_bias: { 1: null } }],
      "logit_bias masked the last one",
    ],
  ])("%s is an error that names the stage", (_, chain, sentence) => {
    for (const row of [[0, 0, 0], wide([0, 0, 0])]) {
      const problem = problemOf(() => sample(row, { chain }));
      expect(problem.code).toBe("all_tokens_masked");
      expect(problem.message).toContain(sentence);
    }
  });

  test("an id outside the vocabulary is an error that points at it", () => {
    const problem = problemOf(() => sample([0, 0], { allowed_token_ids: [0, 2] }));
    expect([problem.code, problem.pointer]).toEqual(["token_id_out_of_range", "/allowed_token_ids/1"]);
  });

  test("raw log-probabilities and the kept mass are those of the row as it came", () => {
    // 0.2 and 0.4 are allowed
    const row = [0.1, 0.2, 0.3, 0.4].map(Math.log);
    for (const logits of [row, wide(row)]) {
      const reply = sample(logits, { allowed_token_ids: [1, 3], logprobs: true, seed: 1 });
      expect(reply.kept).toBe(2);
      expect(reply.kept_mass).toBeCloseTo(0.6, 6);
      expect(reply.logprob).toBeCloseTo(row[reply.token_id]!, 6);
      expect(reply.processed_logprob).toBeCloseTo(row[reply.token_id]! - Math.log(0.6), 6);
    }
  });

  describe("on a sparse row", () => {
    const row = sparse(
      [
        [7, 1],
        [9, 2],
      ],
      { vocab_size: 20, max_omitted: 0.5 },
    );

    test("allowing only tokens that were sent is exact", () => {
      expect(sampleSparse(row, { allowed_token_ids: [7, 9] })).toMatchObject({ kept: 2, exact: true });
      expect(sampleSparse(row, { allowed_token_ids: [9] })).toMatchObject({ token_id: 9, exact: true });
    });

    test("allowing a token that was not sent is not", () => {
      expect(sampleSparse(row, { allowed_token_ids: [7, 8] })).toMatchObject({ token_id: 7, exact: false });
    });

    test("it becomes exact when a cut rules that token out", () => {
      expect(sampleSparse(row, { allowed_token_ids: [8, 9], top_k: 1 })).toMatchObject({
        token_id: 9,
        exact: true,
      });
    });
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("allowed_token_ids"),
      allowed_token_ids: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 }),
    }),
    neutral: [],
    renamed: (entry, rename) => ({
      ...entry,
      allowed_token_ids: (entry["allowed_token_ids"] as number[]).map((id) => rename[id]!),
    }),
  });
});
