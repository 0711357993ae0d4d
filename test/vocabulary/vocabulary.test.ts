/** Tokens as bytes, from the files that define them. */
import { readFileSync } from "node:fs";
import { decode as decodeHarmony } from "gpt-tokenizer/encoding/o200k_harmony";
import { describe, expect, test } from "vitest";
import { demoVocabulary } from "../../src/vocabulary/demo.ts";
import { tokensOfGguf } from "../../src/vocabulary/gguf.ts";
import { textOf } from "../../src/vocabulary/text.ts";
import { tokensOfTiktoken } from "../../src/vocabulary/tiktoken.ts";
import { tokensOfTokenizerJson } from "../../src/vocabulary/tokenizer-json.ts";
import { trieOf } from "../../src/vocabulary/trie.ts";
import { vocabulariesOf } from "../../src/vocabulary/vocabularies.ts";
import { bytesOf, createVocabulary, type TokenList } from "../../src/vocabulary/vocabulary.ts";
import { problemOf } from "../sampling/sample.ts";

const UTF8 = new TextEncoder();

function texts(list: TokenList): (string | undefined)[] {
  return list.tokens.map((token) => token && Buffer.from(token).toString("latin1"));
}

describe("tokenizer.json", () => {
  test("of a byte-level tokenizer: letters stand for bytes, half a character is half a character", () => {
    const list = tokensOfTokenizerJson(
      JSON.stringify({
        added_tokens: [{ id: 4, content: "<|endoftext|>", special: true }],
        decoder: { type: "ByteLevel" },
        model: { type: "BPE", vocab: { "!": 0, Ġthe: 1, Ã: 2, Ċ: 3 } },
      }),
    );
    expect(texts(list)).toEqual(["!", " the", "\xc3", "\n", "<|endoftext|>"]);
    expect([...list.special]).toEqual([[4, "<|endoftext|>"]]);
    expect(list.end_ids).toEqual([4]);
  });

  test("of SentencePiece: ▁ is a blank, <0x0A> a byte", () => {
    const list = tokensOfTokenizerJson(
      JSON.stringify({
        added_tokens: [{ id: 0, content: "</s>", special: true }],
        decoder: {
          type: "Sequence",
          decoders: [
            { type: "Replace", pattern: { String: "▁" }, content: " " },
            { type: "ByteFallback" },
            { type: "Fuse" },
          ],
        },
        model: { type: "BPE", byte_fallback: true, vocab: { "</s>": 0, "<0x0A>": 1, "▁a": 2, é: 3 } },
      }),
    );
    expect(list.tokens.slice(1)).toEqual([Uint8Array.of(10), UTF8.encode(" a"), UTF8.encode("é")]);
  });

  test("of what was added to it: the decoder is asked as well, but of special tokens", () => {
    const list = tokensOfTokenizerJson(
      JSON.stringify({
        added_tokens: [
          { id: 1, content: "▁▁", special: false },
          { id: 2, content: "▁s", special: true },
        ],
        decoder: { type: "Replace", pattern: { String: "▁" }, content: " " },
        model: { type: "BPE", vocab: { a: 0, "▁▁": 1 } },
      }),
    );
    expect(texts(list).slice(0, 2)).toEqual(["a", "  "]);
    expect([...list.special]).toEqual([[2, "▁s"]]);
  });

  test("of a unigram model: a list of tokens and their scores", () => {
    const list = tokensOfTokenizerJson(
      JSON.stringify({
        decoder: { type: "Metaspace" },
        model: {
          type: "Unigram",
          vocab: [
            ["<unk>", 0],
            ["▁hi", -1.5],
          ],
        },
      }),
    );
    expect(texts(list)).toEqual(["<unk>", " hi"]);
  });

  test("of WordPiece: what begins a word begins with a blank", () => {
    const list = tokensOfTokenizerJson(
      JSON.stringify({
        added_tokens: [{ id: 2, content: "[SEP]", special: true }],
        decoder: { type: "WordPiece" },
        model: {
          type: "WordPiece",
          continuing_subword_prefix: "##",
          vocab: { un: 0, "##able": 1, "[SEP]": 2 },
        },
      }),
    );
    expect(texts(list).slice(0, 2)).toEqual([" un", "able"]);
  });

  test.each([
    ["{}", "a tokenizer.json needs model.vocab, got none"],
    ['{"model": {"vocab": {"a": -1}}}', "token ids must be whole numbers from 0 to 16777215, got -1"],
    ['{"model": {"vocab": {"a": 16777216}}}', "got 16777216"],
  ])("%s is none", (text, sentence) => {
    expect(() => tokensOfTokenizerJson(text)).toThrow(sentence);
  });
});

test("a tiktoken file: a line for each token, special ones by the encoding's name", () => {
  const list = tokensOfTiktoken("IQ== 0\n4pk= 1\n", "r50k_base");
  expect(list.tokens.slice(0, 2)).toEqual([Uint8Array.of(0x21), Uint8Array.of(0xe2, 0x99)]);
  expect(list.end_ids).toEqual([50256]);
  expect(() => tokensOfTiktoken("IQ==\n", "x")).toThrow("line 1 must be base64, a blank and a rank");
  expect(() => tokensOfTiktoken("IQ== 0\nI* 1\n", "x")).toThrow("line 2 must be base64");
  expect(() => tokensOfTiktoken("IQ== 16777216\n", "x")).toThrow("got 16777216");
});

