import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemOf, sample } from "../sample.ts";
import { expectBoth } from "./both-forms.ts";
import { obeysTheLaws } from "./properties.ts";

const X = Number.NEGATIVE_INFINITY;

describe("forced_token_ids", () => {
  const forced = (forced_token_ids: unknown) => ({ stage: "forced_token_ids", forced_token_ids });

  test.each([
    ["the first generated token", { "0": 2 }, [], 0, [X, X, 3, X]],
    ["the third, when two were generated", { "0": 0, "2": 1 }, [9, 9].map(() => 0), 0, [X, 2, X, X]],
    ["positions count from the end of the prompt", { "0": 2 }, [0, 0, 0], 3, [X, X, 3, X]],
    ["nothing at other positions", { "1": 2 }, [], 0, [1, 2, 3, 4]],
  ])("%s", (_, ids, history, prompt_length, scores) => {
    expectBoth([1, 2, 3, 4], forced(ids), scores, { history, prompt_length });
  });

  test("a forced token that is banned leaves nothing, which is an error", () => {
    const problem = problemOf(() =>
      sample([0, 0], { forced_token_ids: { "0": 1 }, logit_bias: { "1": null } }),
    );
    expect(problem.code).toBe("all_tokens_masked");
    expect(problem.message).toContain("forced_token_ids");
  });

  test("over bans it is drawn, whichever stage banned it", () => {
    const options = { forced_token_ids: { "0": 1 }, forced_over_bans: true };
    for (const row of [[0, 0, 0], [0, X, 0], [...new Array<number>(1000).fill(0)]])
      expect(sample(row, { ...options, logit_bias: { "1": null } })).toMatchObject({ token_id: 1, kept: 1 });
    expect(sample([5, 0, 0], { ...options, top_k: 1, temperature: 0.5 }).token_id).toBe(1);
  });

  test("and only where a position is forced", () => {
    const options = { forced_token_ids: { "1": 1 }, forced_over_bans: true };
    expect(sample([0, X, X], options)).toMatchObject({ token_id: 0, kept: 1 });
  });

  test.each([
    [[[0, 1]], "/forced_token_ids", "must be an object of position → token id"],
    [{ first: 1 }, "/forced_token_ids/first", "must have positions (0, 1, 2, …) as keys"],
    [{ "0": -1 }, "/forced_token_ids/0", "must be a token id"],
    [{ "0": "" }, "/forced_token_ids/0", 'must be a token id (0, 1, 2, …) or the text of a token, got ""'],
  ])("%j is refused", (forced_token_ids, pointer, sentence) => {
    const problem = problemOf(() => sample([0, 0], { forced_token_ids }));
    expect([problem.code, problem.pointer]).toEqual(["invalid_option", pointer]);
    expect(problem.message).toContain(sentence);
  });

  test("an id outside the vocabulary is an error that points at it", () => {
    const problem = problemOf(() => sample([0, 0], { forced_token_ids: { "0": 2 } }));
    expect([problem.code, problem.pointer]).toEqual(["token_id_out_of_range", "/forced_token_ids/0"]);
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("forced_token_ids"),
      forced_token_ids: fc.dictionary(fc.constantFrom("0", "1", "2", "3"), fc.integer({ min: 0, max: 5 })),
    }),
    neutral: [forced({})],
    renamed: (entry, rename) => {
      const given = Object.entries(entry["forced_token_ids"] as Record<string, number>);
      return { ...entry, forced_token_ids: Object.fromEntries(given.map(([at, id]) => [at, rename[id]])) };
    },
  });
});
