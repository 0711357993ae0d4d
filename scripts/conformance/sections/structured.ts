/**
 * Structured output: whether a text fits a schema or a pattern, judged by ajv and by the platform's regular
 * expressions.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Line, Section } from "../../../evidence/conformance/vector.ts";

interface Case {
  readonly schema: unknown;
  /** values in JSON notation, with object keys in the order of the schema */
  readonly values: readonly unknown[];
}

const person = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
  required: ["name", "age"],
  additionalProperties: false,
};

const SCHEMAS: readonly Case[] = [
  { schema: { type: "boolean" }, values: [true, false, null, 1, "true"] },
  { schema: { type: "null" }, values: [null, false, 0, ""] },
  { schema: { type: "integer" }, values: [0, 7, -12, 1.5, "7", null] },
  { schema: { type: "number" }, values: [0, 1.5, -2.25, "1.5", true] },
  { schema: { type: "string" }, values: ["", "a", "ü€𝄞", 'a"b\\', 1, null] },
  {
    schema: { type: "string", minLength: 2, maxLength: 4 },
    values: ["", "a", "ab", "abcd", "abcde", "ü€", "𝄞𝄞𝄞𝄞", "𝄞𝄞𝄞𝄞𝄞"],
  },
  { schema: { type: "string", pattern: "^[a-c]+$" }, values: ["abc", "a", "", "abd", "ABC"] },
  { schema: { enum: ["red", "green", 3, null] }, values: ["red", "green", 3, null, "blue", 4, false] },
  { schema: { const: { a: [1, 2] } }, values: [{ a: [1, 2] }, { a: [2, 1] }, {}, [1, 2]] },
  { schema: { type: "integer", minimum: 3, maximum: 12 }, values: [2, 3, 9, 10, 12, 13, -5] },
  { schema: { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 3 }, values: [0, 1, 2, 3] },
  {
    schema: { type: "array", items: { type: "integer" } },
    values: [[], [1], [1, 2, 3], ["1"], [1, null], {}],
  },
  {
    schema: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 2 },
    values: [[], ["a"], ["a", "b"], ["a", "b", "c"], [1]],
  },
  {
    schema: { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false },
    values: [["a", 1], ["a"], [1, "a"], ["a", 1, 2]],
  },
  {
    schema: person,
    values: [
      { name: "Ada", age: 36 },
      { name: "Ada", age: -1 },
      { name: "Ada" },
      { name: 1, age: 2 },
      { name: "", age: 0 },
      { name: "a", age: 1, more: 2 },
    ],
  },
  {
    schema: {
      type: "object",
      properties: { a: { type: "integer" }, b: { type: "integer" } },
      required: ["b"],
      additionalProperties: false,
    },
    values: [{ b: 1 }, { a: 1, b: 2 }, { a: 1 }, {}, { b: "1" }],
  },
  {
    schema: {
      type: "object",
      properties: { list: { type: "array", items: person } },
      required: ["list"],
      additionalProperties: false,
    },
    values: [{ list: [] }, { list: [{ name: "x", age: 1 }] }, { list: [{ name: "x" }] }, { list: {} }],
  },
  {
    schema: { anyOf: [{ type: "integer" }, { type: "string", maxLength: 1 }] },
    values: [1, "a", "ab", "", null, 1.5],
  },
  { schema: { type: ["integer", "null"] }, values: [null, 5, "5", false] },
  {
    schema: { type: "object", additionalProperties: { type: "integer" } },
    values: [{}, { a: 1 }, { a: 1, b: 2 }, { a: "1" }, []],
  },
  {
    schema: {
      $defs: {
        node: {
          type: "object",
          properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
          required: ["next"],
          additionalProperties: false,
        },
      },
      $ref: "#/$defs/node",
    },
    values: [{ next: null }, { next: { next: null } }, { next: {} }, {}, null],
  },
  { schema: false, values: [1, null, {}] },
  { schema: { type: "string", enum: ["", " ", "\n"] }, values: ["", " ", "\n", "  "] },
  { schema: { allOf: [{ type: "integer", minimum: 2 }, { maximum: 4 }] }, values: [1, 2, 4, 5] },
];

const PATTERNS: readonly (readonly [pattern: string, texts: readonly string[]])[] = [
  ["a*b", ["b", "ab", "aaab", "", "a", "abb"]],
  ["(ab|cd)+", ["ab", "cdab", "", "abc", "dc"]],
  ["[0-9]{2,4}", ["1", "12", "1234", "12345", "ab"]],
  ["x?y", ["y", "xy", "x", "xxy"]],
  ["[^a-z]+", ["A1", "", "a", "Ü"]],
  ["\\d+\\.\\d\\d", ["1.25", "10.00", "1.2", ".25", "1,25"]],
  ["(a|b)*abb", ["abb", "aabb", "babb", "ab", "abba"]],
  [".", ["a", "ü", "", "ab"]],
];

function lines(): Line[] {
  const ajv = new Ajv2020({ strict: false });
  const found: Line[] = [];
  const add = (kind: object, rule: string, text: string, valid: boolean, why: string) =>
    found.push({
      id: `structured-${String(found.length + 1).padStart(3, "0")}`,
      section: "structured",
      task: "structured",
      rule,
      about: `${valid ? "a text" : "no text"} of the ${rule}`,
      ...kind,
      text,
      valid,
      otherwise: [],
      why,
    });
  for (const { schema, values } of SCHEMAS) {
    const validate = ajv.compile(schema as object);
    for (const value of values)
      add(
        { json_schema: schema },
        "json_schema",
        JSON.stringify(value),
        validate(value) === true,
        "JSON Schema 2020-12, by ajv 8.20.0",
      );
  }
  for (const broken of [
    "{",
    "[1,]",
    "tru",
    "01",
    '{"name":"Ada","age":36',
    '"a',
    "",
    "1 2",
    "nul",
    "+1",
    "[1 2]",
    '{"a" 1}',
    "'a'",
  ])
    add({ json_schema: true }, "json_schema", broken, false, "RFC 8259: this is no JSON");
  for (const [pattern, texts] of PATTERNS)
    for (const text of texts)
      add(
        { regex: pattern },
        "regex",
        text,
        new RegExp(`^(?:${pattern})$`, "su").test(text),
        "the pattern must match the whole text (ECMAScript, flags su)",
      );
  return found;
}

export const structured: Section = {
  name: "structured",
  about: "Structured output: whether a text is one of a JSON schema or a regular expression.",
  files: () => ({ structured: lines() }),
};
