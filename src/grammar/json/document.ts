/**
 * A schema as it was sent, and where each $ref leads. A place is a schema with its pointer; the same place is the same
 * object. A place is checked when it is first asked for: definitions that nothing refers to may hold what they like.
 */
import { assert, Problem, pointerTo, show } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { allAtOnce } from "../../pieces.ts";
import { type Effort, PART_UNITS } from "../effort.ts";
import { KEYWORD_BY_NAME, KEYWORDS } from "./keywords.ts";
import type { Reference } from "./references.ts";
import { isRecord } from "./values.ts";

export type SchemaObject = Readonly<Record<string | symbol, unknown>>;

export interface Place {
  readonly schema: SchemaObject | boolean;
  readonly pointer: string;
  /** what references in it are relative to */
  readonly base: string;
  /** tells places apart */
  readonly id: number;
}

/** What a schema says by a keyword; undefined when nothing, as true and false do by all. */
export function said({ schema }: Pick<Place, "schema">, name: string | symbol): unknown {
  return (schema as SchemaObject)[name];
}

const ROOT = "schema:///";
const DEPTH_MAX = 100;
const PLACES_MAX = 50_000;
/** A schema may say what is known of it in any way it likes under names that begin so. */
const FREE = /^x-/;

export class SchemaDocument {
  readonly #places = new Map<object, Place>();
  readonly #by_uri = new Map<string, Place>();
  readonly #checked = new Set<Place>();
  /** how many schemas have a $dynamicAnchor of each name */
  readonly #dynamic = new Map<string, number>();
  #count = 0;

  readonly #effort: Effort;
  #root: Place | undefined;

  private constructor(effort: Effort) {
    this.#effort = effort;
  }

  /** Throws a Problem, as all that asks for places does, that points at a keyword that is wrong or not supported. */
  static *read(schema: unknown, effort: Effort): Generator<undefined, SchemaDocument> {
    const document = new SchemaDocument(effort);
    if (isRecord(schema)) yield* document.#enter(schema, "", ROOT, 0);
    document.#root = document.#placeOf(schema, "", ROOT);
    document.#by_uri.set(ROOT, document.#root);
    return document;
  }

