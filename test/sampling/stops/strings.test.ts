/** Strings that end a text, or that it must not contain, for every position of the token boundaries. */
import { describe, expect, test } from "vitest";
import { createSampler, openStream } from "../../../src/index.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { vocabulariesOf } from "../../../src/vocabulary/vocabularies.ts";
import { createVocabulary } from "../../../src/vocabulary/vocabulary.ts";
import { problemOf } from "../sample.ts";

/** é is two bytes, each of them a token; 9 is a special token. */
const TOKENS = ["a", "b", "ab", "bc", "abc", "\n", " ab", [0xc3], [0xa9], "<end>", "A", "cab"];
const END = 9;
const X = Number.NEGATIVE_INFINITY;

const vocabulary = createVocabulary("letters", {
  tokens: TOKENS.map((each) =>
    typeof each === "string" ? new TextEncoder().encode(each) : Uint8Array.from(each),
  ),
  special: new Map([[END, "<end>"]]),
  end_ids: [END],
});
const sampler = createSampler({}, undefined, { vocabularies: vocabulariesOf([vocabulary], "letters") });
const plain = createSampler();

const id = (text: string) => TOKENS.indexOf(text);
const ids = (...texts: string[]) => texts.map(id);
const drawing = (token_id: number) => TOKENS.map((_, each) => (each === token_id ? 0 : X));

type Fields = Readonly<Record<string, unknown>>;
const sample = (token_id: number, options: Fields) =>
  sampler.sample(drawing(token_id), { seed: 1, ...options });

describe("stop.strings", () => {
  test.each([
    // in one token: at its end, in its middle, at its beginning
    ["abc", [], "abc", 3, ""],
    ["bc", [], "abc", 2, "a"],
    ["b", [], "abc", 2, "a"],
    ["a", [], "cab", 2, "c"],
    // over several
    ["bab", ["b"], "ab", 3, ""],
    ["ba", ["b"], "ab", 3, ""],
    ["aba", ["a", "b"], "abc", 5, ""],
    [" abab", [" ab"], "ab", 5, ""],
  ])(
    "%j behind %j and %j: %i bytes, and %j is left of the token",
    (stop, before, drawn, stop_bytes, text) => {
      const sampled = sample(id(drawn), { stop: { strings: [stop] }, history: ids(...before) });
      expect(sampled).toMatchObject({ finish_reason: "stop_sequence", stop_bytes, text });
    },
  );

  test.each([
    ["ac", ["a"], "bc"],
    // ended before this token
    ["ab", ["ab"], "a"],
    ["abc", [], "ab"],
  ])("%j is not in %j and %j", (stop, before, drawn) => {
    const sampled = sample(id(drawn), { stop: { strings: [stop] }, history: ids(...before) });
    expect(sampled.finish_reason).toBe(null);
    expect(sampled).not.toHaveProperty("stop_bytes");
    expect(sampled.text).toBe(drawn);
  });

  test("the one that begins first is told", () => {
    expect(sample(id("abc"), { stop: { strings: ["bc", "ab", "c"] } }).stop_bytes).toBe(3);
  });

  test("half a character is none, and both halves are one", () => {
    const stop = { strings: ["é"] };
    expect(sample(7, { stop }).finish_reason).toBe(null);
    expect(sample(8, { stop, history: [7] })).toMatchObject({
      finish_reason: "stop_sequence",
      stop_bytes: 2,
    });
  });

  test("the prompt and special tokens are no text", () => {
    const stop = { strings: ["aab"] };
    const last = id("ab");
    expect(sample(last, { stop, history: ids("a") }).finish_reason).toBe("stop_sequence");
    expect(sample(last, { stop, history: ids("a"), prompt_length: 1 }).finish_reason).toBe(null);
    expect(sample(last, { stop, history: [id("a"), END] }).finish_reason).toBe(null);
    expect(sample(END, { stop: { strings: ["<end>"] } }).finish_reason).toBe(null);
  });

  test("a string touches at most 256 tokens, those without text among them", () => {
    const textless = 50;
    const wide = Array.from({ length: textless + 1 }, (_, each) => (each === id("b") ? 0 : X));
    const behind = (between: number) =>
      sampler.sample(wide, {
        seed: 1,
        stop: { strings: ["ab"] },
        history: [id("a"), ...new Array<number>(between).fill(textless)],
      }).finish_reason;
    expect([behind(253), behind(254), behind(255)]).toEqual(["stop_sequence", "stop_sequence", null]);
  });

  test("without a vocabulary they are refused", () => {
    const problem = problemOf(() => plain.sample([1, 2], { stop: { strings: ["a"] } }));
    expect([problem.code, problem.pointer]).toEqual(["option_conflict", "/stop/strings"]);
  });

  test("1 to 256 bytes each, at most 64", () => {
    const of = (...strings: unknown[]) => problemOf(() => parseStepOptions({ stop: { strings } }));
    expect(of("").message).toContain("1 to 256 bytes of UTF-8, got 0");
    expect(of("é".repeat(129)).message).toContain("got 258");
    expect(of(3).message).toContain("must be a string, got 3");
    expect(of(...Array.from({ length: 65 }, () => "a")).message).toContain("at most 64 strings, got 65");
    const most = Array.from({ length: 64 }, () => "é".repeat(128));
    expect(() => parseStepOptions({ stop: { strings: most } })).not.toThrow();
  });
});

