/** Which JSON texts a schema's grammar accepts, and which schemas are refused: cases that can be checked by hand. */
import { describe, expect, test } from "vitest";
import { grammarOf, refusal, takes } from "./texts.ts";

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
      { type: "array", contains: { const: 1 }, items: { type: "integer" } },
      ["[1]", "[2,1,3]", "[1,1]"],
      ["[", "[2", "[2,3"],
      ["[]", "[2]", "[2,3]"],
    ],
    [
      { type: "array", contains: { const: 1 }, minContains: 2, maxContains: 3, minItems: 3, maxItems: 4 },
      ["[1,1,1]", "[0,1,1]", "[1,0,0,1]"],
      ["[0,0"],
      ["[1,1]", "[0,0,1]", "[1,1,1,1]", "[0,0,0"],
    ],
    [{ type: "array", contains: { const: 1 }, maxContains: 1 }, ["[1]", "[1,2]"], ["[2"], ["[1,1", "[]"]],
    [{ type: "array", contains: { const: 1 }, minContains: 0 }, ["[]", "[2]"], ["[1"], ["1"]],
    [
      { type: "array", items: { enum: ["a", "b", true] }, uniqueItems: true, minItems: 1 },
      ['["a"]', '[true,"b","a"]'],
      ["["],
      ["[]", '["a","a'],
    ],
    [
      { type: "array", items: { type: ["boolean", "null"] }, uniqueItems: true },
      ["[]", "[null,true,false]"],
      [],
      ["[null,null"],
    ],
    [{ type: "array", uniqueItems: true, maxItems: 1 }, ["[]", "[{}]"], ["["], ["[1,"]],
    [
      {
        type: "object",
        allOf: [{ properties: { a: { type: "null" } } }, { $ref: "#/$defs/b" }],
        $defs: { b: { properties: { b: { type: "null" } } } },
        unevaluatedProperties: false,
      },
      ["{}", '{"a":null,"b":null}'],
      ['{"a":null,'],
      ['{"c'],
    ],
    [
      {
        type: "object",
        anyOf: [{ required: ["a"], properties: { a: true } }, { properties: { b: true } }],
        unevaluatedProperties: { type: "null" },
      },
      ['{"a":1}', '{"b":1}', '{"a":1,"b":1}', '{"c":null}'],
      [],
      ['{"c":1'],
    ],
    [
      { type: "array", allOf: [{ prefixItems: [true] }], unevaluatedItems: { type: "null" } },
      ["[1]", "[1,null]"],
      ["["],
      ["[1,2"],
    ],
    [{ $dynamicRef: "#n", $defs: { n: { $dynamicAnchor: "n", type: "null" } } }, ["null"], ["n"], ["1"]],
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
      grammarOf("json_schema", { type: "object", properties: names(10) }, { property_order: "any" }),
    ).not.toThrow();
    const large = { type: "object", properties: names(11) };
    expect(() => grammarOf("json_schema", large, { property_order: "any" })).toThrow(
      "at most 10 listed properties, got 11",
    );
    const weakened = grammarOf("json_schema", large, { property_order: "any", unsupported: "weaken" });
    expect(takes(weakened, '{"p0":1,"p10":2}')).toBe("whole");
    expect(takes(weakened, '{"p10":2,"p0":1}')).toBe("no");
    expect(weakened.notes).toEqual([
      expect.objectContaining({ kind: "weakened", keyword: "property_order", pointer: "/json_schema" }),
    ]);
  });

  test.each([
    [
      { properties: { a: { uniqueItems: true } } },
      "grammar_unsupported /json_schema/properties/a/uniqueItems: uniqueItems is supported where maxItems is at most 1, or all items are one of at most 8 listed values",
    ],
    [{ items: { enum: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, uniqueItems: true }, "/json_schema/uniqueItems"],
    [
      { allOf: [{ contains: { const: 1 } }, { contains: { const: 2 } }] },
      "grammar_unsupported /json_schema/allOf/1/contains: contains is supported once at a place",
    ],
    [
      { contains: { const: 1 }, maxItems: 512 },
      "grammar_too_large /json_schema/contains: contains may tell at most 1024 counts of items apart, got 1026",
    ],
    [{ contains: { const: 1 }, maxItems: 511 }, "taken"],
    [
      { contains: { contains: { uniqueItems: true } }, maxContains: 1 },
      "grammar_unsupported /json_schema/contains/contains: not is supported where its schema can be negated",
    ],
    [
      { contains: {}, unevaluatedItems: false },
      "grammar_unsupported /json_schema/unevaluatedItems: unevaluatedItems is supported where no contains stands beside it",
    ],
    [
      { not: { unevaluatedProperties: false } },
      "grammar_unsupported /json_schema/not: not is supported where",
    ],
    [
      { enum: [{ a: 1 }], unevaluatedProperties: false },
      "grammar_unsupported /json_schema: unevaluatedProperties and unevaluatedItems are supported for values that are not listed",
    ],
    [
      {
        unevaluatedProperties: false,
        anyOf: Array.from({ length: 11 }, (_, i) => ({ properties: { [`p${i}`]: true } })),
      },
      "grammar_too_large /json_schema/anyOf/0: below unevaluatedProperties and unevaluatedItems anyOf may have at most 10 branches, got 11",
    ],
    [
      {
        $dynamicRef: "#a",
        $defs: { x: { $dynamicAnchor: "a" }, y: { $id: "y", $dynamicAnchor: "a" } },
      },
      "grammar_unsupported /json_schema/$dynamicRef: $dynamicRef is supported where one schema alone has its $dynamicAnchor",
    ],
    [{ $dynamicRef: "#a" }, "grammar_invalid /json_schema/$dynamicRef: $dynamicRef leads to an anchor"],
    [
      { items: {}, prefixItems: [{ minLength: "1" }] },
      'grammar_invalid /json_schema/prefixItems/0/minLength: minLength must be a whole number of at least 0, got "1"',
    ],
    [
      { type: "strin" },
      'grammar_invalid /json_schema/type: type must be a type or a list of types, got "strin"',
    ],
    [
      { minLength: -1 },
      "grammar_invalid /json_schema/minLength: minLength must be a whole number of at least 0, got -1",
    ],
    [{ items: [{ minLength: -1 }] }, "grammar_invalid /json_schema/items/0/minLength"],
    [{ items: [{}], prefixItems: [{}] }, "grammar_invalid /json_schema/items"],
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
    [
      { type: "array", items: { type: "string", pattern: "(" } },
      "grammar_invalid /json_schema/items/pattern",
    ],
    [{ "x-note": 1, title: "t", $comment: "c" }, "taken"],
  ])("%j", (schema, sentence) => {
    expect(refusal("json_schema", schema)).toContain(sentence);
  });
});
