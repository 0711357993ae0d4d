import { describe, expect, test } from "vitest";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { openStream } from "../../src/sampling/stream.ts";
import { problemOf, randomRow, sampler, sparse } from "./sample.ts";
import { next } from "./stream-step.ts";

const GREEDY = { temperature: 0, seed: 1 };

describe("a sequence by hand", () => {
  test("greedy steps over three rows take the largest logit of each and number the steps from 0", () => {
    const stream = openStream(sampler, GREEDY);
    const drawn = [
      [1, 5, 2],
      [9, 5, 2],
      [1, 5, 6],
    ].map((row) => next(stream, row));
    expect(drawn.map(({ token_id, step }) => [token_id, step])).toEqual([
      [1, 0],
      [0, 1],
      [2, 2],
    ]);
    expect(stream.history).toEqual([1, 0, 2]);
    expect(stream.step).toBe(3);
  });

  test("a drawn token counts for the penalties of the next step", () => {
    const stream = openStream(sampler, { ...GREEDY, presence_penalty: 2 });
    expect(next(stream, [0, 5, 4]).token_id).toBe(1);
    expect(next(stream, [0, 5, 4]).token_id).toBe(2); // 5 − 2 < 4
    expect(next(stream, [0, 5, 4]).token_id).toBe(1); // 5 − 2 > 4 − 2
  });

  test("accepted tokens stand in the history and count as steps", () => {
    const stream = openStream(sampler, { ...GREEDY, presence_penalty: 2 });
    stream.accept([1, 1]);
    expect(next(stream, [0, 5, 4])).toMatchObject({ token_id: 2, step: 2 });
    expect(stream.history).toEqual([1, 1, 2]);
  });

  test("rewinding takes back tokens and steps, drawn and accepted alike", () => {
    const stream = openStream(sampler, GREEDY);
    next(stream, [1, 2]);
    stream.accept([7, 8]);
    stream.rewind(2);
    expect([stream.history, stream.step]).toEqual([[1], 1]);
    stream.rewind(1);
    expect([stream.history, stream.step]).toEqual([[], 0]);
  });

  test("a step's own options hold for that step only", () => {
    const stream = openStream(sampler, GREEDY);
    expect(next(stream, [0, 5, 4], { logit_bias: { "1": null } }).token_id).toBe(2);
    expect(next(stream, [0, 5, 4]).token_id).toBe(1);
  });

  test("an update holds from the next step on, and null takes an option back", () => {
    const stream = openStream(sampler, GREEDY);
    stream.update({ logit_bias: { "1": null, "2": null } });
    expect(next(stream, [0, 5, 4]).token_id).toBe(0);
    expect(next(stream, [0, 5, 4]).token_id).toBe(0);
    stream.update({ logit_bias: null });
    expect(next(stream, [0, 5, 4]).token_id).toBe(1);
  });

  test("null exchanges short options for a chain", () => {
    const stream = openStream(sampler, { seed: 1, temperature: 0.5 });
    stream.update({ temperature: null, chain: [{ stage: "temperature", temperature: 0 }] });
    expect(next(stream, [0, 5, 4]).token_id).toBe(1);
  });

  test("sparse rows are steps like others", () => {
    const stream = openStream(sampler, GREEDY);
    const row = sparse([
      [40, 1],
      [90, 3],
    ]);
    expect(stream.next(row)).toMatchObject({ token_id: 90, step: 0 });
    expect(stream.history).toEqual([90]);
  });

  test("without a seed one is drawn at the opening and kept, an update of null included", () => {
    const stream = openStream(sampler);
    const seeds = [next(stream, [1, 1]).seed];
    stream.update({ seed: null });
    seeds.push(next(stream, [1, 1]).seed);
    expect(seeds).toEqual([stream.seed, stream.seed]);
    expect(openStream(sampler).seed).not.toBe(stream.seed);
  });
});

describe("where a sequence begins", () => {
  test("step is what was given, or the number of tokens behind the prompt", () => {
    expect(openStream(sampler, {}).step).toBe(0);
    expect(openStream(sampler, { history: [1, 2, 3], prompt_length: 3 }).step).toBe(0);
    expect(openStream(sampler, { history: [1, 2, 3], prompt_length: 1 }).step).toBe(2);
    expect(openStream(sampler, { history: [1, 2, 3], prompt_length: 1, step: 0 }).step).toBe(0);
  });

  test("the history that was given is copied, not kept", () => {
    const history = [1, 0];
    const stream = openStream(sampler, { ...GREEDY, history });
    next(stream, [1, 2]);
    expect(history).toEqual([1, 0]);
  });
});

