/** Which texts grammars take, which tokens may come, and what is refused: rows that anyone can check. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fuzz } from "../../proof/grammar/fuzz.ts";
import { type AgreedMasks, hashOf } from "../../proof/grammar/oracle.ts";
import { drawTexts } from "../../proof/grammar/texts.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
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
    ["a(?=b)", 'grammar_unsupported /regex: regular expressions here have no lookahead (?=…), got "a(?=b)"'],
    ["\\bword", "grammar_unsupported /regex: regular expressions here have no the assertion \\b"],
    ["(a)\\1", "grammar_unsupported /regex"],
    ["(a", "grammar_invalid /regex: a regular expression cannot hold a ( without a )"],
    ["[b-a]", "grammar_invalid /regex: a regular expression cannot hold a range whose ends are out of order"],
    ["a{2,1}", "grammar_invalid /regex"],
    ["*a", "grammar_invalid /regex: a regular expression cannot hold nothing to repeat"],
    ["\\p{Nope}", "grammar_invalid /regex: a regular expression cannot hold the property"],
    ["a^b", "grammar_unsupported /regex: ^ and $ may stand where a branch begins and ends"],
    ["[]", "grammar_invalid /regex: the grammar admits no text at all"],
    ["a{100001}", "grammar_too_large /regex: a count may be at most 100000, got {100001}"],
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
    ["root ::= <[5]>", "grammar_unsupported /gbnf: tokens by number or name are not supported"],
    ['root = "a"', "grammar_invalid /gbnf: a GBNF grammar cannot hold a rule without ::="],
  ])("%s is refused", (source, sentence) => {
    expect(refusal("gbnf", source)).toContain(sentence);
  });
});

describe("json_schema", () => {
  test.each([
    [
      { type: "integer", minimum: -3, maximum: 12 },
      ["-3", "-1", "0", "12", "9"],
      ["-", "1"],
      ["-4", "13", "-0", "1.0", "01"],
    ],
    [
      { type: "number", exclusiveMinimum: 1.5, maximum: 20 },
      ["1.51", "2", "20", "20.00", "19.9"],
      ["1", "1."],
      ["1.50", "20.01", "21", "2e0"],
    ],
    [{ type: "integer", multipleOf: 7 }, ["0", "7", "-14", "70"], ["1", "8"], ["7.0"]],
    [{ type: "number", multipleOf: 0.25 }, ["0.25", "1.5", "3", "2.750"], ["0.2", "1."], ["0.3", "0.255"]],
    [
      { type: "string", minLength: 2, maxLength: 3 },
      ['"ab"', '"éé"', '"\\u00e9\\n"', '"\\ud83d\\ude00a"'],
      ['"a'],
      ['"a"', '"abcd"', '"\\ud83d"'],
    ],
    [{ type: "string", pattern: "^[a-z]+$", minLength: 2 }, ['"ab"'], ['"a'], ['"a"', '"A"']],
    [{ type: "string", pattern: "b" }, ['"b"', '"abc"', '"\\nb"'], ['"a'], ['"a"']],
    [
      { type: "string", format: "date" },
      ['"2024-02-29"', '"1999-12-31"'],
      ['"2023-02-2'],
      ['"2023-02-29"', '"2024-13'],
    ],
    [{ enum: ["a", 1, null, { x: [1] }] }, ['"a"', "1", "null", '{"x":[1]}'], ['{"x"'], ['"b"', "2"]],
    [{ const: 'q"\n' }, ['"q\\"\\n"'], ['"q'], ['"x"']],
    [{ type: ["string", "null"] }, ["null", '""'], ["n"], ["1"]],
    [
      { type: "array", items: { type: "boolean" }, minItems: 1, maxItems: 2 },
      ["[true]", "[true,false]"],
      ["[", "[true,"],
      ["[]", "[true,false,"],
    ],
    [{ type: "array", prefixItems: [{ type: "null" }], items: false }, ["[]", "[null]"], ["["], ["[null,"]],
    [
      {
        type: "object",
        properties: { a: { type: "null" }, b: { type: "null" } },
        required: ["b"],
        additionalProperties: false,
      },
      ['{"a":null,"b":null}', '{"b":null}'],
      ['{"a":null,'],
      ["{}", '{"b":null,', '{"c'],
    ],
    [
      { type: "object", properties: { a: true }, additionalProperties: { type: "null" } },
      ["{}", '{"b":null}', '{"a":1,"b":null}', '{"aa":null}'],
      ['{"'],
      ['{"b":1}'],
    ],
    [
      { type: "object", patternProperties: { "^x": { type: "null" } }, additionalProperties: false },
      ["{}", '{"x1":null}'],
      ['{"x'],
      ['{"y', '{"x":1'],
    ],
    [{ type: "object", propertyNames: { maxLength: 2 } }, ['{"ab":1}'], ['{"ab'], ['{"abc']],
    [{ type: "object", minProperties: 1, maxProperties: 1 }, ['{"a":1}'], ["{"], ["{}", '{"a":1,']],
    [{ allOf: [{ type: "integer", minimum: 3 }, { maximum: 4 }] }, ["3", "4"], [], ["2", "5"]],
    [{ anyOf: [{ const: 1 }, { type: "string", maxLength: 1 }] }, ["1", '"a"'], ['"'], ["2", '"ab']],
    [
      {
        oneOf: [
          { type: "integer", minimum: 5 },
          { type: "integer", maximum: 5 },
        ],
      },
      ["4", "6"],
      ["-"],
      ["5"],
    ],
    [{ not: { enum: ["a", null] } }, ['"b"', "1", "[]"], ['"a'], ['"a"', "null"]],
    [
      {
        if: { properties: { k: { const: "n" } }, required: ["k"] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { properties: { v: { type: "number" } } },
        else: { properties: { v: { type: "string" } } },
        type: "object",
        properties: { k: { enum: ["n", "s"] }, v: true },
        required: ["k", "v"],
        additionalProperties: false,
      },
      ['{"k":"n","v":1}', '{"k":"s","v":"x"}'],
      ['{"k":"n","v":'],
      ['{"k":"n","v":"', '{"k":"s","v":1'],
    ],
    [
      {
        type: "object",
        properties: { a: true, b: true },
        dependentRequired: { a: ["b"] },
        additionalProperties: false,
      },
      ["{}", '{"b":1}', '{"a":1,"b":2}'],
      ['{"a":1'],
      ['{"a":1}'],
    ],
    [
      { $ref: "#/$defs/t", $defs: { t: { type: "array", items: { $ref: "#/$defs/t" } } } },
      ["[]", "[[],[[]]]"],
      ["[["],
      ["[1"],
    ],
    [true, ["1", "{}", '[null,{"a":"b"}]', "-1.5e+3"], ["[", "tr"], ["x", "01"]],
  ] as const)("%j", (schema, whole, begun, no) => {
    const grammar = grammarOf("json_schema", schema);
    for (const text of whole) expect(takes(grammar, text), text).toBe("whole");
    for (const text of begun) expect(takes(grammar, text), text).not.toBe("no");
    for (const text of no) expect(takes(grammar, text), text).not.toBe("whole");
  });

  test("whitespace any: up to 32 characters between the pieces, none before and behind the text", () => {
    const grammar = grammarOf(
      "json_schema",
      { type: "array", items: { type: "null" } },
      { whitespace: "any" },
    );
    expect(takes(grammar, "[ null\n,\tnull ]")).toBe("whole");
    expect(takes(grammar, `[${" ".repeat(32)}null]`)).toBe("whole");
    expect(takes(grammar, `[${" ".repeat(33)}`)).toBe("no");
    expect(takes(grammar, " [")).toBe("no");
    expect(takes(grammar, "[] ")).toBe("no");
  });

  test("property_order any: all orders, each property once", () => {
    const schema = {
      type: "object",
      properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } },
      required: ["a"],
      additionalProperties: false,
    };
    const grammar = grammarOf("json_schema", schema, { property_order: "any" });
    for (const text of ['{"c":3,"a":1,"b":2}', '{"a":1}', '{"b":2,"a":1}'])
      expect(takes(grammar, text)).toBe("whole");
    for (const text of ['{"b":2}', '{"a":1,"a":1}', "{}"]) expect(takes(grammar, text)).toBe("no");
    const names = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`p${i}`, true]));
    expect(() =>
      grammarOf("json_schema", { type: "object", properties: names(8) }, { property_order: "any" }),
    ).not.toThrow();
    expect(() =>
      grammarOf("json_schema", { type: "object", properties: names(9) }, { property_order: "any" }),
    ).toThrow("at most 8 listed properties, got 9");
  });

  test.each([
    [{ contains: {} }, "grammar_unsupported /json_schema/contains: contains is not supported"],
    [
      { properties: { a: { uniqueItems: true } } },
      "grammar_unsupported /json_schema/properties/a/uniqueItems",
    ],
    [
      { tpye: "string" },
      'grammar_unsupported /json_schema/tpye: there is no keyword "tpye"; did you mean "type"?',
    ],
    [
      { type: "strin" },
      'grammar_invalid /json_schema/type: type must be a type or a list of types, got "strin"',
    ],
    [
      { minLength: -1 },
      "grammar_invalid /json_schema/minLength: minLength must be a whole number of at least 0, got -1",
    ],
    [{ items: [{}] }, "grammar_invalid /json_schema/items"],
    [{ $ref: "#/$defs/a" }, 'grammar_invalid /json_schema/$ref: $ref leads to nothing: "#/$defs/a"'],
    [
      { $ref: "https://example.com/x" },
      "grammar_unsupported /json_schema/$ref: $ref leads out of the schema",
    ],
    [
      { $ref: "item", $defs: { a: { $id: "item", uniqueItems: true } } },
      "grammar_unsupported /json_schema/$defs/a/uniqueItems",
    ],
    [
      { $ref: "#item", $defs: { a: { $anchor: "item", uniqueItems: true } } },
      "grammar_unsupported /json_schema/$defs/a/uniqueItems",
    ],
    [{ $ref: "#" }, "grammar_invalid /json_schema: the schema refers to itself before anything is read"],
    [{ anyOf: [{ $ref: "#" }, { type: "null" }] }, "refers to itself before anything is read"],
    [
      { format: "idn-email", type: "string" },
      "grammar_unsupported /json_schema/format: format is supported for date",
    ],
    [
      { oneOf: [{ type: "string" }, { format: "date" }] },
      "grammar_unsupported /json_schema/oneOf/1: oneOf is supported where its branches exclude each other",
    ],
    [
      { type: "string", minLength: 3, maxLength: 2 },
      "grammar_invalid /json_schema: the grammar admits no text at all",
    ],
    [
      { type: "string", pattern: "^a$", minLength: 2 },
      "grammar_invalid /json_schema: the grammar admits no text at all",
    ],
    [{ minProperties: 2 }, "grammar_unsupported /json_schema/minProperties"],
    [
      { type: "array", items: { type: "string", pattern: "(" } },
      "grammar_invalid /json_schema/items/pattern",
    ],
    [{ "x-note": 1, title: "t", $comment: "c" }, "taken"],
  ])("%j", (schema, sentence) => {
    expect(refusal("json_schema", schema)).toContain(sentence);
  });
});

describe("masks", () => {
  /** What a token is, told without a tree and without heads: byte by byte from the state. */
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

