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
    says: "One or more of the seven types. An integer is written without a decimal point or an exponent.",
  },
  {
    name: "enum",
    ...held,
    must: "must be a list of values",
    takes: Array.isArray,
    says: "One of the values, written as by JSON.stringify. Values that the other keywords do not admit are left out.",
  },
  { name: "const", since: "6", ...held, ...ANY, says: "This value, written as by JSON.stringify." },
  {
    name: "minimum",
    ...held,
    ...NUMBER,
    says: "Compared exactly, digit by digit. A number with bounds is written without an exponent.",
  },
  { name: "maximum", ...held, ...NUMBER, says: "As minimum." },
  { name: "exclusiveMinimum", ...held, ...NUMBER, says: "As minimum." },
  { name: "exclusiveMaximum", ...held, ...NUMBER, says: "As minimum." },
  {
    name: "multipleOf",
    ...held,
    must: "must be a number above 0",
    takes: (value) => isNumber(value) && (value as number) > 0,
    says: "Supported for powers of ten, and for divisors that need at most 4,096 remainders (0.25 needs 75, 7 needs 7). Refused for others.",
  },
  {
    name: "minLength",
    ...held,
    ...COUNT,
    says: "Counted in code points; a surrogate pair of \\u escapes counts as one.",
  },
  { name: "maxLength", ...held, ...COUNT, says: "As minLength." },
  {
    name: "pattern",
    ...held,
    ...TEXT,
    says: "May match anywhere in the string, unless anchored. The string is escaped as by JSON.stringify.",
  },
  {
    name: "format",
    ...held,
    ...TEXT,
    says: "The formats of the second table are enforced. Others are annotations, and a warning names them; with `formats: assert` they are refused.",
  },
  {
    name: "items",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Applies to the items after those of prefixItems.",
  },
  {
    name: "prefixItems",
    since: "2020-12",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
    says: "One schema for each of the first items.",
  },
  { name: "minItems", ...held, ...COUNT, says: "Counted." },
  { name: "maxItems", ...held, ...COUNT, says: "Counted." },
  {
    name: "properties",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "In the order of the schema; in any order with `property_order: any`.",
  },
  {
    name: "required",
    ...held,
    ...NAMES,
    says: "Names that `properties` does not list come after those that it lists.",
  },
  {
    name: "additionalProperties",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "These properties come after all listed ones. Their names are escaped as by JSON.stringify.",
  },
  {
    name: "patternProperties",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "At most four patterns in one object. A property must fit the schema of every pattern that its name matches. Weakened: the schema of one of them is enough.",
  },
  {
    name: "propertyNames",
    since: "6",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Applies to all names, listed or not. Only the schema's rules for strings have an effect.",
  },
  {
    name: "minProperties",
    ...held,
    ...COUNT,
    says: "The members of the text are counted. Names that the schema does not list may repeat, and each repetition counts.",
  },
  { name: "maxProperties", ...held, ...COUNT, says: "Counted." },
  {
    name: "dependentRequired",
    since: "2019-09",
    ...held,
    must: "must be an object of lists of names",
    takes: (value) => isRecord(value) && Object.values(value).every(isNames),
    says: "The object either lacks the property, or has all the properties that it requires.",
  },
  {
    name: "dependentSchemas",
    since: "2019-09",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "The object either lacks the property, or is valid by its schema.",
  },
  {
    name: "allOf",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
    says: "All schemas are merged into one, keyword by keyword.",
  },
  {
    name: "anyOf",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
    says: "Alternatives. Each is merged with the keywords beside anyOf.",
  },
  {
    name: "oneOf",
    ...held,
    ...SCHEMAS,
    subschemas: "items",
    says: "Like anyOf where the branches exclude each other by type, by values, by bounds or by a required property. Also where a branch can be negated, see `not`. Refused otherwise.",
  },
  {
    name: "not",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Supported where the schema can be negated: types, values, bounds, lengths, pattern, required, single properties, and combinations of those by allOf, anyOf and not. Refused otherwise.",
  },
  {
    name: "if",
    since: "7",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Used with then and else. Refused where the schema of if cannot be negated, see `not`.",
  },
  { name: "then", since: "7", ...held, ...SCHEMA, subschemas: "value", says: "With if." },
  { name: "else", since: "7", ...held, ...SCHEMA, subschemas: "value", says: "With if." },
  {
    name: "$ref",
    ...held,
    ...TEXT,
    says: "Refers to a place in the same schema by pointer, $anchor or $id; may be recursive. Nothing is fetched.",
  },
  {
    name: "$defs",
    since: "2019-09",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "Schemas that $ref refers to.",
  },
  {
    name: "definitions",
    ...held,
    ...SCHEMA_MAP,
    subschemas: "properties",
    says: "The name of $defs in older drafts.",
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
    says: "The matching items are counted; one contains at each place. maxContains is supported only where the schema can be negated, see `not`.",
  },
  { name: "minContains", since: "2019-09", ...held, ...COUNT, says: "With contains." },
  { name: "maxContains", since: "2019-09", ...held, ...COUNT, says: "With contains." },
  {
    name: "uniqueItems",
    ...held,
    ...FLAG,
    says: "Supported where maxItems is at most 1, or where all items are from a list of at most 8 scalars. Refused otherwise: a finite automaton cannot compare all items.",
  },
  {
    name: "unevaluatedProperties",
    since: "2019-09",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Applies to properties that no other schema for the same object has evaluated. Refused inside not and beside listed values.",
  },
  {
    name: "unevaluatedItems",
    since: "2019-09",
    ...held,
    ...SCHEMA,
    subschemas: "value",
    says: "Like unevaluatedProperties, for items. Refused beside contains.",
  },
  {
    name: "$dynamicRef",
    since: "2020-12",
    ...held,
    ...TEXT,
    says: "Like $ref where only one schema has the $dynamicAnchor. Refused where several have it.",
  },
  {
    name: "$recursiveRef",
    since: "2019-09",
    ...held,
    must: 'must be "#"',
    takes: (value) => value === "#",
    says: "The form of draft 2019-09 of $dynamicRef. Refused where several schemas have $recursiveAnchor.",
  },
  {
    name: "$recursiveAnchor",
    since: "2019-09",
    ...held,
    ...FLAG,
    says: "In draft 2019-09: the place that $recursiveRef refers to.",
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
    says: "Up to draft 2019-09, when items is a list: the schema of all further items. Otherwise it has no effect.",
  },
  { name: "id", ...rewritten, must: "must be a string", says: "In draft 4 and OpenAPI 3.0: read as $id." },
  {
    name: "$schema",
    ...annotation,
    says: "Names the draft: 4, 6, 7, 2019-09, 2020-12 or OpenAPI 3.0. Without it, or with another URI, the draft is 2020-12.",
  },
  { name: "$vocabulary", ...annotation, says: "Has a meaning only in metaschemas." },
  { name: "$comment", ...annotation, says: "A comment." },
  { name: "title", ...annotation, says: "A title." },
  { name: "description", ...annotation, says: "A description." },
  { name: "default", ...annotation, says: "A default value." },
  { name: "examples", since: "6", ...annotation, says: "Values." },
  { name: "deprecated", ...annotation, says: "A remark." },
  { name: "readOnly", ...annotation, says: "A remark." },
  { name: "writeOnly", ...annotation, says: "A remark." },
  { name: "contentEncoding", ...annotation, says: "Describes a string's content, which is not checked." },
  { name: "contentMediaType", ...annotation, says: "As contentEncoding." },
  { name: "contentSchema", ...annotation, says: "As contentEncoding." },
  {
    name: "nullable",
    ...rewritten,
    must: "must be true or false",
    says: 'In OpenAPI 3.0, and without $schema: true adds "null" to type. Elsewhere it has no effect, and a warning says so.',
  },
  { name: "discriminator", ...annotation, says: "A keyword of OpenAPI: only oneOf is enforced." },
  { name: "example", ...annotation, says: "A keyword of OpenAPI: a value." },
  { name: "externalDocs", ...annotation, says: "Of OpenAPI: a remark." },
  { name: "xml", ...annotation, says: "Of OpenAPI: a remark." },
];

export const KEYWORD_BY_NAME: ReadonlyMap<string, Keyword> = new Map(
  KEYWORDS.map((keyword) => [keyword.name, keyword]),
);

function isTypes(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every((type) => TYPES.has(type)) : TYPES.has(value);
}
