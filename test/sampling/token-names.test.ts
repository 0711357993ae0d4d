/** Tokens named by their text, and sequences given as texts, in all options that take ids. */
import { describe, expect, test } from "vitest";
import { createSampler } from "../../src/index.ts";
import { tokenNamed, tokensOfBytes } from "../../src/vocabulary/lookup.ts";
import { vocabulariesOf } from "../../src/vocabulary/vocabularies.ts";
import { createVocabulary } from "../../src/vocabulary/vocabulary.ts";
import { problemOf } from "./sample.ts";

/** The first three are the bytes of é and of a, which SentencePiece places before its letters. */
const TOKENS = [
  [0xc3],
  [0xa9],
  [0x61],
  "a",
  "b",
  "ab",
  " ab",
  "c",
  "abc",
  "\n",
  " yes",
  "11",
  "<end>",
  "<think>",
  "<",
  "think>",
  "x\n",
] as const;
const END = 12;
const THINK = 13;

const vocabulary = createVocabulary("letters", {
  tokens: TOKENS.map((each) =>
    typeof each === "string" ? new TextEncoder().encode(each) : Uint8Array.from(each),
  ),
  special: new Map([
    [END, "<end>"],
    [THINK, "<think>"],
  ]),
  end_ids: [END],
});
const sampler = createSampler({}, undefined, { vocabularies: vocabulariesOf([vocabulary], "letters") });
const without = createSampler();
const FLAT = TOKENS.map(() => 0);

type Fields = Readonly<Record<string, unknown>>;

const ids = (...texts: string[]) => texts.map((text) => TOKENS.lastIndexOf(text as never));

/** Ids of the tokens that a step may not draw. */
function banned(options: Fields, history: readonly number[] = []): number[] {
  const { kept_token_ids = [] } = sampler.sample(FLAT, {
    seed: 1,
    kept_token_ids: true,
    history,
    ...options,
  });
  return FLAT.map((_, id) => id).filter((id) => !kept_token_ids.includes(id));
}

/** A log-probability shows what was added to a token's score. */
function added(token_id: number, options: Fields, history: readonly number[] = []): number {
  const report = (more: Fields) =>
    sampler.sample(FLAT, {
      ...{ seed: 1, history, logprobs_mode: "processed", logprob_token_ids: [token_id, 4] },
      ...more,
    }).named_logprobs ?? [];
  const [own, other] = report(options).map(({ logprob }) => logprob ?? Number.NEGATIVE_INFINITY);
  return (own as number) - (other as number); // both were asked for
}

describe("a vocabulary's tokens by their text", () => {
  test.each([
    ["abc", 8],
    ["a", 3],
    ["<end>", END],
    ["<think>", THINK],
    ["é", undefined],
    ["abcd", undefined],
    ["", undefined],
  ])("%j is token %j", (text, id) => {
    expect(tokenNamed(vocabulary, text)).toBe(id);
  });

  test("all with the same bytes are known, and none that only begins with them", () => {
    expect(tokensOfBytes(vocabulary, new TextEncoder().encode("a"))).toEqual([2, 3]);
    expect(tokensOfBytes(vocabulary, new TextEncoder().encode("thin"))).toEqual([]);
  });
});

