/** Schemas of every draft, each read by the rules of its draft, with the notes on keywords that are not enforced. */
import { describe, expect, test } from "vitest";
import { sentenceOf } from "../../src/grammar/notes.ts";
import { grammarOf, refusal, takes } from "./texts.ts";

const DRAFT_4 = "http://json-schema.org/draft-04/schema#";
const DRAFT_6 = "http://json-schema.org/draft-06/schema#";
const DRAFT_7 = "http://json-schema.org/draft-07/schema#";
const DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema";
const OPENAPI = "https://spec.openapis.org/oas/3.0/schema/2021-09-28";

/** The notes on a schema. */
function told(schema: unknown, how: object = {}): readonly string[] {
  return grammarOf("json_schema", schema, how).notes.map(sentenceOf);
}

describe("drafts", () => {
  test.each([
    [{ items: [{ type: "null" }], additionalItems: false }, ["[]", "[null]"], ["[1]", "[null,1]"]],
    [{ items: [{ type: "null" }], additionalItems: { const: 1 } }, ["[null,1,1]"], ["[null,2]"]],
    [{ items: { type: "null" }, additionalItems: false }, ["[null,null]"], ["[1]"]],
    [{ items: [], additionalItems: { const: 1 } }, ["[1,1]"], ["[2]"]],
    [{ type: "integer", minimum: 3, exclusiveMinimum: true }, ["4"], ["3"]],
    [{ type: "integer", minimum: 3, exclusiveMinimum: false }, ["3"], ["2"]],
    [{ type: "integer", maximum: 3, exclusiveMaximum: true }, ["2"], ["3"]],
    [
      { type: "object", properties: { a: { required: true }, b: { required: false } } },
      ['{"a":1}', '{"a":1,"b":1}'],
      ["{}", '{"b":1}'],
    ],
    [
      { type: "object", properties: { a: { required: true }, b: {} }, required: ["b"] },
      ['{"a":1,"b":1}'],
      ['{"a":1}', '{"b":1}'],
    ],
    [
      {
        type: "object",
        properties: { a: {}, b: {}, c: {} },
        dependencies: { a: ["b"], c: { required: ["a"] } },
      },
      ["{}", '{"b":1}', '{"a":1,"b":1}', '{"a":1,"b":1,"c":1}'],
      ['{"a":1}', '{"c":1}'],
    ],
    [{ type: "string", nullable: true }, ["null", '"a"'], ["1"]],
    [{ $schema: OPENAPI, type: ["string"], nullable: true }, ["null", '"a"'], ["1"]],
    [{ $schema: DRAFT_7, type: "string", nullable: true }, ['"a"'], ["null"]],
    [{ $schema: DRAFT_4, definitions: { a: { id: "#x", type: "null" } }, $ref: "#x" }, [], []],
    [
      {
        $schema: DRAFT_4,
        definitions: { a: { id: "#x", type: "null" } },
        items: { $ref: "#x" },
        type: "array",
      },
      ["[null]"],
      ["[1]"],
    ],
    [
      {
        $schema: DRAFT_6,
        definitions: { a: { $id: "#x", type: "null" } },
        items: { $ref: "#x" },
        type: "array",
      },
      ["[null]"],
      ["[1]"],
    ],
    [
      {
        $schema: DRAFT_7,
        definitions: { a: { type: "null" } },
        items: { $ref: "#/definitions/a", const: 1 },
        type: "array",
      },
      ["[null]"],
      ["[1]"],
    ],
    [
      { $schema: DRAFT_2019, $defs: { a: { type: ["null", "integer"] } }, $ref: "#/$defs/a", const: 1 },
      ["1"],
      ["null", "2"],
    ],
    [
      {
        $schema: DRAFT_2019,
        type: "object",
        properties: { a: { $recursiveRef: "#" } },
        additionalProperties: false,
      },
      ["{}", '{"a":{"a":{}}}'],
      ['{"b":1}', '{"a":1}'],
    ],
    [{ $schema: DRAFT_4, type: "integer", const: 1 }, ["2"], []],
    [{ $schema: DRAFT_4, id: "http://a.example/x", type: "null" }, ["null"], []],
    [{ id: 7, type: "null" }, ["null"], []],
    [{ type: "string", format: "phone", $id: "http://a.example/" }, ['"x"'], []],
    [{ type: "object", minProperties: 2 }, ['{"a":1,"b":1}'], ["{}", '{"a":1}']],
    [{ type: "integer", multipleOf: 1000 }, ["0", "1000", "-25000"], ["100", "1001", "00"]],
    [{ type: "number", multipleOf: 0.00001 }, ["0.00001", "3", "-7.5", "1.200000"], ["0.000001"]],
    [{ type: "number", multipleOf: 1e-9 }, ["0.000000001", "1.5"], ["0.0000000001", "1."]],
    [{ type: "number", multipleOf: 100 }, ["100", "0", "200.00"], ["50", "100.5"]],
  ])("%j", (schema, whole, other) => {
    const { [0]: refused } = [refusal("json_schema", schema)];
    if (whole.length === 0 && other.length === 0)
      return expect(refused).toContain("leads to an anchor that there is not");
    const grammar = grammarOf("json_schema", schema);
    for (const text of whole) expect([text, takes(grammar, text)]).toEqual([text, "whole"]);
    for (const text of other) expect([text, takes(grammar, text)]).not.toEqual([text, "whole"]);
    return undefined;
  });

  test("a draft may be named beside a schema that names none, and counts for nothing beside one that does", () => {
    const schema = { type: "array", items: { const: 1 } };
    expect(takes(grammarOf("json_schema", schema, { draft: "4" }), "[2]")).toBe("whole");
    expect(takes(grammarOf("json_schema", { ...schema, $schema: DRAFT_6 }, { draft: "4" }), "[2]")).toBe(
      "no",
    );
  });

  test("a $schema inside counts where the schema has a URI of its own", () => {
    const inner = {
      $id: "http://a.example/",
      $schema: DRAFT_7,
      allOf: [{ $ref: "#/definitions/n", const: 1 }],
      definitions: { n: { type: "null" } },
    };
    expect(takes(grammarOf("json_schema", { items: inner, type: "array" }), "[null]")).toBe("whole");
  });
});

