/**
 * The texts that grammars accept, the tokens that may follow, and the refusals, in cases that can be checked by hand.
 */
import { describe, expect, test } from "vitest";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS } from "../../src/grammar/grammar.ts";
import { bytesOf } from "../../src/vocabulary/vocabulary.ts";
import { allowedBehind, DEMO, grammarOf, refusal, takes } from "./texts.ts";

describe("regex", () => {
  test.each([
    ["[a-c]+\\d{2,3}", ["a12", "abc123"], ["a1"], ["1", "a1234", "d12"]],
    ["^(red|green)$", ["red", "green"], ["re", ""], ["blue", "redd"]],
    ["\\p{Lu}.\\u00e9", ["Éxé"], ["É"], ["éx", "A\né"]],
    ["(?:a|ab)(?:c|bcd)", ["ac", "abc", "abcd", "abbcd"], ["ab"], ["acd"]],
    ["a{3}", ["aaa"], ["aa"], ["aaaa"]],
    ["", [""], [], ["a"]],
    ["[^a]?\\.", [".", "b.", "é."], ["b"], ["a."]],
  ])("%s", (source, whole, begun, no) => {
    const grammar = grammarOf("regex", source);
    for (const text of whole) expect(takes(grammar, text), text).toBe("whole");
    for (const text of begun) expect(takes(grammar, text), text).toBe("begun");
    for (const text of no) expect(takes(grammar, text), text).toBe("no");
  });

  test.each([
    [
      "(?<=a)b",
      'grammar_unsupported /regex: regular expressions here have no lookbehind (?<=…), got "(?<=a)b"',
    ],
    ["a(?=b)", "grammar_invalid /regex: the grammar admits no text at all"],
    ["\\bword", "grammar_unsupported /regex: regular expressions here have no assertion \\b"],
    ["(a)\\1", "grammar_unsupported /regex"],
    ["(a", "grammar_invalid /regex: a regular expression cannot hold a ( without a )"],
    ["[b-a]", "grammar_invalid /regex: a regular expression cannot hold a range whose ends are out of order"],
    ["a{2,1}", "grammar_invalid /regex"],
    ["*a", "grammar_invalid /regex: a regular expression cannot hold nothing to repeat"],
    ["\\p{Nope}", "grammar_invalid /regex: a regular expression cannot hold the property"],
    ["a^b", "grammar_unsupported /regex: ^ and $ may stand where a branch begins and ends"],
    ["[]", "grammar_invalid /regex: the grammar admits no text at all"],
    ["a{100001}", "grammar_too_large /regex: a count may be at most 100000, got {100001}"],
    ["a{1000000000}", "grammar_too_large /regex: a count may be at most 100000, got {1000000000}"],
    [
      "x".repeat(16_385),
      "grammar_too_large /regex: a regular expression may have at most 16384 characters, got 16385",
    ],
  ])("%.20s is refused", (source, sentence) => {
    expect(refusal("regex", source)).toContain(sentence);
  });

  test("what nests deeper than the stack is a limit, and none that crashes", () => {
    expect(refusal("regex", "a?".repeat(8000))).toMatch(/taken|grammar_too_large/);
    expect(refusal("json_schema", { const: "x".repeat(200_000) })).toBe("taken");
  });

  test("limits are taken, as far as they go", () => {
    expect(refusal("regex", "a{100000}")).toBe("taken");
    expect(refusal("regex", "x".repeat(16_384))).toBe("taken");
  });
});

test("choice: one of the texts, and those that go on from another", () => {
  const grammar = grammarOf("choice", ["yes", "no", "yesterday"]);
  expect(["yes", "yesterday", "no"].map((text) => takes(grammar, text))).toEqual(["whole", "whole", "whole"]);
  expect(takes(grammar, "yest")).toBe("begun");
  expect(allowedBehind(grammar, "yest")).toEqual(["e", "er"]);
});

