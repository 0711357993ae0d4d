/**
 * Whether a schema admits a value. This decides which values of an enum remain, and which listed names may be used.
 * Answers are cached by place and value, so a schema with many references to it is evaluated once for each value.
 */
import { Problem, pointerTo } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { type Effort, PART_UNITS } from "../effort.ts";
import { matcherOf } from "../regex/match.ts";
import { isMultiple } from "./decimal.ts";
import type { Place, SchemaDocument, SchemaObject } from "./document.ts";
import { FORMAT_BY_NAME } from "./formats.ts";
import { NOT_INTEGER, NOT_PATTERNS, NOT_VALUES } from "./negation.ts";
import { REFERENCES } from "./references.ts";
import { hasUnevaluated } from "./unevaluated.ts";
import { canonical, lengthOf, typeOf } from "./values.ts";

const DEPTH_MAX = 200;
/** Approximate letters that are written in the time of looking up one byte. */
const LETTERS_A_UNIT = 8;

export class Evaluator {
  readonly #document: SchemaDocument;
  readonly #effort: Effort;
  readonly #patterns = new Map<string, (text: string) => boolean>();
  /** matchers under construction, by pattern */
  readonly #unfinished = new Map<string, Generator<undefined, (text: string) => boolean>>();
  /** by list: the keys of its values */
  readonly #listed = new WeakMap<readonly unknown[], ReadonlySet<string>>();
  /** by value: whether each place admits it */
  readonly #known = new Map<unknown, Map<number, boolean>>();
  /** of lists and objects */
  readonly #texts = new WeakMap<object, string>();

  constructor(document: SchemaDocument, effort: Effort) {
    this.#document = document;
    this.#effort = effort;
  }

  /** Whether all places admit a value, in pieces. Weakened: true when it cannot be decided. */
  *admitted(places: readonly Place[], value: unknown): Generator<undefined, boolean> {
    for (const place of places)
      if (!(yield* this.#effort.again(() => this.#mayAdmit(place, value)))) return false;
    return true;
  }

  #mayAdmit(place: Place, value: unknown): boolean {
    try {
      return this.admits(place, value);
    } catch (error) {
      this.#document.weaken(error, "enum");
      return true;
    }
  }

  /** The schemas that places have for the property with this name, in pieces. */
  *allPlacesOf(places: readonly Place[], name: string): Generator<undefined, Place[]> {
    const found: Place[] = [];
    for (const place of places) found.push(...(yield* this.#effort.again(() => this.placesOf(place, name))));
    return found;
  }

  /** May pause if the caller allows it. */
  admits(place: Place, value: unknown, depth = 0): boolean {
    if (typeof place.schema === "boolean") return place.schema;
    if (depth > DEPTH_MAX)
      throw new Problem(
        "grammar_too_large",
        `values of an enum may be ${DEPTH_MAX} deep, got more`,
        place.pointer,
      );
    this.#effort.units++;
    const by_place = this.#known.get(value) ?? new Map<number, boolean>();
    const known = by_place.get(place.id);
    if (known !== undefined) return known;
    const admits = this.#findOut(place, place.schema, value, depth);
    by_place.set(place.id, admits);
    this.#known.set(value, by_place);
    this.#effort.units += PART_UNITS;
    this.#effort.checkpoint();
    return admits;
  }

  #findOut(place: Place, schema: SchemaObject, value: unknown, depth: number): boolean {
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
    if (schema["const"] !== undefined && this.#textOf(schema["const"]) !== this.#textOf(value)) return false;
    if (Array.isArray(schema["enum"]) && !this.#isAmong(schema["enum"], value)) return false;
    const others = schema[NOT_VALUES] as readonly unknown[] | undefined;
    if (others !== undefined && this.#isAmong(others, value)) return false;
    if (typeof value === "number") return this.#keepsNumber(schema, value);
    return typeof value !== "string" || this.#keepsString(schema, value);
  }

  /** Whether a list contains a value. The values of an enum are looked up in a map, so an enum may have thousands. */
  #isAmong(list: readonly unknown[], value: unknown): boolean {
    let listed = this.#listed.get(list);
    if (listed === undefined) {
      listed = new Set(list.map((one) => this.#textOf(one)));
      this.#effort.spend(list.length);
      this.#listed.set(list, listed);
    }
    return listed.has(this.#textOf(value));
  }

  /** A text that is the same for equal values only. */
  #textOf(value: unknown): string {
    if (typeof value !== "object" || value === null) return canonical(value);
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    const text = canonical(value);
    this.#texts.set(value, text);
    this.#effort.units += PART_UNITS + text.length / LETTERS_A_UNIT;
    this.#effort.checkpoint();
    return text;
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
    return length <= (format.length_max ?? length) && this.#matcher(format.regex, false)(value);
  }

  /** Whether a text contains a match of a pattern. */
  matches(pattern: string, text: string): boolean {
    return this.#matcher(pattern, true)(text);
  }

  /** Makes a matcher once, in pieces if the caller allows pauses. */
  #matcher(pattern: string, search: boolean): (text: string) => boolean {
    const key = `${search ? "~" : "="}${pattern}`;
    const known = this.#patterns.get(key);
    if (known !== undefined) return known;
    const pieces = this.#unfinished.get(key) ?? matcherOf(pattern, search, this.#effort);
    for (;;) {
      this.#unfinished.delete(key);
      const next = pieces.next();
      if (next.done === true) {
        this.#patterns.set(key, next.value);
        return next.value;
      }
      this.#unfinished.set(key, pieces);
      this.#effort.pause();
    }
  }

  #admitsItems(place: Place, schema: SchemaObject, value: readonly unknown[], depth: number): boolean {
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema as Readonly<Record<string, number>>;
    if (value.length < minItems || value.length > maxItems) return false;
    if (
      schema["uniqueItems"] === true &&
      new Set(value.map((item) => this.#textOf(item))).size < value.length
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

  /** Weakened: a pattern that is not supported has no effect. */
  #mayMatch({ pointer }: Place, pattern: string, name: string): boolean {
    try {
      return this.matches(pattern, name);
    } catch (error) {
      const here = `${pointer}/patternProperties${pointerTo([pattern])}`;
      this.#document.weaken(error instanceof Problem ? error.within(here) : error, "patternProperties");
      return false;
    }
  }

  /** The schemas for the property with this name. */
  placesOf(place: Place, name: string): readonly Place[] {
    const { schema } = place;
    if (typeof schema === "boolean") return [];
    const places: Place[] = [];
    if (isRecord(schema["properties"]) && Object.hasOwn(schema["properties"], name))
      places.push(this.#document.at(place, "properties", name));
    for (const pattern of Object.keys((schema["patternProperties"] as object | undefined) ?? {}))
      if (this.#mayMatch(place, pattern, name))
        places.push(this.#document.at(place, "patternProperties", pattern));
    if (places.length === 0 && schema["additionalProperties"] !== undefined)
      places.push(this.#document.at(place, "additionalProperties"));
    return places;
  }
}

/** The result would depend on which other schemas hold. */
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