describe("tokens told by their text", () => {
  test.each<[string, Fields, Fields]>([
    ["allowed_token_ids", { allowed_token_ids: ["ab", 7] }, { allowed_token_ids: [5, 7] }],
    ["logit_bias", { logit_bias: { ab: "-inf", "4": "-inf" } }, { logit_bias: { "5": "-inf", "4": "-inf" } }],
    ["bad_words_ids", { bad_words_ids: [["ab"]] }, { bad_words_ids: [[5]] }],
    [
      "bad_words_spared_ids",
      { bad_words_ids: [[5], [7]], bad_words_spared_ids: ["c"] },
      { bad_words_ids: [[5]] },
    ],
    ["begin_suppress_tokens", { begin_suppress_tokens: ["<end>"] }, { begin_suppress_tokens: [END] }],
    [
      "stop_token_ids",
      { min_tokens: 3, stop_token_ids: ["<end>", "\n"] },
      { min_tokens: 3, stop_token_ids: [END, 9] },
    ],
    ["forced_token_ids", { forced_token_ids: { "0": " yes" } }, { forced_token_ids: { "0": 10 } }],
    [
      "no_repeat_ngram_spared_ids",
      { no_repeat_ngram_size: 1, no_repeat_ngram_spared_ids: ["c"], history: [7, 8] },
      { no_repeat_ngram_size: 1, no_repeat_ngram_spared_ids: [7], history: [7, 8] },
    ],
    [
      "reasoning_forced_ids",
      {
        ...{ reasoning_budget: 0, reasoning_start_ids: "<think>", reasoning_end_ids: ["<end>"] },
        ...{ reasoning_forced_ids: ["\n", "<end>"], history: [THINK] },
      },
      {
        ...{ reasoning_budget: 0, reasoning_start_ids: [THINK], reasoning_end_ids: [END] },
        ...{ reasoning_forced_ids: [9, END], history: [THINK] },
      },
    ],
    [
      "reasoning_end_ids",
      {
        reasoning_budget: 0,
        reasoning_start_ids: "<think>",
        reasoning_end_ids: "<end>",
        history: [THINK],
      },
      { allowed_token_ids: [END] },
    ],
    [
      "end_ids of a grammar",
      { grammar: { regex: "(a|b)?", end_ids: ["\n"] } },
      { allowed_token_ids: [2, 3, 4, 9] },
    ],
  ])("%s: the ids that they are", (_, by_text, by_id) => {
    expect(banned(by_text)).toEqual(banned(by_id));
    expect(banned(by_text)).not.toEqual([]);
  });

  test("a key of digits is an id, whatever token is spelt so", () => {
    expect(banned({ logit_bias: { "11": "-inf" } })).toEqual([11]);
    expect(banned({ logit_bias: { "3": "-inf" } })).toEqual([3]);
  });

  test("biases of a token that is told twice add up", () => {
    expect(added(5, { logit_bias: { "5": 1, ab: 2 } })).toBeCloseTo(3, 5);
  });

  test("a stop token ends a text", () => {
    const logits = FLAT.map((_, id) => (id === END ? 9 : Number.NEGATIVE_INFINITY));
    expect(sampler.sample(logits, { seed: 1, stop: { token_ids: ["<end>"] } }).finish_reason).toBe(
      "stop_token",
    );
    expect(sampler.sample(logits, { seed: 1, stop: { token_ids: ["\n"] } }).finish_reason).toBe(null);
  });

  test.each<[Fields, string, string, string]>([
    [
      { allowed_token_ids: [3, "yes"] },
      "invalid_option",
      "/allowed_token_ids/1",
      'a text must be one token of vocabulary "letters", got "yes", which is none; " yes" is one',
    ],
    [{ allowed_token_ids: ["abab"] }, "invalid_option", "/allowed_token_ids/0", 'got "abab", which is none'],
    [{ logit_bias: { "a/b": 1 } }, "invalid_option", "/logit_bias/a~1b", 'got "a/b", which is none'],
    [{ forced_token_ids: { "0": "abab" } }, "invalid_option", "/forced_token_ids/0", "which is none"],
    [{ min_tokens: 1, stop_token_ids: ["</s>"] }, "invalid_option", "/stop_token_ids/0", "which is none"],
    [{ stop: { token_ids: ["</s>"] } }, "invalid_option", "/stop/token_ids/0", "which is none"],
    [{ grammar: { regex: "a", end_ids: ["</s>"] } }, "invalid_option", "/grammar/end_ids/0", "which is none"],
  ])("%j is refused", (options, code, pointer, sentence) => {
    const problem = problemOf(() => sampler.sample(FLAT, { seed: 1, ...options }));
    expect(problem).toMatchObject({ code, pointer });
    expect(problem.message).toContain(sentence);
  });

  test.each<[Fields, string]>([
    [{ allowed_token_ids: [3, "a"] }, "/allowed_token_ids/1"],
    [{ logit_bias: { a: 1 } }, "/logit_bias/a"],
    [{ bad_words_ids: ["ab"] }, "/bad_words_ids/0"],
    [{ bad_words: ["ab"] }, "/bad_words"],
    [{ sequence_bias: [{ token_ids: "ab", bias: 1 }] }, "/sequence_bias/0/token_ids"],
    [{ dry_multiplier: 1, dry_sequence_breakers: ["\n"], history: [1] }, "/dry_sequence_breakers/0"],
    [{ stop: { token_ids: ["a"] } }, "/stop/token_ids/0"],
    [{ stop: { sequences: ["a"] } }, "/stop/sequences/0"],
  ])("%j needs a vocabulary", (options, pointer) => {
    const problem = problemOf(() => without.sample(FLAT, { seed: 1, ...options }));
    expect(problem).toMatchObject({ code: "option_conflict", pointer });
    expect(problem.message).toContain("needs a vocabulary");
  });

  test("a token beyond the row is an error that points at its text", () => {
    const problem = problemOf(() => sampler.sample([0, 0, 0, 0, 0], { seed: 1, allowed_token_ids: ["ab"] }));
    expect(problem).toMatchObject({ code: "token_id_out_of_range", pointer: "/allowed_token_ids/0" });
  });
});

