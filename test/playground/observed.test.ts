/** Pasted results of another engine, and how they are read. */
import { describe, expect, test } from "vitest";
import { readObserved, type TokensOfRow } from "../../playground/src/rows/read/observed.ts";

const LABELS = [" cat", " dog", "7", "a b"];

const ROW: TokensOfRow = {
  vocab_size: 40,
  idOf: (label) => (LABELS.includes(label) ? LABELS.indexOf(label) : undefined),
};

const read = (text: string, row = ROW) => readObserved(text, row);

const PROBABILITIES = { token_ids: [0, 1], probabilities: [0.75, 0.25] };

describe("tokens with numbers", () => {
  test.each([
    ["lines", "cat: 0.75\ndog: 0.25"],
    ["lines by id", "#0 0.75\n#1 0.25"],
    ["equals signs", " cat = 0.75\n dog = .25"],
    ["a table with a head", "token,probability\ncat,0.75\ndog,0.25"],
    ["tabs", "cat\t0.75\ndog\t0.25"],
    ["per cent", "cat: 75 %\ndog: 25%"],
    ["quoted", '" cat": 0.75\n" dog": 0.25'],
    ["an object", '{" cat": 0.75, "dog": 0.25}'],
    ["a reply", '{"top_probs": [{"token": " cat", "prob": 0.75}, {"id": 1, "prob": 0.25}]}'],
    ["the field", '{"token_ids": [0, 1], "probabilities": [0.75, 0.25]}'],
    ["the field in a request", '{"observed": {"token_ids": [0, 1], "probabilities": [0.75, 0.25]}}'],
  ])("%s", (_, text) => {
    expect(read(text).observed).toEqual(PROBABILITIES);
  });

  test("numbers keep their digits, of which the rounding is known", () => {
    expect(read("cat: 12.3 %\ndog: 0.1 %").observed).toEqual({
      token_ids: [0, 1],
      probabilities: [0.123, 0.001],
    });
    expect(read("cat: 0.571\ndog: 0.4").observed).toEqual({ token_ids: [0, 1], probabilities: [0.571, 0.4] });
  });

  test("log-probabilities", () => {
    expect(read("cat: -0.5\ndog: -inf")).toEqual({
      observed: { token_ids: [0, 1], logprobs: [-0.5, null] },
      how: "the log-probabilities of 2 tokens",
    });
    const reply = { choices: [{ logprobs: { top_logprobs: [{ " cat": -0.1, " dog": -3 }] } }] };
    expect(read(JSON.stringify(reply)).observed).toEqual({ token_ids: [0, 1], logprobs: [-0.1, -3] });
  });

  test("the probability of each token of the row", () => {
    const row = { ...ROW, vocab_size: 3 };
    expect(read("[0.5, 0, 0.5]", row).observed).toEqual({ token_ids: [0, 2], probabilities: [0.5, 0.5] });
  });
});

describe("tokens alone", () => {
  test.each([
    ["one by id", "12", { drawn: [12] }],
    ["one by its text", "cat", { drawn: [0] }],
    ["a text with a blank", "a b", { drawn: [3] }],
    ["several", "cat\ndog\n#9", { kept: [0, 1, 9] }],
    ["ids in a line", "12, 5 9", { kept: [12, 5, 9] }],
    ["a list", "[12, 5]", { kept: [12, 5] }],
    ["a list of texts", '[" cat", "dog"]', { kept: [0, 1] }],
    ["the set", '{"kept": [3]}', { kept: [3] }],
  ])("%s", (_, text, observed) => {
    expect(read(text).observed).toEqual(observed);
  });

  test("a token whose text is a number goes by its text", () => {
    expect(read('"7"').observed).toEqual({ drawn: [2] });
  });
});

describe("what cannot be read", () => {
  test.each([
    ["bird: 0.5\ndog: 0.5", "“bird” is no token of this row"],
    ["cat: 3\ndog: 8", "These are logits"],
    ["{}", "neither tokens nor the alternatives"],
    ["{'kept': [3]}", "has to be JSON"],
    ["[1, 2", "The text ends before “]”"],
  ])("%j", (text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
  });
});
