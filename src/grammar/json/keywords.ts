/**
 * Every keyword of JSON Schema 2020-12, one entry each: the type of its value, its treatment here, and the place of its
 * subschemas. The table in the documentation is made from this list. A name outside the list is an annotation.
 */

import { isRecord } from "../../is-record.ts";
import { JSON_TYPES } from "./values.ts";

export interface Keyword {
  readonly name: string;
  /** `held`: the masks enforce it; `annotation`: it has no effect on texts */
  readonly kind: "held" | "annotation";
  readonly says: string;
  /** what its value must be */
  readonly must: string;
  takes(value: unknown): boolean;
  /** place of its subschemas: the value itself, its items or its properties */
  readonly subschemas?: "value" | "items" | "properties";
  /** the first draft that has it; undefined: draft 4 and OpenAPI 3.0 */
  readonly since?: "6" | "7" | "2019-09" | "2020-12";
  /** true for a keyword of an older draft, which rewriting removes */
  readonly isRewritten?: boolean;
}

const TYPES: ReadonlySet<unknown> = new Set([...JSON_TYPES, "integer"]);

const isSchema = (value: unknown) => typeof value === "boolean" || isRecord(value);
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0; // an integer is a number
const isNumber = (value: unknown) => typeof value === "number" && Number.isFinite(value);
const isText = (value: unknown) => typeof value === "string";
const isNames = (value: unknown) => Array.isArray(value) && value.every(isText);
const isSchemas = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isSchema);
const isSchemaMap = (value: unknown) => isRecord(value) && Object.values(value).every(isSchema);
const isAnything = () => true;

const SCHEMA = { must: "must be a schema: an object, true or false", takes: isSchema } as const;
const SCHEMAS = { must: "must be a list of schemas", takes: isSchemas } as const;
const SCHEMA_MAP = { must: "must be an object of schemas", takes: isSchemaMap } as const;
const COUNT = { must: "must be a whole number of at least 0", takes: isCount } as const;
const NUMBER = { must: "must be a number", takes: isNumber } as const;
const TEXT = { must: "must be a string", takes: isText } as const;
const ANY = { must: "may be anything", takes: isAnything } as const;
const FLAG = {
  must: "must be true or false",
  takes: (value: unknown) => typeof value === "boolean",
} as const;
const NAMES = { must: "must be a list of names", takes: isNames } as const;

const held = { kind: "held" } as const;
const annotation = { kind: "annotation", ...ANY } as const;
/** An older keyword that is left after rewriting is refused. */
const rewritten = { kind: "held", isRewritten: true, takes: () => false } as const;