describe("what is refused", () => {
  const stream = openStream(sampler, { ...GREEDY, history: [0] });
  next(stream, [1, 2]);

  test.each([
    ["an update of the history", () => stream.update({ history: [] }), "option_conflict", "/history"],
    ["an update of the step", () => stream.update({ step: 4 }), "option_conflict", "/step"],
    ["a state of one's own", () => next(stream, [1, 2], { state: null }), "option_conflict", "/state"],
    ["an option out of range", () => stream.update({ top_p: 1.5 }), "invalid_option", "/top_p"],
    ["an option that is none", () => stream.update({ top: 1 }), "unknown_option", "/top"],
    ["an update that is no object", () => stream.update([1]), "invalid_option", ""],
    ["tokens that are none", () => stream.accept([1, 2 ** 31]), "invalid_option", "/token_ids/1"],
    ["no tokens at all", () => stream.accept("1"), "invalid_option", "/token_ids"],
    ["rewinding past the opening", () => stream.rewind(2), "invalid_option", "/steps"],
    ["rewinding by nothing", () => stream.rewind(0), "invalid_option", "/steps"],
    ["rewinding by a word", () => stream.rewind("1"), "invalid_option", "/steps"],
  ] as const)("%s", (_, run, code, pointer) => {
    expect(problemOf(run)).toMatchObject({ code, pointer });
    expect([stream.history, stream.step]).toEqual([[0, 1], 2]);
  });

  test("after a refused update and a refused row the sequence goes on as before", () => {
    const own = openStream(sampler, GREEDY);
    problemOf(() => own.update({ logit_bias: { "1": null }, top_p: 1.5 }));
    problemOf(() => next(own, [Number.NaN, 1]));
    expect(next(own, [0, 5])).toMatchObject({ token_id: 1, step: 0 });
  });

  test("a history longer than the limit, with the limit's number", () => {
    const limits = { ...DEFAULT_OPTION_LIMITS, history_length_max: 2 };
    const short = openStream(sampler, GREEDY, limits);
    short.accept([0, 0]);
    const problem = problemOf(() => next(short, [1, 2]));
    expect(problem.code).toBe("limit_exceeded");
    expect(problem.message).toMatch("at most 2 tokens (history_length_max), got 3");
    expect(problemOf(() => short.accept([0])).pointer).toBe("/token_ids");
  });
});

const VOCABULARY = 200;
const ROWS = Array.from({ length: 4 }, (_, seed) => randomRow(VOCABULARY, seed + 1, true));

test("rewinding takes the state back too, and an accepted token leaves it as it is", () => {
  const stream = openStream(sampler, { seed: 7, mirostat: 2 });
  const states = [stream.state];
  const drawn = ROWS.map((row) => {
    const sampled = next(stream, row);
    states.push(stream.state);
    return sampled;
  });
  stream.rewind(3);
  expect(stream.state).toEqual(states[1]);
  expect(ROWS.slice(1).map((row) => next(stream, row))).toEqual(drawn.slice(1));
  stream.accept([5]);
  expect(stream.state).toEqual(states[4]);
  stream.rewind(1);
  stream.update({ mirostat: null, temperature: 1 });
  expect(stream.state).toEqual({});
});

test("a sequence that broke off anywhere goes on with the same tokens from seed, history and state", () => {
  const given = { temperature: 1.2, repetition_penalty: 1.1, history: [5, 9], prompt_length: 2 };
  const whole = openStream(sampler, given);
  const replies = Array.from({ length: 12 }, (_, i) => next(whole, ROWS[i % 4]!));
  for (let cut = 1; cut < replies.length; cut++) {
    const { seed, state } = replies[cut - 1]!;
    const history = [5, 9, ...replies.slice(0, cut).map(({ token_id }) => token_id)];
    const resumed = openStream(sampler, JSON.parse(JSON.stringify({ ...given, seed, state, history })));
    const rest = replies.slice(cut).map((_, i) => next(resumed, ROWS[(cut + i) % 4]!));
    expect(rest).toEqual(replies.slice(cut));
  }
});
