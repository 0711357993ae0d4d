import { describe, expect, test } from "vitest";
import { parseStepOptions, STEP_OPTIONS } from "../../../src/sampling/options/step-options.ts";
import { problemOf } from "../sample.ts";

const names = (value: unknown) =>
  parseStepOptions(value).chain.map(({ stage, skipped }) => [stage.name, skipped]);

describe("the short form", () => {
  test("runs in the order of OpenAI's API whatever the order of the keys", () => {
    expect(
      names({
        min_p: 0.1,
        top_p: 0.9,
        temperature: 0.7,
        top_k: 4,
        logit_bias: { "1": 2 },
        frequency_penalty: 1,
      }),
    ).toEqual([
      ["logit_bias", undefined],
      ["frequency_penalty", undefined],
      ["temperature", undefined],
      ["top_k", undefined],
      ["top_p", undefined],
      ["min_p", undefined],
    ]);
  });

  test("nothing asked for is an empty chain", () => {
    expect(names({})).toEqual([]);
  });

  test("neutral stages stay in the chain and are skipped", () => {
    expect(names({ temperature: 1, top_k: 0, top_p: 1, min_p: 0 }).map(([, skipped]) => skipped)).toEqual(
      new Array(4).fill("neutral"),
    );
  });

  test("a greedy chain skips what cannot change the argmax before it", () => {
    expect(names({ temperature: 0, presence_penalty: 1, history: [1] })).toEqual([
      ["presence_penalty", undefined],
      ["temperature", undefined],
    ]);
    expect(
      names({
        chain: [
          { stage: "top_k", top_k: 40 },
          { stage: "min_p", min_p: 0.1 },
          { stage: "temperature", temperature: 0 },
        ],
      }),
    ).toEqual([
      ["top_k", "greedy"],
      ["min_p", "greedy"],
      ["temperature", undefined],
    ]);
  });

  test("a greedy chain runs what stands before a stage that may change the argmax", () => {
    // the penalty must not lift a token that top_p has removed
    expect(
      names({
        chain: [
          { stage: "top_p", top_p: 0.5 },
          { stage: "presence_penalty", presence_penalty: -1 },
          { stage: "min_p", min_p: 0.1 },
          { stage: "presence_penalty", presence_penalty: 0 },
          { stage: "temperature", temperature: 0 },
        ],
        history: [1],
      }),
    ).toEqual([
      ["top_p", undefined],
      ["presence_penalty", undefined],
      ["min_p", "greedy"],
      ["presence_penalty", "neutral"],
      ["temperature", undefined],
    ]);
  });
});