test("a trace tells the texts of its tokens, and what became of them", () => {
  const logits = FLAT.map((_, id) => (id === 8 ? 2 : id === 1 ? 1 : 0));
  const { trace, fates } = sampler.sample(logits, {
    ...{ seed: 1, top_k: 1, trace: true, logprob_token_ids: [1] },
  });
  expect(trace?.[0]).toMatchObject({
    top: [{ token_id: 8, text: "abc" }],
    knife_edge: { token_id: 1, text: "\uFFFD", bytes: [0xa9] },
  });
  expect(trace?.[0]?.removed[0]).toMatchObject({ token_id: 1, text: "\uFFFD", bytes: [0xa9] });
  expect(fates).toMatchObject([{ token_id: 1, text: "\uFFFD", bytes: [0xa9], removed_by: "top_k" }]);
});

describe("sequences that are texts", () => {
  test.each<[string, string, readonly number[], readonly number[]]>([
    ["as one token", "abc", [], [8]],
    ["as its last token, whatever spelt the beginning", "abc", ids("ab"), [7, 8]],
    ["of single tokens", "abc", ids("a", "b"), [7, 8]],
    ["spelt with a byte", "abc", [2], [8]],
    ["its last token where only that is left", "ab", ids("a"), [4, 5]],
    ["from the beginning of a token on", "abc", ids(" ab"), [8]],
    ["a byte as well as the letter", "a", [], [2, 3]],
    ["a character of two tokens", "é", [0], [1]],
    ["a special token by its name alone", "<think>", ids("<"), [THINK]],
    ["not behind a special token", "abc", [5, END], [8]],
  ])("bans %s: %j behind %j", (_, text, history, expected) => {
    expect(banned({ bad_words_ids: [text] }, history)).toEqual(expected);
  });

  test("the beginning may have to be generated, or the history longer", () => {
    const history = ids("ab");
    const bad_words_ids = ["abc"];
    expect(banned({ bad_words_ids, sequence_scope: "generated", prompt_length: 1 }, history)).toEqual([8]);
    expect(banned({ bad_words_ids, sequence_min_history: "sequence" }, history)).toEqual([8]);
    expect(banned({ bad_words_ids, sequence_min_history: "sequence" }, [4, 5])).toEqual([7, 8]);
  });

  test("bad_words are told with and without a blank before them", () => {
    expect(banned({ bad_words: ["ab"] })).toEqual([5, 6]);
    expect(banned({ bad_words: ["  ab"] })).toEqual([5, 6]);
    expect(banned({ bad_words: ["yes"] })).toEqual([10]);
    expect(banned({ bad_words: ["abc"] }, ids(" ab"))).toEqual([7, 8]);
    expect(banned({ bad_words: ["abc"], preset: "vllm", prompt_length: 1 }, ids(" ab"))).toEqual([8]);
    expect(banned({ bad_words: [] })).toEqual([]);
  });

  test.each([
    [[""], "/bad_words/0", "must have 1 to 255 bytes of UTF-8 behind the blanks"],
    [[" "], "/bad_words/0", "must have 1 to 255 bytes of UTF-8 behind the blanks"],
    [["a".repeat(256)], "/bad_words/0", "must have 1 to 255 bytes of UTF-8 behind the blanks"],
    [[5], "/bad_words/0", "must be a string, got 5"],
    [new Array(513).fill("a"), "/bad_words", "must be an array of at most 512 words, got 513"],
  ])("bad_words %j are refused", (bad_words, pointer, sentence) => {
    const problem = problemOf(() => sampler.sample(FLAT, { seed: 1, bad_words }));
    expect(problem).toMatchObject({ code: "invalid_option", pointer });
    expect(problem.message).toContain(sentence);
  });

  test("a word of 255 bytes, 512 words, and 1,024 texts are taken", () => {
    const words = Array.from({ length: 512 }, (_, i) => `${"a".repeat(240)}${i}`);
    expect(banned({ bad_words: words })).toEqual([]);
    expect(banned({ bad_words_ids: [...words, ...words] })).toEqual([]);
    const problem = problemOf(() =>
      sampler.sample(FLAT, { seed: 1, bad_words_ids: [...words, ...words, "a"] }),
    );
    expect(problem.message).toContain("may have at most 1024 texts, got 1025");
  });

  test("a bias is added to each token that would complete the text", () => {
    const options = { sequence_bias: [{ token_ids: "abc", bias: 2 }] };
    expect(added(8, options)).toBeCloseTo(2, 5);
    expect(added(7, options)).toBeCloseTo(0, 5);
    expect(added(7, options, ids("a", "b"))).toBeCloseTo(2, 5);
  });

  test.each<[string, readonly number[], number, string | null]>([
    ["abc", ids("ab"), 7, "stop_sequence"],
    ["abc", ids("a", "b"), 7, "stop_sequence"],
    ["abc", [], 8, "stop_sequence"],
    ["abc", ids(" ab"), 7, null],
    ["bc", ids("ab"), 7, null],
    ["<end>", [], END, "stop_sequence"],
    ["abc", [5, END], 7, null],
  ])("stop.sequences %j behind %j and token %i: %j", (text, history, token_id, finish_reason) => {
    const logits = FLAT.map((_, id) => (id === token_id ? 0 : Number.NEGATIVE_INFINITY));
    const sampled = sampler.sample(logits, { seed: 1, history, stop: { sequences: [text] } });
    expect(sampled.finish_reason).toBe(finish_reason);
  });
});