describe("what is told", () => {
  test.each([
    [{ nmae: 1 }, []],
    [
      { requird: ["a"] },
      ['grammar: there is no keyword "requird"; did you mean "required"? (ignored at /json_schema/requird)'],
    ],
    [
      { properties: { a: { requird: [] }, b: { requird: [] } } },
      [
        'grammar: there is no keyword "requird"; did you mean "required"? (ignored at /json_schema/properties/a/requird and 1 more)',
      ],
    ],
    [
      { extends: { type: "object" } },
      [
        'grammar: there is no keyword "extends", and what stands in it says nothing (ignored at /json_schema/extends)',
      ],
    ],
    [{ "x-any": { type: "object" }, javaType: "a.B", links: [] }, []],
    [
      { format: "phone" },
      ['grammar: format "phone" is an annotation, and is not held (ignored at /json_schema/format)'],
    ],
    [
      { $schema: DRAFT_4, const: 1 },
      [
        "grammar: const came with draft 6; the schema is of draft 4, where it means nothing (ignored at /json_schema/const)",
      ],
    ],
    [
      { $schema: "http://example.com/mine" },
      [
        "grammar: $schema names no draft that is known: it is read as 2020-12 (ignored at /json_schema/$schema)",
      ],
    ],
    [
      {
        $schema: DRAFT_7,
        properties: { a: { $ref: "#/definitions/a", minLength: 3, title: "t" } },
        definitions: { a: {} },
      },
      [
        "grammar: minLength beside $ref means nothing up to draft 7 (ignored at /json_schema/properties/a/minLength)",
      ],
    ],
    // A schema that nothing refers to gets no notes.
    [{ $defs: { a: { requird: [] } } }, []],
  ])("%j", (schema, sentences) => {
    expect(told(schema)).toEqual(sentences);
  });

  test("different notes are bounded, and the rest is counted", () => {
    const of = (count: number) =>
      told({
        properties: Object.fromEntries(
          Array.from({ length: count }, (_, i) => [`p${i}`, { format: `f${i}` }]),
        ),
      });
    expect(of(63)).toHaveLength(63);
    expect(of(64)).toHaveLength(64);
    expect(of(66)).toHaveLength(65);
    expect(of(66).at(-1)).toBe(
      "grammar: 2 more places are ignored or weakened (weakened at /json_schema and 1 more)",
    );
  });

  test("unknown keywords and formats are refused where that is asked", () => {
    expect(() => told({ requird: [] }, { unknown_keywords: "refuse" })).toThrow(
      /there is no keyword "requird"/,
    );
    expect(() => told({ type: "string", format: "phone" }, { formats: "assert" })).toThrow(
      /format is supported for date/,
    );
    expect(told({ type: "string", format: "phone" }, { formats: "assert", unsupported: "weaken" })).toEqual([
      expect.stringContaining("(weakened at /json_schema/format)"),
    ]);
  });
});

