/** Whether a schema admits a value: what decides which values of an enum are left, and which listed names may be names. */
import { Problem } from "../../errors.ts";
import { matcherOf } from "../regex/match.ts";
import { isMultiple } from "./decimal.ts";
import type { Place, SchemaDocument, SchemaObject } from "./document.ts";
import { FORMAT_BY_NAME } from "./formats.ts";
import { NOT_INTEGER, NOT_PATTERNS, NOT_VALUES } from "./negation.ts";
import { REFERENCES } from "./references.ts";
import { hasUnevaluated } from "./unevaluated.ts";
import { isEqual, isRecord, lengthOf, typeOf } from "./values.ts";

const DEPTH_MAX = 200;

export class Evaluator {
  readonly #document: SchemaDocument;
  readonly #patterns = new Map<string, (text: string) => boolean>();
  readonly #scalars = new WeakMap<readonly unknown[], ReadonlySet<unknown>>();

  constructor(document: SchemaDocument) {
    this.#document = document;
  }

  admits(place: Place, value: unknown, depth = 0): boolean {
    if (depth > DEPTH_MAX)
      throw new Problem(
        "grammar_too_large",
        `values of an enum may be ${DEPTH_MAX} deep, got more`,
        place.pointer,
      );
    const { schema } = place;
    if (typeof schema === "boolean") return schema;
    const of = (name: string, ...path: readonly (string | number)[]) =>
      this.#document.at(place, name, ...path);
    const is = (other: Place) => this.admits(other, value, depth + 1);
    const each = (name: string) =>
      ((schema[name] as readonly unknown[] | undefined) ?? []).map((_, i) => of(name, i));
    if (!this.#keepsAssertions(schema, value)) return false;
    for (const name of REFERENCES)
      if (schema[name] !== undefined && !is(this.#document.target(place, name))) return false;
    refuseUnevaluated(place, value);
    if (!each("allOf").every(is)) return false;
    if (schema["anyOf"] !== undefined && !each("anyOf").some(is)) return false;
    if (schema["oneOf"] !== undefined && each("oneOf").filter(is).length !== 1) return false;
    if (schema["not"] !== undefined && is(of("not"))) return false;
    if (schema["if"] !== undefined) {
      const then = is(of("if")) ? "then" : "else";
      if (schema[then] !== undefined && !is(of(then))) return false;
    }
    if (Array.isArray(value)) return this.#admitsItems(place, schema, value, depth);
    return !isRecord(value) || this.#admitsProperties(place, schema, value, depth);
  }

  #keepsAssertions(schema: SchemaObject, value: unknown): boolean {
    const types = schema["type"];
    if (types !== undefined && ![types].flat().some((type) => hasType(value, type))) return false;
    if (schema["const"] !== undefined && !isEqual(schema["const"], value)) return false;
    if (Array.isArray(schema["enum"]) && !this.#isAmong(schema["enum"], value)) return false;
    const others = schema[NOT_VALUES] as readonly unknown[] | undefined;
    if (others !== undefined && this.#isAmong(others, value)) return false;
    if (typeof value === "number") return this.#keepsNumber(schema, value);
    return typeof value !== "string" || this.#keepsString(schema, value);
  }

  /** Whether a list holds a value. All of an enum's are asked for: they are looked up, so that thousands may be. */
  #isAmong(list: readonly unknown[], value: unknown): boolean {
    if (typeof value === "object" && value !== null) return list.some((known) => isEqual(known, value));
    const scalars = this.#scalars.get(list) ?? new Set(list);
    this.#scalars.set(list, scalars);
    return scalars.has(value);
  }

  #keepsNumber(schema: SchemaObject, value: number): boolean {
    if (schema[NOT_INTEGER] !== undefined && Number.isInteger(value)) return false;
    const bounds: Readonly<Record<string, (bound: number) => boolean>> = {
      minimum: (bound) => value >= bound,
      maximum: (bound) => value <= bound,
      exclusiveMinimum: (bound) => value > bound,
      exclusiveMaximum: (bound) => value < bound,
      multipleOf: (bound) => isMultiple(value, bound),
    };
    return Object.entries(bounds).every(
      ([name, holds]) => schema[name] === undefined || holds(schema[name] as number), // it was checked
    );
  }

  #keepsString(schema: SchemaObject, value: string): boolean {
    const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema as Readonly<
      Record<string, number>
    >;
    const length = lengthOf(value);
    if (length < minLength || length > maxLength) return false;
    if (schema["pattern"] !== undefined && !this.matches(schema["pattern"] as string, value)) return false;
    if (
      (schema[NOT_PATTERNS] as readonly string[] | undefined)?.some((pattern) => this.matches(pattern, value))
    )
      return false;
    const format = FORMAT_BY_NAME.get(String(schema["format"]));
    if (format === undefined) return true;
    return (
      length <= (format.length_max ?? length) &&
      this.#match(`=${format.regex}`, () => matcherOf(format.regex, false))(value)
    );
  }

  /** Whether a pattern is found in a text. */
  matches(pattern: string, text: string): boolean {
    return this.#match(`~${pattern}`, () => matcherOf(pattern, true))(text);
  }

  #match(key: string, make: () => (text: string) => boolean): (text: string) => boolean {
    const known = this.#patterns.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#patterns.set(key, made);
    return made;
  }

