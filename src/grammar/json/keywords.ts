/**
 * Every keyword of JSON Schema 2020-12, one entry each: the type of its value, its treatment here, and the place of its
 * subschemas. The table in the documentation is made from this list and from notes.ts. A name outside the list is an annotation.
 */

import { isRecord } from "../../is-record.ts";
import { JSON_TYPES } from "./values.ts";

export interface Keyword {
  readonly name: string;
  /** `held`: the masks enforce it; `annotation`: it has no effect on texts */
  readonly kind: "held" | "annotation";
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
  },
  {
    name: "enum",
    ...held,
    must: "must be a list of values",
    takes: Array.isArray,
  },
  { name: "const", since: "6", ...held, ...ANY },
  {
    name: "minimum",
    ...held,
    ...NUMBER,
  },
  { name: "maximum", ...held, ...NUMBER },
  { name: "exclusiveMinimum", ...held, ...NUMBER },
  { name: "exclusiveMaximum", ...held, ...NUMBER },
  {
    name: "multipleOf",
    ...held,
    must: "must be a number above 0",
    takes: (value) => isNumber(value) && (value as number) > 0,
  },
  {
    name: "minLength",
    ...held,
    ...COUNT,
  },
  { name: "maxLength", ...held, ...COUNT },
  {
    name: "pattern",
    ...held,
    ...TEXT,
  },
  {
    name: "format",
    ...held,
    ...TEXT,
  },
  {
    name: "items",
    ...held,
    ...SCHEMA,
    subschemas: "value",
  },
  {
    name: "prefixItems",
    since: "2020-12",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
  },
  { name: "minItems", ...held, ...COUNT },
  { name: "maxItems", ...held, ...COUNT },
  {
    name: "properties",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
  },
  {
    name: "required",
    ...held,
    ...NAMES,
  },
  {
    name: "additionalProperties",
    ...held,
    ...SCHEMA,
    subschemas: "value",
  },
  {
    name: "patternProperties",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
  },
  {
    name: "propertyNames",
    since: "6",
    ...held,
    ...SCHEMA,
    subschemas: "value",
  },
  {
    name: "minProperties",
    ...held,
    ...COUNT,
  },
  { name: "maxProperties", ...held, ...COUNT },
  {
    name: "dependentRequired",
    since: "2019-09",
    ...held,
    must: "must be an object of lists of names",
    takes: (value) => isRecord(value) && Object.values(value).every(isNames),
  },
  {
    name: "dependentSchemas",
    since: "2019-09",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
  },
  {
    name: "allOf",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
  },
  {
    name: "anyOf",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
  },
  {
    name: "oneOf",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
  },
  {
    name: "not",
    ...held,
    ...SCHEMA,
    subschemas: "value",
  },
  {
    name: "if",
    since: "7",
    ...held,
    ...SCHEMA,
    subschemas: "value",
  },
  { name: "then", since: "7", ...held, ...SCHEMA, subschemas: "value" },
  { name: "else", since: "7", ...held, ...SCHEMA, subschemas: "value" },
  {
    name: "$ref",
    ...held,
    ...TEXT,
  },
  {
    name: "$defs",
    since: "2019-09",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
  },
  {
    name: "definitions",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
  },
  { name: "$id", ...held, ...TEXT },
  { name: "$anchor", since: "2019-09", ...held, ...TEXT },
  { name: "$dynamicAnchor", since: "2020-12", ...held, ...TEXT },
  {
    name: "contains",
    since: "6",
    ...held,
    ...SCHEMA,
    subschemas: "value",
  },
  { name: "minContains", since: "2019-09", ...held, ...COUNT },
  { name: "maxContains", since: "2019-09", ...held, ...COUNT },
  {
    name: "uniqueItems",
    ...held,
    ...FLAG,
  },
  {
    name: "unevaluatedProperties",
    since: "2019-09",
    ...held,
    ...SCHEMA,
    subschemas: "value",
  },
  {
    name: "unevaluatedItems",
    since: "2019-09",
    ...held,
    ...SCHEMA,
    subschemas: "value",
  },
  {
    name: "$dynamicRef",
    since: "2020-12",
    ...held,
    ...TEXT,
  },
  {
    name: "$recursiveRef",
    since: "2019-09",
    ...held,
    must: 'must be "#"',
    takes: (value) => value === "#",
  },
  {
    name: "$recursiveAnchor",
    since: "2019-09",
    ...held,
    ...FLAG,
  },
  {
    name: "dependencies",
    ...rewritten,
    must: "must be an object of schemas and lists of names, where no dependentRequired or dependentSchemas stands beside it",
    subschemas: "properties",
  },
  {
    name: "additionalItems",
    ...rewritten,
    must: "must be a schema: an object, true or false",
    subschemas: "value",
  },
  { name: "id", ...rewritten, must: "must be a string" },
  {
    name: "$schema",
    ...annotation,
  },
  { name: "$vocabulary", ...annotation },
  { name: "$comment", ...annotation },
  { name: "title", ...annotation },
  { name: "description", ...annotation },
  { name: "default", ...annotation },
  { name: "examples", since: "6", ...annotation },
  { name: "deprecated", ...annotation },
  { name: "readOnly", ...annotation },
  { name: "writeOnly", ...annotation },
  { name: "contentEncoding", ...annotation },
  { name: "contentMediaType", ...annotation },
  { name: "contentSchema", ...annotation },
  {
    name: "nullable",
    ...rewritten,
    must: "must be true or false",
  },
  { name: "discriminator", ...annotation },
  { name: "example", ...annotation },
  { name: "externalDocs", ...annotation },
  { name: "xml", ...annotation },
];

export const KEYWORD_BY_NAME: ReadonlyMap<string, Keyword> = new Map(
  KEYWORDS.map((keyword) => [keyword.name, keyword]),
);

function isTypes(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every((type) => TYPES.has(type)) : TYPES.has(value);
}