describe("banned_strings", () => {
  const banned = (...strings: string[]) => ({ banned_strings: strings });

  test("a token that has one in it is taken back alone", () => {
    expect(sample(id("abc"), banned("b"))).toMatchObject({
      rewind: 1,
      state: { banned_strings: { banned: [{ at: 0, token_id: id("abc") }] } },
    });
  });

  test("what began it is turned down at its place", () => {
    expect(sample(id("bc"), { ...banned("abbc"), history: ids("a", "a", "b") })).toMatchObject({
      rewind: 3,
      state: { banned_strings: { banned: [{ at: 1, token_id: id("a") }] } },
    });
  });

  test("nothing is said while none is there", () => {
    expect(sample(id("ab"), banned("abc"))).not.toHaveProperty("rewind");
  });

  test("letters of another case count when asked to", () => {
    expect(sample(id("A"), banned("a"))).not.toHaveProperty("rewind");
    expect(sample(id("A"), { ...banned("a"), banned_ignore_case: true }).rewind).toBe(1);
    expect(sample(id("a"), { ...banned("A"), banned_ignore_case: true }).rewind).toBe(1);
  });

  test("a stream goes back by itself, with the same randomness and without the token", () => {
    const row = TOKENS.map((_, each) => (each === END ? X : -each / 10));
    const options = { ...banned("ab"), seed: 11, temperature: 1 };
    const stream = openStream(sampler, options);
    let rewound = 0;
    for (let drawn = 0; drawn < 400 && stream.history.length < 60; drawn++) {
      const { length } = stream.history;
      const { rewind = 0 } = stream.next(row);
      rewound += rewind > 0 ? 1 : 0;
      expect(stream.history.length).toBe(length + 1 - rewind);
      expect(stream.step).toBe(stream.history.length);
    }
    const text = stream.history.map((each) => TOKENS[each]).join("");
    expect(text).not.toContain("ab");
    expect(rewound).toBeGreaterThan(10);
    const again = openStream(sampler, options);
    while (again.history.length < 60) again.next(row);
    expect(again.history).toEqual(stream.history);
  });

  test("calls of their own go the same way when the host goes back", () => {
    const row = TOKENS.map((_, each) => (each === END ? X : -each / 10));
    const options = { ...banned("ab", "bb"), seed: 5, temperature: 1, mirostat: 2 };
    const stream = openStream(sampler, options);
    const history: number[] = [];
    const states: (Fields | null)[] = [null];
    for (let i = 0; i < 120; i++) {
      const sampled = sampler.sample(row, {
        ...options,
        history,
        step: history.length,
        state: states.at(-1),
      });
      expect(JSON.stringify(stream.next(row))).toBe(JSON.stringify(sampled));
      history.push(sampled.token_id);
      states.push(sampled.state);
      const { rewind } = sampled;
      if (rewind === undefined) continue;
      history.length -= rewind;
      states.length -= rewind;
      const { banned_strings } = sampled.state as Record<string, unknown>;
      states.push({ ...states.pop(), banned_strings });
      // In the first step the other samplers have their initial state.
      if (history.length === 0) states[0] = { banned_strings };
    }
    expect(stream.history).toEqual(history);
  });

  test("without a vocabulary they are refused, and with all tokens turned down the stage is named", () => {
    expect(problemOf(() => plain.sample([1, 2], banned("a"))).pointer).toBe("/banned_strings");
    const state = { banned_strings: { banned: [{ at: 0, token_id: 3 }] } };
    const problem = problemOf(() => sample(3, { ...banned("q"), state }));
    expect(problem.message).toContain("banned_strings");
  });
});