export const KEYWORDS: readonly Keyword[] = [
  {
    name: "type",
    ...held,
    must: "must be a type or a list of types",
    takes: isTypes,
    says: "One or more of the seven. An integer is written without a point and an exponent.",
  },
  {
    name: "enum",
    ...held,
    must: "must be a list of values",
    takes: Array.isArray,
    says: "One of the values, as JSON.stringify writes it; values that the other keywords do not admit are left out.",
  },
  { name: "const", since: "6", ...held, ...ANY, says: "The value, as JSON.stringify writes it." },
  { name: "minimum", ...held, ...NUMBER, says: "Digit by digit, exactly. A bounded number has no exponent." },
  { name: "maximum", ...held, ...NUMBER, says: "As minimum." },
  { name: "exclusiveMinimum", ...held, ...NUMBER, says: "As minimum." },
  { name: "exclusiveMaximum", ...held, ...NUMBER, says: "As minimum." },
  {
    name: "multipleOf",
    ...held,
    must: "must be a number above 0",
    takes: (value) => isNumber(value) && (value as number) > 0,
    says: "For powers of ten, and for divisors whose digits make at most 4,096 remainders (0.25: 75; 7: 7); refused for others.",
  },
  { name: "minLength", ...held, ...COUNT, says: "Counted in code points; a pair of \\u escapes is one." },
  { name: "maxLength", ...held, ...COUNT, says: "As minLength." },
  {
    name: "pattern",
    ...held,
    ...TEXT,
    says: "Found anywhere in the string, unless anchored. The string is written as JSON.stringify does.",
  },
  {
    name: "format",
    ...held,
    ...TEXT,
    says: "The formats of the second table are held to. Others are annotations, and are told; with `formats: assert` they are refused.",
  },
  { name: "items", ...held, ...SCHEMA, subschemas: "value", says: "For the items behind prefixItems." },
  {
    name: "prefixItems",
    since: "2020-12",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
    says: "For the first items, each its own.",
  },
  { name: "minItems", ...held, ...COUNT, says: "Counted." },
  { name: "maxItems", ...held, ...COUNT, says: "Counted." },
  {
    name: "properties",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "In the order of the schema, or in any order with property_order.",
  },
  {
    name: "required",
    ...held,
    ...NAMES,
    says: "Names that properties does not list come behind those that it does.",
  },
  {
    name: "additionalProperties",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Behind all listed properties. Their names are spelt as JSON.stringify does.",
  },
  {
    name: "patternProperties",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "Up to four patterns an object: names are told apart by which of them match. Weakened: a name that several match may have what any one of them says.",
  },
  {
    name: "propertyNames",
    since: "6",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "For listed names and others; only what a schema says of strings matters.",
  },
  {
    name: "minProperties",
    ...held,
    ...COUNT,
    says: "Counted, as members of the text. Names that the schema does not list are not kept distinct: the same one twice counts twice.",
  },
  { name: "maxProperties", ...held, ...COUNT, says: "Counted." },
  {
    name: "dependentRequired",
    since: "2019-09",
    ...held,
    must: "must be an object of lists of names",
    takes: (value) => isRecord(value) && Object.values(value).every(isNames),
    says: "Either without the property, or with all that it needs.",
  },
  {
    name: "dependentSchemas",
    since: "2019-09",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "Either without the property, or as the schema says.",
  },
  { name: "allOf", ...held, ...SCHEMAS, subschemas: "items", says: "All are merged, keyword by keyword." },
  {
    name: "anyOf",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
    says: "Any of them, each merged with what stands beside it.",
  },
  {
    name: "oneOf",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
    says: "As anyOf where the branches exclude each other: by type, by values, by bounds, or by a required property; and where what a branch says can be turned around. Refused otherwise.",
  },
  {
    name: "not",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Where it can be turned around: types, values, bounds, lengths, pattern, required, single properties, and what allOf, anyOf and not make of those. Refused otherwise.",
  },
  {
    name: "if",
    since: "7",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "With then and else; refused where if cannot be turned around, as not.",
  },
  { name: "then", since: "7", ...held, ...SCHEMA, subschemas: "value", says: "With if." },
  { name: "else", since: "7", ...held, ...SCHEMA, subschemas: "value", says: "With if." },
  {
    name: "$ref",
    ...held,
    ...TEXT,
    says: "Within the schema, by pointer, $anchor or $id, recursion too. Nothing is fetched.",
  },
  {
    name: "$defs",
    since: "2019-09",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "Where $ref leads.",
  },
  {
    name: "definitions",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "As $defs, which older drafts call so.",
  },
  { name: "$id", ...held, ...TEXT, says: "A base for $ref." },
  { name: "$anchor", since: "2019-09", ...held, ...TEXT, says: "A name for $ref." },
  { name: "$dynamicAnchor", since: "2020-12", ...held, ...TEXT, says: "As $anchor." },
  {
    name: "contains",
    since: "6",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Counted, once at a place. With maxContains only where what it says can be turned around, as not.",
  },
  { name: "minContains", since: "2019-09", ...held, ...COUNT, says: "With contains." },
  { name: "maxContains", since: "2019-09", ...held, ...COUNT, says: "With contains." },
  {
    name: "uniqueItems",
    ...held,
    ...FLAG,
    says: "Where maxItems is at most 1, or items are one of at most 8 listed scalars. Refused otherwise: no automaton keeps items distinct.",
  },
  {
    name: "unevaluatedProperties",
    since: "2019-09",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Of properties that no schema which holds at the same place has said anything of. Refused below not and beside listed values.",
  },
  {
    name: "unevaluatedItems",
    since: "2019-09",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "As unevaluatedProperties. Refused beside contains.",
  },
  {
    name: "$dynamicRef",
    since: "2020-12",
    ...held,
    ...TEXT,
    says: "As $ref, where one schema alone has the $dynamicAnchor. Refused where several have it.",
  },
  {
    name: "$recursiveRef",
    since: "2019-09",
    ...held,
    must: 'must be "#"',
    takes: (value) => value === "#",
    says: "Of draft 2019-09, as $dynamicRef. Refused where several schemas have $recursiveAnchor.",
  },
  {
    name: "$recursiveAnchor",
    since: "2019-09",
    ...held,
    ...FLAG,
    says: "Of draft 2019-09: where $recursiveRef leads.",
  },
  {
    name: "dependencies",
    ...rewritten,
    must: "must be an object of schemas and lists of names, where no dependentRequired or dependentSchemas stands beside it",
    subschemas: "properties",
    says: "Up to draft 7: read as dependentRequired and dependentSchemas.",
  },
  {
    name: "additionalItems",
    ...rewritten,
    must: "must be a schema: an object, true or false",
    subschemas: "value",
    says: "Up to draft 2019-09: behind a list in items, read as items behind prefixItems. Beside other items it says nothing.",
  },
  { name: "id", ...rewritten, must: "must be a string", says: "In draft 4 and OpenAPI 3.0: read as $id." },
  {
    name: "$schema",
    ...annotation,
    says: "Names the draft: 4, 6, 7, 2019-09, 2020-12 or OpenAPI 3.0. Without it, or where it names another, 2020-12 is meant.",
  },
  { name: "$vocabulary", ...annotation, says: "Of metaschemas." },
  { name: "$comment", ...annotation, says: "A comment." },
  { name: "title", ...annotation, says: "A title." },
  { name: "description", ...annotation, says: "A description." },
  { name: "default", ...annotation, says: "A value to assume." },
  { name: "examples", since: "6", ...annotation, says: "Values." },
  { name: "deprecated", ...annotation, says: "A remark." },
  { name: "readOnly", ...annotation, says: "A remark." },
  { name: "writeOnly", ...annotation, says: "A remark." },
  { name: "contentEncoding", ...annotation, says: "Of a string's content, which is not looked at." },
  { name: "contentMediaType", ...annotation, says: "As contentEncoding." },
  { name: "contentSchema", ...annotation, says: "As contentEncoding." },
  {
    name: "nullable",
    ...rewritten,
    must: "must be true or false",
    says: 'In OpenAPI 3.0, and without $schema: true adds "null" to type. Elsewhere it says nothing, which is told.',
  },
  { name: "discriminator", ...annotation, says: "Of OpenAPI: what oneOf says holds." },
  { name: "example", ...annotation, says: "Of OpenAPI: a value." },
  { name: "externalDocs", ...annotation, says: "Of OpenAPI: a remark." },
  { name: "xml", ...annotation, says: "Of OpenAPI: a remark." },
];

export const KEYWORD_BY_NAME: ReadonlyMap<string, Keyword> = new Map(
  KEYWORDS.map((keyword) => [keyword.name, keyword]),
);

function isTypes(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every((type) => TYPES.has(type)) : TYPES.has(value);
}