  get root(): Place {
    assert(this.#root !== undefined, "a document is read before it is asked");
    return this.#root;
  }

  /** Spends from the account of the grammar. */
  spend(units: number): void {
    this.#effort.spend(units);
  }

  /** A place that stands nowhere: what a keyword comes to, written as a schema. */
  synthetic(schema: SchemaObject | boolean, like: Place): Place {
    return { schema, pointer: like.pointer, base: like.base, id: this.#count++ };
  }

  /** A subschema of a place. */
  at(place: Place, ...path: readonly (string | number)[]): Place {
    let value: unknown = place.schema;
    for (const part of path) value = (value as Readonly<Record<string, unknown>>)[part]; // it was checked
    return this.#placeOf(value, place.pointer + pointerTo(path.map(String)), place.base);
  }

  #placeOf(value: unknown, pointer: string, base: string): Place {
    if (typeof value === "boolean") return { schema: value, pointer, base, id: value ? -1 : -2 };
    if (!isRecord(value))
      throw new Problem(
        "grammar_invalid",
        `a schema must be an object, true or false, got ${show(value)}`,
        pointer,
      );
    return this.#asked(this.#places.get(value) ?? allAtOnce(this.#enter(value, pointer, base, 0)));
  }

  /** A place that is asked for: its keywords are checked, the first time. */
  #asked(place: Place): Place {
    if (this.#checked.has(place)) return place;
    this.#checked.add(place);
    for (const [name, own] of Object.entries(place.schema)) checkKeyword(place, name, own);
    return place;
  }

  /** Notes a schema and all below it, with the names that references may have for them. */
  *#enter(schema: SchemaObject, pointer: string, base: string, depth: number): Generator<undefined, Place> {
    const known = this.#places.get(schema);
    if (known !== undefined) return known;
    if (depth > DEPTH_MAX || this.#count > PLACES_MAX)
      throw new Problem(
        "grammar_too_large",
        `a schema may be ${DEPTH_MAX} deep and have ${PLACES_MAX} subschemas, got more`,
        pointer,
      );
    const own_base = typeof schema["$id"] === "string" ? resolved(schema["$id"], base, pointer) : base;
    const place = { schema, pointer, base: own_base, id: this.#count++ };
    this.#places.set(schema, place);
    this.#name(place);
    this.#effort.units += PART_UNITS;
    if (this.#effort.isDue()) yield;
    for (const [name, value] of Object.entries(schema))
      for (const [path, inner] of subschemasIn(name, value))
        if (isRecord(inner))
          yield* this.#enter(inner, pointer + pointerTo([name, ...path]), own_base, depth + 1);
    return place;
  }

  #name(place: Place): void {
    const { schema, base } = place;
    if (typeof schema === "boolean") return;
    if (typeof schema["$id"] === "string") this.#by_uri.set(base, place);
    for (const name of ["$anchor", "$dynamicAnchor"])
      if (typeof schema[name] === "string") this.#by_uri.set(`${base}#${schema[name]}`, place);
    const dynamic = schema["$dynamicAnchor"];
    if (typeof dynamic === "string") this.#dynamic.set(dynamic, (this.#dynamic.get(dynamic) ?? 0) + 1);
  }

  /** Where the reference of a place leads. */
  target(place: Place, name: Reference = "$ref"): Place {
    const reference = said(place, name) as string; // asked for places with one
    const pointer = `${place.pointer}/${name}`;
    const uri = resolved(reference, place.base, pointer);
    const [base = "", fragment = ""] = uri.split("#");
    const root = this.#by_uri.get(base);
    if (root === undefined)
      throw new Problem(
        "grammar_unsupported",
        `${name} leads out of the schema, and nothing is fetched: ${show(reference)}`,
        pointer,
      );
    const decoded = decode(fragment);
    if (decoded === "") return this.#asked(root);
    if (!decoded.startsWith("/")) {
      const named = this.#by_uri.get(`${base}#${decoded}`);
      if (name === "$dynamicRef" && (this.#dynamic.get(decoded) ?? 0) > 1)
        throw new Problem(
          "grammar_unsupported",
          `$dynamicRef is supported where one schema alone has its $dynamicAnchor, got several of ${show(decoded)}`,
          pointer,
        );
      if (named !== undefined) return this.#asked(named);
      throw new Problem(
        "grammar_invalid",
        `${name} leads to an anchor that there is not: ${show(reference)}`,
        pointer,
      );
    }
    return this.#walk(root, decoded, `${name} leads to nothing: ${show(reference)}`, pointer);
  }

  #walk(root: Place, path: string, sentence: string, pointer: string): Place {
    const parts = path
      .slice(1)
      .split("/")
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    let value: unknown = root.schema;
    let base = root.base;
    for (const part of parts) {
      const holds = (isRecord(value) || Array.isArray(value)) && Object.hasOwn(value, part);
      if (!holds) throw new Problem("grammar_invalid", sentence, pointer);
      value = (value as Readonly<Record<string, unknown>>)[part]; // just seen to be there
      if (isRecord(value)) base = this.#places.get(value)?.base ?? base;
    }
    return this.#placeOf(value, root.pointer + pointerTo(parts), base);
  }
}

/** The values of the first const or enum among schemas that hold at once; undefined: none lists any. */
export function valuesIn(places: readonly Place[]): readonly unknown[] | undefined {
  for (const { schema } of places) {
    if (typeof schema === "boolean") continue;
    if (schema["const"] !== undefined) return [schema["const"]];
    if (Array.isArray(schema["enum"])) return schema["enum"];
  }
  return undefined;
}

type Path = readonly string[];

/** The subschemas of a keyword with the way to them; none where its value is not what it must be. */
function subschemasIn(name: string, value: unknown): (readonly [Path, unknown])[] {
  const keyword = KEYWORD_BY_NAME.get(name);
  if (keyword?.subschemas === undefined || !keyword.takes(value)) return [];
  if (keyword.subschemas === "value") return [[[], value]];
  return Object.entries(value as object).map(([key, item]) => [[key], item]); // a list or an object: it was looked at
}

function checkKeyword({ pointer }: Place, name: string, value: unknown): void {
  const keyword = KEYWORD_BY_NAME.get(name);
  const here = pointer + pointerTo([name]);
  if (keyword === undefined) {
    if (FREE.test(name)) return;
    const names = KEYWORDS.map((known) => known.name);
    throw new Problem(
      "grammar_unsupported",
      `there is no keyword ${show(name)}${didYouMean(name, names)}`,
      here,
    );
  }
  if (!keyword.takes(value))
    throw new Problem("grammar_invalid", `${name} ${keyword.must}, got ${show(value)}`, here);
  if (keyword.kind === "refused" && keyword.neutral?.(value) !== true)
    throw new Problem("grammar_unsupported", `${name} is not supported: ${keyword.says}`, here);
}

function resolved(reference: string, base: string, pointer: string): string {
  if (reference.startsWith("#")) return `${base.split("#")[0]}${reference}`;
  if (!URL.canParse(reference, base))
    throw new Problem("grammar_invalid", `a reference must be a URI, got ${show(reference)}`, pointer);
  return new URL(reference, base).href.replace(/#$/, "");
}

function decode(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
