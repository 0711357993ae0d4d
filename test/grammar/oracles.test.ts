/** Tests the oracles of the mutated grammars, in cases that can be checked by hand. */
import { describe, expect, test } from "vitest";
import { completion } from "../reference/grammar/completion.ts";
import { takesValue } from "../reference/grammar/orders.ts";
import { validityOf } from "../reference/grammar/validity.ts";
import { Reference, TooManyWays } from "../reference/grammar/ways.ts";
import { grammarOf } from "./texts.ts";

describe("the reference of regular expressions and GBNF", () => {
  /** "whole", "begun" or "no", when the text is read by bytes. */
  function reads(reference: Reference, bytes: Iterable<number>): string {
    const place = reference.behind(reference.start, bytes);
    if (place === undefined) return "no";
    return reference.isWhole(place) ? "whole" : "begun";
  }

  test.each([
    ["regex", "(a|ab)(c|bcd)", "abc", "whole"],
    ["regex", "(a|ab)(c|bcd)", "abb", "begun"],
    ["regex", "(a|ab)(c|bcd)", "abd", "no"],
    ["regex", "(a?){3}b", "aab", "whole"],
    ["regex", "a[]|b", "a", "no"],
    ["gbnf", 'root ::= "(" root ")" | "x"\n', "((x)", "begun"],
    ["gbnf", 'root ::= a | "b"\na ::= "a" a\n', "a", "no"],
  ] as const)("%s %s: %s is %s", (kind, source, text, says) => {
    expect(reads(new Reference(kind, source), Buffer.from(text))).toBe(says);
  });

  test.each([
    [[0xc3], "begun"],
    [[0xc3, 0xa9], "whole"],
    [[0xc3, 0xa8], "no"],
    [[0xc4], "no"],
    [[0xf0, 0x9f, 0x98], "begun"],
    [[0xe0, 0x80], "no"],
    [[0xff], "no"],
  ])("half a character, %j, is %s", (bytes, says) => {
    expect(reads(new Reference("regex", "[é😀]"), bytes)).toBe(says);
  });

  test("it gives up where there are too many ways", () => {
    const reference = new Reference("regex", "(?:a?){1000}");
    expect(() => reference.isWhole(reference.start)).toThrow(TooManyWays);
  });
});

describe("the oracle of JSON schemas", () => {
  test("values are read in any order of their properties, and no property twice", () => {
    const grammar = grammarOf("json_schema", {
      type: "object",
      properties: { a: { const: 1 }, b: { const: [1, { c: 2 }] } },
      required: ["a", "b"],
      additionalProperties: false,
    });
    expect(takesValue(grammar, { b: [1, { c: 2 }], a: 1 })).toBe(true);
    expect(takesValue(grammar, { b: [1, { c: 3 }], a: 1 })).toBe(false);
    expect(takesValue(grammar, { a: 1 })).toBe(false);
  });

  test.each([
    ['{"a":', '{"a":null}'],
    ['{"a":[[', undefined],
  ])("%s is completed", (before, whole) => {
    const grammar = grammarOf("json_schema", {
      type: "object",
      properties: { a: { type: "null" } },
      additionalProperties: false,
    });
    const state = grammar.advance(grammar.start, Buffer.from(before));
    const rest = completion(grammar, state);
    expect(rest === undefined ? rest : before + Buffer.from(rest).toString()).toBe(whole);
  });

  test("formats and decimal multiples are ajv's, as they are meant", () => {
    expect(validityOf({ format: "date" })("2023-02-29")).toBe(false);
    expect(validityOf({ format: "date" })("2024-02-29")).toBe(true);
    expect(validityOf({ multipleOf: 0.1 })(0.3)).toBe(true);
    expect(() => validityOf({ type: "strin" })).toThrow("type");
  });
});