test("the special tokens of gpt-oss's o200k_harmony are those of its tokenizer", () => {
  const { special, end_ids } = tokensOfTiktoken("IQ== 0\n", "o200k_harmony");
  for (let id = 199_998; id < 201_088; id++) expect(special.get(id)).toBe(decodeHarmony([id]));
  expect(special.size).toBe(1090);
  expect(end_ids).toEqual(expect.arrayContaining([199_999, 200_002, 200_012]));
});

describe("GGUF", () => {
  const u32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)];
  const u64 = (value: number) => [...u32(value), ...u32(0)];
  const text = (value: string) => [...u64(UTF8.encode(value).length), ...UTF8.encode(value)];
  const entry = (key: string, kind: number, value: readonly number[]) => [
    ...text(key),
    ...u32(kind),
    ...value,
  ];
  const list = (kind: number, items: readonly (readonly number[])[]) => [
    ...u32(kind),
    ...u64(items.length),
    ...items.flat(),
  ];
  const entries = [
    entry("general.name", 8, text("x")),
    entry("some.floats", 9, list(6, [u32(0), u32(0)])),
    entry("some.lists", 9, list(9, [list(8, [text("a")])])),
    entry("tokenizer.ggml.model", 8, text("llama")),
    entry("tokenizer.ggml.tokens", 9, list(8, ["<unk>", "</s>", "<0x41>", "▁b", "▁c", "\uFEFF#"].map(text))),
    entry("tokenizer.ggml.token_type", 9, list(5, [2, 3, 6, 1, 4, 1].map(u32))),
    entry("tokenizer.ggml.eos_token_id", 4, u32(1)),
  ];
  const file = [...u32(0x46554747), ...u32(3), ...u64(0), ...u64(entries.length), ...entries.flat()];

  test("the metadata about the tokenizer is read, the rest stepped over", () => {
    const read = tokensOfGguf(Uint8Array.from(file));
    // added tokens are written literally
    expect(read.tokens).toEqual([
      undefined,
      undefined,
      ...["A", " b", "▁c", "\uFEFF#"].map((each) => UTF8.encode(each)),
    ]);
    expect(read.end_ids).toEqual([1]);
    expect([...read.special.keys()]).toEqual([0, 1]);
  });

  test("a file that ends too soon, or is another, is refused", () => {
    for (const end of [3, 20, 100, file.length - 1])
      expect(() => tokensOfGguf(Uint8Array.from(file.slice(0, end)))).toThrow();
    expect(() => tokensOfGguf(Uint8Array.from([1, 2, 3, 4, ...file.slice(4)]))).toThrow("begins with GGUF");
    expect(() => tokensOfGguf(Uint8Array.from([...file.slice(0, 4), ...u32(1), ...file.slice(8)]))).toThrow(
      "versions 2 and 3",
    );
  });
});

describe("the demo's vocabulary", () => {
  const demo = demoVocabulary();

  test("is what its tokenizer says", () => {
    const list = tokensOfTokenizerJson(readFileSync("examples/model-host/model/tokenizer.json", "utf8"));
    expect(createVocabulary("demo", list).hash).toBe(demo.hash);
    expect(demo).toMatchObject({ size: 8192, end_ids: [0], token_bytes_max: 17 });
  });

  test("tells texts, bytes of half a character, and names of special tokens", () => {
    const half = Array.from({ length: demo.size }, (_, id) => id).find(
      (id) => bytesOf(demo, id)[0] === 0xc3,
    )!;
    expect(textOf(demo, 33)).toEqual({ text: "A" });
    expect(textOf(demo, half)).toEqual({ text: "\ufffd", bytes: [0xc3] });
    expect(textOf(demo, 0)).toEqual({ text: "<|endoftext|>", bytes: [] });
    expect(textOf(demo, 8192)).toEqual({ text: "" });
  });

  test("its tree holds every token once, at the end of its bytes", () => {
    const trie = trieOf(demo);
    const seen = new Set<number>();
    const path: number[] = [];
    for (let node = 0; node < trie.nodes; node++) {
      path.length = trie.depth[node]!;
      path.push(trie.byte[node]!);
      for (let i = trie.first[node]!; i < trie.first[node + 1]!; i++) {
        const id = trie.ordered[i]!;
        expect([...bytesOf(demo, id)]).toEqual(path);
        seen.add(id);
      }
      expect(trie.depth[trie.skip[node]!] ?? 0).toBeLessThanOrEqual(trie.depth[node]!);
    }
    expect(seen.size).toBe(8191);
  });
});

test("a vocabulary is found by its name, or the sentence lists those there are", () => {
  const one = createVocabulary("one", { tokens: [UTF8.encode("a")], special: new Map(), end_ids: [] });
  const known = vocabulariesOf([one], "one");
  expect(known.of("one")).toBe(one);
  expect(known.standard).toBe(one);
  const problem = problemOf(() => known.of("two"));
  expect(problem).toMatchObject({ code: "vocabulary_unknown", pointer: "/vocabulary" });
  expect(problem.message).toBe('there is no vocabulary "two"; known are "one"');
});

test("a vocabulary without bytes is none, nor one with a token of more than 4,096", () => {
  const make = (length: number) =>
    createVocabulary("x", { tokens: [new Uint8Array(length)], special: new Map(), end_ids: [] });
  expect(() => make(0)).toThrow("a vocabulary needs tokens with bytes, got none");
  expect(make(4096).token_bytes_max).toBe(4096);
  expect(() => make(4097)).toThrow("at most 4096 bytes, got 4097");
});