describe("weakened", () => {
  test.each([
    [{ type: "array", items: { type: "integer" }, uniqueItems: true }, "/uniqueItems", ["[1,1]"], ['["a"]']],
    [
      { type: "array", items: { enum: [1, 2] }, uniqueItems: true, contains: { const: 1 } },
      "/uniqueItems",
      ["[1,1]"],
      ["[2,2]"],
    ],
    [{ oneOf: [{ type: "string" }, { format: "date" }] }, "/oneOf/1", ['"a"', '"2024-01-01"', "1"], []],
    [{ type: "integer", not: { multipleOf: 3 } }, "/not", ["3", "4"], ["3.5"]],
    [
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      { if: { multipleOf: 3 }, then: { maximum: 9 }, else: { minimum: 4 }, type: "integer" },
      "/if",
      ["3", "9", "4", "12"],
      ["2"],
    ],
    [{ type: "number", multipleOf: 0.07919 }, "/multipleOf", ["1"], ['"a"']],
    [{ type: "string", pattern: "^(?<!a)", maxLength: 2 }, "/pattern", ['"ab"'], ['"abc"']],
    [
      { type: "object", patternProperties: { "^(?<!a)": { const: 1 } }, properties: { b: { const: 2 } } },
      "/patternProperties/^(?<!a)",
      ['{"b":2}', '{"c":5}'],
      ['{"b":1}'],
    ],
    [
      {
        type: "object",
        patternProperties: {
          "^a": { const: 1 },
          "^b": { const: 2 },
          "^c": { const: 3 },
          "^d": { const: 4 },
          e$: { const: 5 },
        },
        additionalProperties: false,
      },
      "",
      ['{"ae":1}', '{"ae":5}', '{"b":2}'],
      ['{"b":3}', '{"x":1}'],
    ],
    [{ type: "array", items: { $ref: "http://a.example/b" } }, "/items/$ref", ["[1]"], ["1"]],
    [{ enum: [{ a: 1 }, 2], unevaluatedProperties: false }, "", ["2"], ["3", '{"a":1}']],
    [
      {
        type: "integer",
        allOf: Array.from({ length: 11 }, (_, i) => ({ anyOf: [{ minimum: i }, { maximum: i }] })),
      },
      "/allOf/0/anyOf",
      ["1"],
      ['"a"'],
    ],
  ])("%j", (schema, pointer, whole, other) => {
    expect(refusal("json_schema", schema)).toMatch(/^grammar_(?:unsupported|too_large)/);
    const grammar = grammarOf("json_schema", schema, { unsupported: "weaken" });
    expect(grammar.notes).toContainEqual(
      expect.objectContaining({ kind: "weakened", pointer: `/json_schema${pointer}` }),
    );
    for (const text of whole) expect([text, takes(grammar, text)]).toEqual([text, "whole"]);
    for (const text of other) expect([text, takes(grammar, text)]).not.toEqual([text, "whole"]);
  });

  test("a pattern that is not supported takes the other schemas of unlisted properties along, and each is noted", () => {
    const schema = {
      type: "object",
      patternProperties: { "^(?<!a)": { const: 1 }, "^a": { const: 2 } },
      additionalProperties: false,
      properties: { b: { const: 3 } },
    };
    const grammar = grammarOf("json_schema", schema, { unsupported: "weaken" });
    expect(grammar.notes?.map(({ kind, keyword, pointer }) => [kind, keyword, pointer])).toEqual([
      ["weakened", "patternProperties", "/json_schema/patternProperties/^(?<!a)"],
      ["weakened", "patternProperties", "/json_schema/patternProperties/^a"],
      ["weakened", "additionalProperties", "/json_schema/additionalProperties"],
    ]);
    expect(takes(grammar, '{"b":3,"x":5,"a":6}')).toBe("whole");
  });

  test("patterns are noted where they stand, beside other schemas", () => {
    const patternProperties = Object.fromEntries(["^a", "^b", "^c", "^d", "^e"].map((name) => [name, {}]));
    const schema = { allOf: [{ properties: { x: { const: 1 } } }, { type: "object", patternProperties }] };
    const grammar = grammarOf("json_schema", schema, { unsupported: "weaken" });
    expect(grammar.notes.map(({ keyword, pointer }) => [keyword, pointer])).toEqual([
      ["patternProperties", "/json_schema/allOf/1"],
    ]);
  });

  test("a schema that is none stays refused", () => {
    const grammar = () => grammarOf("json_schema", { minLength: -1 }, { unsupported: "weaken" });
    expect(grammar).toThrow(/minLength must be a whole number/);
  });
});