describe("dry_sequence_breakers that are texts", () => {
  const taken = (token_id: number, breakers: readonly unknown[], history: readonly number[]) =>
    added(
      token_id,
      { dry_multiplier: 1, dry_base: 2, dry_allowed_length: 1, dry_sequence_breakers: breakers },
      history,
    );
  const [A, C, AB, LINE, X_LINE] = [3, 7, 5, 9, 16];

  test.each<[string, readonly unknown[], readonly number[], number]>([
    // "c a" stood before ab: a run of 2, 1 · 2^(2 − 1)
    ["none", [], [C, A, AB, C, A], -2],
    ["a token of the run", ["c"], [C, A, AB, C, A], -1],
    ["a token that holds the text", ["\n"], [C, X_LINE, A, AB, C, X_LINE, A], -1],
    ["the token that is the text", ["\n"], [LINE, A, AB, LINE, A], -1],
    ["a text over several tokens", ["ca"], [C, A, AB, C, A], 0],
    ["a text that ends inside a token", ["ca"], [C, AB, AB, C, AB], 0],
    ["a text that would only be complete with the next token", ["aa"], [C, A, AB, C, A], -2],
    ["texts and tokens side by side", ["zz", [A]], [C, A, AB, C, A], 0],
  ])("%s", (_, breakers, history, expected) => {
    expect(taken(AB, breakers, history)).toBeCloseTo(expected, 5);
  });

  test("a token that holds one is never penalised, but by the rule cut", () => {
    const history = [A, X_LINE, A];
    expect(taken(X_LINE, [], history)).toBeCloseTo(-1, 5);
    expect(taken(X_LINE, ["\n"], history)).toBeCloseTo(0, 5);
  });
});
