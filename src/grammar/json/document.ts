/**
 * A schema as it was sent, and where each $ref leads. A place is a schema with its pointer; the same place is the same
 * object. A place is checked when it is first asked for: definitions that nothing refers to may hold what they like.
 */
import { assert, Problem, pointerTo, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { didYouMean } from "../../nearest.ts";
import { allAtOnce } from "../../pieces.ts";
import { type Effort, PART_UNITS } from "../effort.ts";
import type { GrammarNotes } from "../notes.ts";
import {
  type Draft,
  type DraftName,
  draftNamed,
  draftOfUri,
  INTERNAL,
  readAs,
  UNDECLARED,
} from "./drafts.ts";
import { KEYWORD_BY_NAME, KEYWORDS } from "./keywords.ts";
import type { Reference } from "./references.ts";

export type SchemaObject = Readonly<Record<string | symbol, unknown>>;

/** How a schema is read where its own words leave a choice. */
export interface ReadingOptions {
  /** what becomes of a keyword that no draft knows: it is an annotation, or refuses the schema */
  readonly unknown_keywords: "ignore" | "refuse";
  /** treatment of a format that is not enforced: it is an annotation, or the schema is refused */
  readonly formats: "annotate" | "assert";
  /**
   * treatment of rules that an automaton cannot enforce: the schema is refused, or the masks allow more and the
   * reply says so
   */
  readonly unsupported: "refuse" | "weaken";
  /** the draft of a schema without $schema */
  readonly draft: DraftName | undefined;
}

export interface Place {
  /** the schema as one of draft 2020-12 */
  readonly schema: SchemaObject | boolean;
  readonly pointer: string;
  /** what references in it are relative to */
  readonly base: string;
  /** what the schemas in it are read as */
  readonly draft: Draft;
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
/** Different unknown keywords that are looked at: comparing each with all known ones takes a while. */
const UNKNOWN_MAX = 256;

export class SchemaDocument {
  readonly #places = new Map<object, Place>();
  readonly #by_uri = new Map<string, Named>();
  readonly #checked = new Set<Place>();
  /** how many schemas have a $dynamicAnchor of each name */
  readonly #dynamic = new Map<string, number>();
  #count = 0;

  /** by place: what a keyword is called in the schema as it was sent, where that differs */
  readonly #written = new Map<number, ReadonlyMap<string, string>>();
  /** how many schemas have $recursiveAnchor */
  #recursive_anchors = 0;
  /** unknown keywords, each with the known ones that are near */
  readonly #unknown = new Map<string, string>();

  readonly #effort: Effort;
  readonly #options: ReadingOptions;
  readonly #notes: GrammarNotes;
  #root: Place | undefined;

  private constructor(effort: Effort, options: ReadingOptions, notes: GrammarNotes) {
    this.#effort = effort;
    this.#options = options;
    this.#notes = notes;
  }

  /** Throws a Problem, as all that asks for places does, that points at a keyword that is wrong or not supported. */
  static *read(
    schema: unknown,
    effort: Effort,
    options: ReadingOptions,
    notes: GrammarNotes,
  ): Generator<undefined, SchemaDocument> {
    const document = new SchemaDocument(effort, options, notes);
    const draft = options.draft === undefined ? UNDECLARED : draftNamed(options.draft);
    if (isRecord(schema)) yield* document.#enter(schema, { pointer: "", base: ROOT, depth: 0, draft });
    document.#root = document.#placeOf(schema, "", ROOT, draft);
    document.#by_uri.set(ROOT, { place: document.#root, raw: schema });
    return document;
  }

  /**
   * What cannot be held is refused, or, where the request says `weaken`, noted: the caller then goes on with what
   * admits more. A problem of another kind is thrown again.
   */
  weaken(problem: unknown, keyword: string): void {
    const is_weak =
      problem instanceof Problem &&
      (problem.code === "grammar_unsupported" || problem.code === "grammar_too_large") &&
      this.#options.unsupported === "weaken";
    if (!is_weak) throw problem;
    this.#notes.add("weakened", keyword, problem.pointer, problem.message);
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
    return { schema, pointer: like.pointer, base: like.base, draft: INTERNAL, id: this.#count++ };
  }

  /** A subschema of a place. */
  at(place: Place, ...path: readonly (string | number)[]): Place {
    let value: unknown = place.schema;
    for (const part of path) value = (value as Readonly<Record<string, unknown>>)[part]; // it was checked
    const [keyword = "", ...rest] = path.map(String);
    const pointer = place.pointer + pointerTo([this.#writtenAs(place, keyword), ...rest]);
    return this.#placeOf(value, pointer, place.base, place.draft);
  }

  #writtenAs({ id }: Place, keyword: string): string {
    return this.#written.get(id)?.get(keyword) ?? keyword;
  }

  #placeOf(value: unknown, pointer: string, base: string, draft: Draft): Place {
    if (typeof value === "boolean") return { schema: value, pointer, base, draft, id: value ? -1 : -2 };
    if (!isRecord(value))
      throw new Problem(
        "grammar_invalid",
        `a schema must be an object, true or false, got ${show(value)}`,
        pointer,
      );
    const known = this.#places.get(value);
    return this.#asked(known ?? allAtOnce(this.#enter(value, { pointer, base, draft, depth: 0 })));
  }

  /** A place that is asked for: its keywords are checked, the first time. */
  #asked(place: Place): Place {
    if (this.#checked.has(place)) return place;
    this.#checked.add(place);
    for (const [name, own] of Object.entries(place.schema)) this.#checkKeyword(place, name, own);
    for (const note of this.#pending.get(place.id) ?? []) note();
    this.#pending.delete(place.id);
    return place;
  }

  /** Notes a schema and all below it, with the names that references may have for them. */
  *#enter(raw: SchemaObject, { pointer, base, depth, draft: outer }: Entered): Generator<undefined, Place> {
    const known = this.#places.get(raw);
    if (known !== undefined) return known;
    if (depth > DEPTH_MAX || this.#count > PLACES_MAX)
      throw new Problem(
        "grammar_too_large",
        `a schema may be ${DEPTH_MAX} deep and have ${PLACES_MAX} subschemas, got more`,
        pointer,
      );
    const id = this.#count++;
    const draft = this.#draftOf(raw, outer, pointer);
    const { schema, names } = this.#read(raw, draft, id, pointer);
    const own_base = typeof schema["$id"] === "string" ? resolved(schema["$id"], base, pointer) : base;
    const place = { schema, pointer, base: own_base, draft, id };
    if (names.size > 0) this.#written.set(id, names);
    this.#places.set(raw, place);
    this.#places.set(schema, place);
    this.#name(place, raw);
    this.#effort.units += PART_UNITS;
    if (this.#effort.isDue()) yield;
    for (const [name, value] of Object.entries(schema))
      for (const [path, inner] of subschemasIn(name, value))
        if (isRecord(inner)) {
          const below = pointer + pointerTo([names.get(name) ?? name, ...path]);
          yield* this.#enter(inner, { pointer: below, base: own_base, draft, depth: depth + 1 });
        }
    return place;
  }

  /** What is to be told of places when they are asked for. */
  readonly #pending = new Map<number, (() => void)[]>();

  #read(written: SchemaObject, draft: Draft, id: number, pointer: string) {
    const notes: (() => void)[] = [];
    const ignored = (keyword: string, detail: string) =>
      notes.push(() => this.#notes.add("ignored", keyword, pointer + pointerTo([keyword]), detail));
    const asserts_formats = this.#options.formats === "assert";
    const reading = readAs({ written, draft, asserts_formats, ignored });
    if (notes.length > 0) this.#pending.set(id, notes);
    return reading;
  }

  /** A schema with $schema, at the root or with a URI of its own, says its draft. */
  #draftOf(raw: SchemaObject, outer: Draft, pointer: string): Draft {
    const uri = raw["$schema"];
    if (typeof uri !== "string" || outer === INTERNAL) return outer;
    if (pointer !== "" && typeof raw["$id"] !== "string" && typeof raw["id"] !== "string") return outer;
    const draft = draftOfUri(uri);
    if (draft === undefined && pointer === "")
      this.#notes.add(
        "ignored",
        "$schema",
        "/$schema",
        `$schema names no draft that is known: it is read as ${outer.name}`,
      );
    return draft ?? outer;
  }

  #name(place: Place, raw: SchemaObject): void {
    const { schema, base } = place;
    if (typeof schema === "boolean") return;
    if (typeof schema["$id"] === "string") this.#by_uri.set(base, { place, raw });
    for (const name of ["$anchor", "$dynamicAnchor"])
      if (typeof schema[name] === "string") this.#by_uri.set(`${base}#${schema[name]}`, { place, raw });
    const dynamic = schema["$dynamicAnchor"];
    if (typeof dynamic === "string") this.#dynamic.set(dynamic, (this.#dynamic.get(dynamic) ?? 0) + 1);
    if (schema["$recursiveAnchor"] === true) this.#recursive_anchors++;
  }

  /** Where the reference of a place leads. One that leads out of the schema may be weakened to anything at all. */
  target(place: Place, name: Reference = "$ref"): Place {
    const reference = said(place, name) as string; // asked for places with one
    const pointer = `${place.pointer}/${name}`;
    const uri = resolved(reference, place.base, pointer);
    const [base = "", fragment = ""] = uri.split("#");
    const root = this.#by_uri.get(base);
    if (root === undefined) return this.#nowhere(place, name, reference);
    const decoded = decode(fragment);
    if (decoded === "") {
      if (
        name === "$recursiveRef" &&
        said(root.place, "$recursiveAnchor") === true &&
        this.#recursive_anchors > 1
      )
        return this.#ambiguous(place, name, "$recursiveAnchor");
      return this.#asked(root.place);
    }
    if (!decoded.startsWith("/")) {
      const named = this.#by_uri.get(`${base}#${decoded}`);
      if (name === "$dynamicRef" && (this.#dynamic.get(decoded) ?? 0) > 1)
        return this.#ambiguous(place, name, "$dynamicAnchor");
      if (named !== undefined) return this.#asked(named.place);
      throw new Problem(
        "grammar_invalid",
        `${name} leads to an anchor that there is not: ${show(reference)}`,
        pointer,
      );
    }
    return this.#walk(root, decoded, `${name} leads to nothing: ${show(reference)}`, pointer);
  }

  #nowhere(place: Place, name: Reference, reference: string): Place {
    const detail = `${name} leads out of the schema, and nothing is fetched: ${show(reference)}`;
    this.weaken(new Problem("grammar_unsupported", detail, `${place.pointer}/${name}`), name);
    return this.#placeOf(true, place.pointer, place.base, place.draft);
  }

  #ambiguous(place: Place, name: Reference, anchor: string): Place {
    const detail = `${name} is supported where one schema alone has its ${anchor}, got several`;
    this.weaken(new Problem("grammar_unsupported", detail, `${place.pointer}/${name}`), name);
    return this.#placeOf(true, place.pointer, place.base, place.draft);
  }

  /** A reference's pointer leads through the schema as it was sent. */
  #walk({ place: root, raw }: Named, path: string, sentence: string, pointer: string): Place {
    const parts = path
      .slice(1)
      .split("/")
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    let value: unknown = raw;
    let { base, draft } = root;
    for (const part of parts) {
      const holds = (isRecord(value) || Array.isArray(value)) && Object.hasOwn(value, part);
      if (!holds) throw new Problem("grammar_invalid", sentence, pointer);
      value = (value as Readonly<Record<string, unknown>>)[part]; // just seen to be there
      if (isRecord(value)) ({ base, draft } = this.#places.get(value) ?? { base, draft });
    }
    return this.#placeOf(value, root.pointer + pointerTo(parts), base, draft);
  }

  #checkKeyword(place: Place, name: string, value: unknown): void {
    const keyword = KEYWORD_BY_NAME.get(name);
    const written = this.#writtenAs(place, name);
    const here = place.pointer + pointerTo([written]);
    if (keyword === undefined) this.#checkUnknown(name, value, here);
    else if (!keyword.takes(value))
      throw new Problem("grammar_invalid", `${written} ${keyword.must}, got ${show(value)}`, here);
  }

  /** A keyword that no draft knows is an annotation. It is told when it may be a slip, or has schemas in it. */
  #checkUnknown(name: string, value: unknown, pointer: string): void {
    if (FREE.test(name)) return;
    if (this.#options.unknown_keywords === "refuse")
      throw new Problem("grammar_unsupported", `there is no keyword ${show(name)}${nearTo(name)}`, pointer);
    if (this.#unknown.size >= UNKNOWN_MAX && !this.#unknown.has(name)) return;
    const meant = this.#unknown.get(name) ?? nearTo(name);
    this.#unknown.set(name, meant);
    if (meant === "" && !holdsSchemas(value)) return;
    const holds = meant === "" ? ", and what stands in it says nothing" : meant;
    this.#notes.add("ignored", name, pointer, `there is no keyword ${show(name)}${holds}`);
  }
}

/** A schema that references may name, and the same as it was sent. */
interface Named {
  readonly place: Place;
  readonly raw: unknown;
}

interface Entered extends Pick<Place, "pointer" | "base" | "draft"> {
  readonly depth: number;
}

function nearTo(name: string): string {
  return didYouMean(
    name,
    KEYWORDS.map((known) => known.name),
  );
}

/** How many values of an unknown keyword are looked at. */
const LOOKED_AT_MAX = 16;

/** Whether a value is a schema or has some in it, as far as its first values tell. */
function holdsSchemas(value: unknown): boolean {
  const isLike = (each: unknown) =>
    isRecord(each) &&
    ["type", "properties", "$ref", "items", "enum", "anyOf", "allOf", "oneOf"].some((name) =>
      Object.hasOwn(each, name),
    );
  if (typeof value !== "object" || value === null) return false;
  return isLike(value) || Object.values(value).slice(0, LOOKED_AT_MAX).some(isLike);
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