test("masks that llguidance agreed on are what they were", () => {
  const lines = readFileSync("test/vectors/grammar/masks.ndjson", "utf8").trim().split("\n");
  let places = 0;
  for (const line of lines) {
    const { value, token_ids, hashes } = JSON.parse(line) as AgreedMasks;
    const grammar = grammarOf("json_schema", value);
    const matcher = new Matcher(grammar, DEMO, { after: undefined, end_ids: [] });
    let state = grammar.start;
    for (const [i, hash] of hashes.entries()) {
      if (hash !== null) {
        expect(hashOf(matcher.masks.of(state)), `${line.slice(0, 200)} at ${i}`).toBe(hash);
        places++;
      }
      state = matcher.advance(state, token_ids[i] ?? 0);
    }
  }
  expect(places).toBeGreaterThan(1000);
});

test("mutated grammars: none hangs or crashes, and masks are the oracles'", () => {
  const { wrong, compiled, tokens, values, completed } = fuzz({ count: 80, seed: 11 });
  expect(wrong).toEqual([]);
  expect(compiled).toBeGreaterThan(20);
  expect(tokens).toBeGreaterThan(20_000);
  expect(values).toBeGreaterThan(200);
  expect(completed).toBeGreaterThan(40);
});

test("texts drawn from masks parse, and are valid by ajv", () => {
  const { wrong, texts, unfinished } = drawTexts(DEMO, { schemas: 8, texts: 6, seed: 5 });
  expect(wrong).toEqual([]);
  expect(texts - unfinished).toBeGreaterThan(40);
});
