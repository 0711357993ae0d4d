/**
 * The negation of a schema, as schemas: the negation of `{"required": ["a"]}` is an object without `a`. Each keyword
 * with a negation has its entry. A schema fails when any of its keywords fails, so its negation is a choice of the
 * negations of its keywords.
 */

import { isRecord } from "../../is-record.ts";
import { PART_UNITS } from "../effort.ts";
import { type Place, type SchemaDocument, type SchemaObject, said } from "./document.ts";
import { KEYWORD_BY_NAME } from "./keywords.ts";
import { JSON_TYPES, typeOf } from "./values.ts";

/**
 * Keywords for forbidden values and forbidden patterns. They occur only in schemas made here; no client can write them.
 */
export const NOT_VALUES: unique symbol = Symbol("values that must not be");
export const NOT_PATTERNS: unique symbol = Symbol("patterns that must not be found");
/** A number that is not whole. */
export const NOT_INTEGER: unique symbol = Symbol("not an integer");

/** Keywords that only name a schema, or belong to another keyword. */
const SILENT: ReadonlySet<string> = new Set([
  "$defs",
  "definitions",
  "$id",
  "$anchor",
  "$dynamicAnchor",
  "then",
  "else",
  "minContains",
  "maxContains",
]);
const BRANCHES_MAX = 64;
/** Maximum number of schemas that a negation may have: one place has no room for more alternatives. */
const SCHEMAS_MAX = 1024;

type Schemas = readonly (SchemaObject | boolean)[];
type TurnAround = (value: never, place: Place, document: SchemaDocument) => Schemas | undefined;

const number =
  (name: string): TurnAround =>
  (bound: number) => [{ type: "number", [name]: bound }];
const least =
  (type: string, name: string): TurnAround =>
  (count: number) =>
    count === 0 ? [] : [{ type, [name]: count - 1 }];
const most =
  (type: string, name: string): TurnAround =>
  (count: number) => [{ type, [name]: count + 1 }];

const TURN_AROUND: Readonly<Record<string, TurnAround>> = {
  type: (types: string | readonly string[]) => {
    const given: readonly string[] = [types].flat();
    const left = JSON_TYPES.filter((type) => !given.includes(type));
    if (!given.includes("integer") || given.includes("number"))
      return left.length === 0 ? [] : [{ type: left }];
    const others = left.filter((type) => type !== "number");
    return [{ type: "number", [NOT_INTEGER]: true }, ...(others.length === 0 ? [] : [{ type: others }])];
  },
  const: (value: unknown) => otherValues([value]),
  enum: (values: readonly unknown[]) => otherValues(values),
  minimum: number("exclusiveMaximum"),
  maximum: number("exclusiveMinimum"),
  exclusiveMinimum: number("maximum"),
  exclusiveMaximum: number("minimum"),
  minLength: least("string", "maxLength"),
  maxLength: most("string", "minLength"),
  minItems: least("array", "maxItems"),
  maxItems: most("array", "minItems"),
  contains: (_: never, place) => {
    const { minContains: min = 1, maxContains: max } = place.schema as Readonly<Record<string, number>>;
    const { contains } = place.schema as SchemaObject;
    return [
      ...(min === 0 ? [] : [{ type: "array", contains, minContains: 0, maxContains: min - 1 }]),
      ...(max === undefined ? [] : [{ type: "array", contains, minContains: max + 1 }]),
    ];
  },
  uniqueItems: (is_unique: boolean) => (is_unique ? undefined : []),
  minProperties: least("object", "maxProperties"),
  maxProperties: most("object", "minProperties"),
  pattern: (pattern: string) => [{ type: "string", [NOT_PATTERNS]: [pattern] }],
  required: (names: readonly string[]) =>
    names.map((name) => ({ type: "object", properties: { [name]: false } })),
  properties: (_: never, place, document) =>
    allOrNone(
      namesIn(place, "properties").map((name) =>
        negationOf(document, document.at(place, "properties", name))?.map((schema) => ({
          type: "object",
          required: [name],
          properties: { [name]: schema },
        })),
      ),
    ),
  not: (_: never, place, document) => [document.at(place, "not").schema],
  allOf: (_: never, place, document) => allOrNone(each(place, "allOf", document)),
  anyOf: (_: never, place, document) => {
    const turned = each(place, "anyOf", document);
    let all: SchemaObject[] = [{ allOf: [] }];
    for (const branches of turned) {
      if (branches === undefined || all.length * branches.length > BRANCHES_MAX) return undefined;
      all = all.flatMap(({ allOf }) =>
        branches.map((branch) => ({ allOf: [...(allOf as Schemas), branch] })),
      );
    }
    return all;
  },
  $ref: (_: never, place, document) => negationOf(document, document.target(place)),
  $dynamicRef: (_: never, place, document) => negationOf(document, document.target(place, "$dynamicRef")),
};