describe("gbnf", () => {
  test("recursion, groups, counts, sets and comments", () => {
    const grammar = grammarOf(
      "gbnf",
      'root ::= "a" (ws item)* # what it is\nws ::= [ \\t]+\nitem ::= "(" item ")" | [0-9]{1,2}\n',
    );
    expect(takes(grammar, "a 1 ((22))")).toBe("whole");
    expect(takes(grammar, "a ((1)")).toBe("begun");
    expect(takes(grammar, "a (1))")).toBe("no");
    expect(allowedBehind(grammar, "a ((3)")).toEqual([")"]);
  });

  test.each([
    ['start ::= "a"', "grammar_invalid /gbnf: a GBNF grammar needs a rule named root"],
    ['root ::= "a" b', 'grammar_invalid /gbnf: there is no rule "b"'],
    [
      'root ::= root "a" | "b"',
      "grammar_invalid /gbnf: the rule root refers to itself before anything is read",
    ],
    ['root ::= "a" root', "grammar_invalid /gbnf: the grammar admits no text at all"],
    ["root ::= !<[5]>", "grammar_unsupported /gbnf: any token but one, !<…>, is not supported"],
    ["root ::= <[5-3]>", "grammar_invalid /gbnf: a list of tokens must hold 1 to 4096 ids"],
    ["root ::= <[0-4095]>", "taken"],
    ["root ::= <[0-4096]>", "grammar_invalid /gbnf: a list of tokens must hold 1 to 4096 ids"],
    ["root ::= <[^7]>", "grammar_unsupported /gbnf: tokens are named by ids and ranges"],
    ["root ::= <think>", 'grammar_invalid /gbnf: the vocabulary has no special token "<think>"'],
    ["root ::= <a b>", "grammar_invalid /gbnf: a GBNF grammar cannot hold a < without the name"],
    ['root = "a"', "grammar_invalid /gbnf: a GBNF grammar cannot hold a rule without ::="],
  ])("%s is refused", (source, sentence) => {
    expect(refusal("gbnf", source)).toContain(sentence);
  });
});

describe("masks", () => {
  /** Checks each token separately, byte by byte from the state, without the token tree and cached heads. */
  test.each([
    ["json", true, ["", "{", '{"a":"b', '{"a":"b",', "[1", "[[", '"\\', '"\\u00']],
    ["json_schema", { type: "string", maxLength: 3 }, ["", '"', '"a', '"ab', '"abc']],
    ["regex", "(ab?c*|é{2,40})[0-9]{1,20}x?", ["", "a", "ab", "é", "é1", "ac1"]],
    ["gbnf", 'root ::= ("(" root ")" | [a-z]+) ","?', ["", "(", "((a", "((a)"]],
  ] as const)("%s %j: of every token what its bytes say", (kind, value, texts) => {
    const grammar = grammarOf(kind, value);
    for (const text of texts) {
      const allowed = new Set(allowedBehind(grammar, text));
      const state = grammar.advance(grammar.start, new TextEncoder().encode(text));
      for (let id = 1; id < DEMO.size; id++) {
        const bytes = bytesOf(DEMO, id);
        expect(allowed.has(Buffer.from(bytes).toString("latin1")), `${text} + ${id}`).toBe(
          grammar.advance(state, bytes) !== 0,
        );
      }
    }
  });

  test("counts beyond the longest token share masks; the state does not", () => {
    const grammar = grammarOf("json_schema", { type: "string", maxLength: 100_000 });
    const masks = grammar.masksFor(DEMO);
    const behind = (text: string) => grammar.advance(grammar.start, new TextEncoder().encode(text));
    expect(behind('"a')).not.toBe(behind('"aa'));
    expect(masks.of(behind('"a'))).toBe(masks.of(behind('"aa')));
  });

  test("states are forgotten when they have become many, and found again", () => {
    const limits = { ...DEFAULT_GRAMMAR_LIMITS, nodes_max: 4000 };
    const source = {
      kind: "json_schema",
      value: { type: "string", maxLength: 5000 },
      whitespace: "compact",
      property_order: "schema",
    } as const;
    const pieces = compileGrammar(source, limits);
    let next = pieces.next();
    while (next.done !== true) next = pieces.next();
    const grammar = next.value;
    let state = grammar.start;
    let length = 0;
    for (; length < 5000 && grammar.generation === 0; length++) {
      grammar.tidy();
      if (grammar.generation === 0) state = grammar.automaton.step(state, length === 0 ? 0x22 : 0x61);
    }
    expect(grammar.generation).toBe(1);
    expect(takes(grammar, '"aaa"')).toBe("whole");
  });
});