describe("options that are refused", () => {
  test.each([
    [
      { top_q: 1 },
      "unknown_option",
      "/top_q",
      'there is no option "top_q"; did you mean "top_h", "top_k", "top_a" or "top_p"?',
    ],
    [{ top_p: 1.5 }, "invalid_option", "/top_p", "top_p must lie in [0, 1], got 1.5"],
    [{ top_p: "0.5" }, "invalid_option", "/top_p", 'top_p must be a number in [0, 1], got "0.5"'],
    [
      { temperature: null },
      "invalid_option",
      "/temperature",
      "temperature must be a number in [0, 1000], got null",
    ],
    [{ temperature: -1 }, "invalid_option", "/temperature", "got -1"],
    [{ top_k: 1.5 }, "invalid_option", "/top_k", "top_k must be a whole number of at least 0, got 1.5"],
    [{ logprobs: 1 }, "invalid_option", "/logprobs", "logprobs must be true or false, got 1"],
    [{ seed: 1.5 }, "invalid_option", "/seed", "seed must be an integer of 64 bits"],
    [{ seed: true }, "invalid_option", "/seed", "seed"],
    [
      { step: 2 ** 53 },
      "invalid_option",
      "/step",
      "must be at most 9007199254740991 in size, got 9007199254740992",
    ],
    [{ top_logprobs: 3, logprobs: false }, "option_conflict", "/top_logprobs", "top_logprobs needs logprobs"],
    [{ step: -1 }, "invalid_option", "/step", "step must be a whole number of at least 0, got -1"],
    [
      { history: [1, "2"] },
      "invalid_option",
      "/history/1",
      'must be a token id (0, 1, 2, …), or -1 for a token without one, got "2"',
    ],
    [{ history: 5 }, "invalid_option", "/history", "must be an array of token ids, got 5"],
    [
      { history: [1], prompt_length: 2 },
      "invalid_option",
      "/prompt_length",
      "at most the length of history, 1, got 2",
    ],
    [
      { logit_bias: { "01": 1 } },
      "invalid_option",
      "/logit_bias/01",
      "must have token ids (0, 1, 2, …) or texts of tokens as keys",
    ],
    [{ logit_bias: { "": 1 } }, "invalid_option", "/logit_bias/", "as keys"],
    [
      { logit_bias: { "1": "x" } },
      "invalid_option",
      "/logit_bias/1",
      'must be a finite number, "-inf" or null, got "x"',
    ],
    [{ logit_bias: [1] }, "invalid_option", "/logit_bias", "must be an object"],
    [{ preset: "lama.cpp" }, "unknown_preset", "/preset", '; did you mean "llama.cpp"?'],
    [{ logprobs_mode: "proccessed" }, "invalid_option", "/logprobs_mode", '; did you mean "processed"?'],
    [{ chain: [{ stage: "topk" }] }, "unknown_stage", "/chain/0/stage", '; did you mean "top_k"?'],
    [
      { chain: [{ stage: "top_p", top_p: 0.5, min_kept: 2 }] },
      "unknown_option",
      "/chain/0/min_kept",
      'here; did you mean "min_keep"?',
    ],
    [{ preset: "gpt" }, "unknown_preset", "/preset", 'there is no preset "gpt"'],
    [
      { chain: [{ stage: "top_q" }] },
      "unknown_stage",
      "/chain/0/stage",
      'there is no stage "top_q"; did you mean "top_h", "top_k", "top_a" or "top_p"? Known: ',
    ],
    [{ chain: [{ top_k: 1 }] }, "invalid_option", "/chain/0", "an entry of chain must be an object"],
    [
      { chain: [{ stage: "top_k" }] },
      "invalid_option",
      "/chain/0/top_k",
      "top_k must be a whole number of at least 0, got nothing",
    ],
    [
      { chain: [{ stage: "top_k", top_k: 1, top_p: 1 }] },
      "unknown_option",
      "/chain/0/top_p",
      'there is no option "top_p" here',
    ],
    [
      { chain: [{ stage: "top_k", top_k: 1 }], temperature: 1 },
      "option_conflict",
      "/temperature",
      "put temperature into it",
    ],
    [{ chain: [], preset: "default" }, "option_conflict", "/preset", "exclude each other"],
    [
      { state: { mu: 1 } },
      "option_conflict",
      "/state/mu",
      'no stage of this chain and no stop carries a state named "mu"',
    ],
    [{ trace: "slow" }, "invalid_option", "/trace", 'must be true, false or "timed", got "slow"'],
    [{ ties: "maybe" }, "invalid_option", "/ties", 'ties must be one of "cut", "keep", got "maybe"'],
    [
      { top_logprobs: 5000 },
      "limit_exceeded",
      "/top_logprobs",
      "at most 1024 tokens (top_logprobs_max), got 5000",
    ],
    [
      { allowed_token_ids: new Array(65_537).fill(1) },
      "limit_exceeded",
      "/allowed_token_ids",
      "at most 65536 entries (bias_entries_max), got 65537",
    ],
    [
      { chain: [{ stage: "bad_words_ids", bad_words_ids: new Array(65_537).fill([1]) }] },
      "limit_exceeded",
      "/chain/0/bad_words_ids",
      "at most 65536 entries (bias_entries_max), got 65537",
    ],
    [
      { stop: { sequences: new Array(65_537).fill([1]) } },
      "limit_exceeded",
      "/stop/sequences",
      "at most 65536 entries (bias_entries_max), got 65537",
    ],
    [
      { stop: { token_ids: new Array(65_537).fill(1) } },
      "limit_exceeded",
      "/stop/token_ids",
      "at most 65536 entries (bias_entries_max), got 65537",
    ],
    [JSON.parse('{"__proto__": {"top_k": 1}}'), "unknown_option", "/__proto__", "__proto__"],
    [[], "invalid_option", "", "options must be an object"],
  ])("%j", (value, code, pointer, sentence) => {
    const problem = problemOf(() => parseStepOptions(value));
    expect(problem).toMatchObject({ code, pointer });
    expect(problem.message).toContain(sentence);
  });
});

test("a step may stop at as many sequences as it may list of other tokens", () => {
  const sequences = new Array(65_536).fill([1]);
  expect(() => parseStepOptions({ stop: { sequences } })).not.toThrow();
});

describe("a value of the wrong type", () => {
  const wrong = [null, true, "x", "", [], {}, -5, 1.5, 1e300, [null], [{}], { a: 1 }];

  test("is refused in the rule's own words, whatever the option", () => {
    const sentences = Object.keys(STEP_OPTIONS.shape).flatMap((option) =>
      wrong.map((value) => sentenceOf({ [option]: value })),
    );
    expect(sentences.filter((sentence) => sentence !== undefined).length).toBeGreaterThan(300);
    for (const sentence of sentences) expect(sentence ?? "").not.toMatch(/invalid input|expected|received/i);
  });

  test.each([
    ["seed", null, "seed must be an integer of 64 bits, as a number or a decimal string, got null"],
    ["preset", 1.5, "preset must be a string, got 1.5"],
    ["chain", null, "chain must be an array, got null"],
    ["calibration", [], "calibration must be an object, got []"],
  ])("%s: %j", (option, value, sentence) => {
    expect(sentenceOf({ [option]: value })).toBe(sentence);
  });
});

function sentenceOf(options: unknown): string | undefined {
  try {
    parseStepOptions(options);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a penalty without a history", () => {
  test.each([
    { repetition_penalty: 1.2 },
    { presence_penalty: 0.5 },
    { frequency_penalty: 0.5 },
    { dry_multiplier: 0.8 },
    { no_repeat_ngram_size: 3 },
    { chain: [{ stage: "repetition_penalty", repetition_penalty: 1.2 }] },
  ])("%j is warned of", (options) => {
    expect(parseStepOptions(options).warnings).toEqual([expect.stringContaining("looks at history")]);
    expect(parseStepOptions({ ...options, history: [] }).warnings).toBeUndefined();
  });

  test.each([{}, { repetition_penalty: 1 }, { presence_penalty: 0 }, { top_k: 4 }, { preset: "llama.cpp" }])(
    "%j is not",
    (options) => {
      expect(parseStepOptions(options).warnings).toBeUndefined();
    },
  );
});