const open = new Set<number>();
/** Negated places, by document and place: several schemas may refer to one. */
const known = new WeakMap<SchemaDocument, Map<number, Schemas | undefined>>();

/** Schemas that together admit exactly the values that this schema refuses; undefined when that cannot be expressed. */
export function negationOf(document: SchemaDocument, place: Place): Schemas | undefined {
  const { schema } = place;
  if (typeof schema === "boolean") return schema ? [] : [true];
  if (open.has(place.id)) return undefined; // it refers to itself
  const of_document = known.get(document) ?? new Map<number, Schemas | undefined>();
  known.set(document, of_document);
  if (of_document.has(place.id)) return of_document.get(place.id);
  open.add(place.id);
  try {
    const keywords = Object.keys(schema).filter(
      (name) => KEYWORD_BY_NAME.get(name)?.kind === "held" && !SILENT.has(name),
    );
    const turned = allOrNone([
      ...keywords.map((name) => TURN_AROUND[name]?.(schema[name] as never, place, document)), // it was checked
      ...notsOf(schema),
    ]);
    document.spend(PART_UNITS * (1 + keywords.length + (turned?.length ?? 0)));
    of_document.set(place.id, turned);
    return turned;
  } finally {
    open.delete(place.id);
  }
}

function notsOf(schema: SchemaObject): (Schemas | undefined)[] {
  const values = schema[NOT_VALUES] as readonly unknown[] | undefined;
  const patterns = schema[NOT_PATTERNS] as readonly string[] | undefined;
  return [
    ...(schema[NOT_INTEGER] === undefined ? [] : [[{ type: "integer" }]]),
    ...(values === undefined ? [] : [[{ enum: values }]]),
    ...(patterns === undefined ? [] : patterns.map((pattern) => [{ type: "string", pattern }])),
  ];
}

function allOrNone(parts: readonly (Schemas | undefined)[]): Schemas | undefined {
  if (parts.includes(undefined)) return undefined;
  // Parts with the same target are the same schema.
  const all = new Set<SchemaObject | boolean>();
  for (const part of parts)
    for (const schema of part ?? []) {
      all.add(schema);
      if (all.size > SCHEMAS_MAX) return undefined;
    }
  return [...all];
}

/** A text alone does not distinguish lists and objects among the values from others. */
function otherValues(values: readonly unknown[]): Schemas | undefined {
  return values.some((value) => ["array", "object"].includes(typeOf(value)))
    ? undefined
    : [{ [NOT_VALUES]: values }];
}

function namesIn(place: Place, keyword: string): string[] {
  const value = said(place, keyword);
  return isRecord(value) ? Object.keys(value) : [];
}

function each(place: Place, keyword: string, document: SchemaDocument): (Schemas | undefined)[] {
  const list = said(place, keyword) as readonly unknown[];
  return list.map((_, i) => negationOf(document, document.at(place, keyword, i)));
}