  #admitsItems(place: Place, schema: SchemaObject, value: readonly unknown[], depth: number): boolean {
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema as Readonly<Record<string, number>>;
    if (value.length < minItems || value.length > maxItems) return false;
    if (
      schema["uniqueItems"] === true &&
      value.some((item, i) => value.slice(i + 1).some((other) => isEqual(item, other)))
    )
      return false;
    if (!this.#contains(place, schema, value, depth)) return false;
    const prefix = (schema["prefixItems"] as readonly unknown[] | undefined)?.length ?? 0;
    return value.every((item, i) => {
      if (i < prefix) return this.admits(this.#document.at(place, "prefixItems", i), item, depth + 1);
      return schema["items"] === undefined || this.admits(this.#document.at(place, "items"), item, depth + 1);
    });
  }

  #contains(place: Place, schema: SchemaObject, value: readonly unknown[], depth: number): boolean {
    if (schema["contains"] === undefined) return true;
    const { minContains = 1, maxContains = Number.POSITIVE_INFINITY } = schema as Readonly<
      Record<string, number>
    >;
    const is = this.#document.at(place, "contains");
    const count = value.filter((item) => this.admits(is, item, depth + 1)).length;
    return count >= minContains && count <= maxContains;
  }

  #admitsProperties(
    place: Place,
    schema: SchemaObject,
    value: Readonly<Record<string, unknown>>,
    depth: number,
  ): boolean {
    const names = Object.keys(value);
    const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = schema as Readonly<
      Record<string, number>
    >;
    if (names.length < minProperties || names.length > maxProperties) return false;
    const has = (name: string) => Object.hasOwn(value, name);
    if (!((schema["required"] as readonly string[] | undefined) ?? []).every(has)) return false;
    const dependent = Object.entries(
      (schema["dependentRequired"] as Readonly<Record<string, readonly string[]>>) ?? {},
    );
    if (dependent.some(([name, others]) => has(name) && !others.every(has))) return false;
    const schemas = Object.keys((schema["dependentSchemas"] as object | undefined) ?? {});
    if (
      schemas.some(
        (name) =>
          has(name) && !this.admits(this.#document.at(place, "dependentSchemas", name), value, depth + 1),
      )
    )
      return false;
    return names.every((name) => {
      if (
        schema["propertyNames"] !== undefined &&
        !this.admits(this.#document.at(place, "propertyNames"), name, depth + 1)
      )
        return false;
      return this.placesOf(place, name).every((own) => this.admits(own, value[name], depth + 1));
    });
  }

  /** What a schema says of the property with this name. */
  placesOf(place: Place, name: string): readonly Place[] {
    const { schema } = place;
    if (typeof schema === "boolean") return [];
    const places: Place[] = [];
    if (isRecord(schema["properties"]) && Object.hasOwn(schema["properties"], name))
      places.push(this.#document.at(place, "properties", name));
    for (const pattern of Object.keys((schema["patternProperties"] as object | undefined) ?? {}))
      if (this.matches(pattern, name)) places.push(this.#document.at(place, "patternProperties", pattern));
    if (places.length === 0 && schema["additionalProperties"] !== undefined)
      places.push(this.#document.at(place, "additionalProperties"));
    return places;
  }
}

/** What else holds would have to be known. */
function refuseUnevaluated(place: Place, value: unknown): void {
  if (typeof value !== "object" || value === null || !hasUnevaluated(place)) return;
  throw new Problem(
    "grammar_unsupported",
    "unevaluatedProperties and unevaluatedItems are supported for values that are not listed",
    place.pointer,
  );
}

function hasType(value: unknown, type: unknown): boolean {
  return type === "integer" ? Number.isInteger(value) : typeOf(value) === type;
}