describe("the order of properties", () => {
  const order = (schema: unknown, text: string) => takes(grammarOf("json_schema", schema), text);

  test("is that of the text: properties of allOf, $ref and anyOf stand where these do", () => {
    const schema = {
      type: "object",
      allOf: [{ properties: { a: {} } }, { $ref: "#/$defs/b" }],
      properties: { c: {} },
      anyOf: [{ properties: { d: {} }, required: ["d"] }],
      $defs: { b: { properties: { b: {} } } },
    };
    expect(order(schema, '{"a":1,"b":1,"c":1,"d":1}')).toBe("whole");
    expect(order(schema, '{"c":1,"a":1')).toBe("no");
    const turned = { properties: { c: {} }, allOf: [{ properties: { a: {} } }], type: "object" };
    expect(order(turned, '{"c":1,"a":1}')).toBe("whole");
    expect(order(turned, '{"a":1,"c":1')).toBe("no");
  });
});

describe("tools", () => {
  const parameters = {
    type: "object",
    properties: { city: { $ref: "#/$defs/city" } },
    required: ["city"],
    additionalProperties: false,
    $defs: { city: { enum: ["Bonn", "Rome"] } },
  };

  test.each([
    ["chat completions", { type: "function", function: { name: "weather", parameters } }],
    ["responses", { type: "function", name: "weather", parameters }],
    ["MCP", { name: "weather", inputSchema: parameters }],
    ["Anthropic", { name: "weather", input_schema: parameters }],
  ])("of %s", (_, tool) => {
    const grammar = grammarOf("tools", [tool, { name: "noon" }]);
    expect(takes(grammar, '{"name":"weather","arguments":{"city":"Rome"}}')).toBe("whole");
    expect(takes(grammar, '{"name":"noon","arguments":{"city":"Rome"}}')).toBe("whole");
    expect(takes(grammar, '{"name":"weather","arguments":{"city":"Oslo')).toBe("no");
    expect(takes(grammar, '{"name":"whether')).toBe("no");
  });

  test("pointers lead into the list", () => {
    expect(
      refusal("tools", [
        { name: "a" },
        { type: "function", function: { name: "b", parameters: { type: 1 } } },
      ]),
    ).toContain("grammar_invalid /tools/1/function/parameters/type");
  });
});
