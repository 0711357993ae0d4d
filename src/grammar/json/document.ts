/**
 * A schema as it was sent, and the target of each $ref. A place is a schema with its pointer; equal places are the same
 * object. A place is checked when it is first used, so definitions without a reference to them may contain anything.
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

/** The reading of a schema where the standard leaves a choice. */
export interface ReadingOptions {
  /** treatment of an unknown keyword: it is an annotation, or the schema is refused */
  readonly unknown_keywords: "ignore" | "refuse";
  /** treatment of a format that is not enforced: it is an annotation, or the schema is refused */
  readonly formats: "annotate" | "assert";
  /**
   * treatment of rules that an automaton cannot enforce: the schema is refused, or the masks allow more and the reply
   * says so
   */
  readonly unsupported: "refuse" | "weaken";
  /** the draft of a schema without $schema */
  readonly draft: DraftName | undefined;
}

export interface Place {
  /** the schema, rewritten as one of draft 2020-12 */
  readonly schema: SchemaObject | boolean;
  readonly pointer: string;
  /** the base of the references in it */
  readonly base: string;
  /** the draft of the schemas in it */
  readonly draft: Draft;
  /** tells places apart */
  readonly id: number;
}

/** The value of a schema's keyword; undefined when it has none, as in true and false. */
export function said({ schema }: Pick<Place, "schema">, name: string | symbol): unknown {
  return (schema as SchemaObject)[name];
}

const ROOT = "schema:///";
const DEPTH_MAX = 100;
const PLACES_MAX = 50_000;
/** Prefix of extension keywords: a schema may use any name that begins with it. */
const FREE = /^x-/;
/** Maximum number of different unknown keywords that are compared with the known ones: each comparison takes time. */
const UNKNOWN_MAX = 256;

export class SchemaDocument {
  readonly #places = new Map<object, Place>();
  readonly #by_uri = new Map<string, Named>();
  readonly #checked = new Set<Place>();
  /** number of schemas with each $dynamicAnchor */
  readonly #dynamic = new Map<string, number>();
  #count = 0;

  /** by place: the original name of a keyword, where rewriting changed it */
  readonly #written = new Map<number, ReadonlyMap<string, string>>();
  /** number of schemas with $recursiveAnchor */
  #recursive_anchors = 0;
  /** unknown keywords, and the known ones with similar names */
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

  /**
   * Throws a Problem that points at a keyword which is wrong or not supported. Every method that returns places does
   * so.
   */
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
   * Handles a rule that cannot be enforced. With `weaken` it is noted and the caller continues with a rule that admits
   * more; otherwise the schema is refused. A Problem of another kind is thrown again.
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

  /** Spends units of the grammar's account. */
  spend(units: number): void {
    this.#effort.spend(units);
  }

  /** A place without a position in the text: the meaning of a keyword, written as a schema. */
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

  /** A place that is used: its keywords are checked the first time. */
  #asked(place: Place): Place {
    if (this.#checked.has(place)) return place;
    this.#checked.add(place);
    for (const [name, own] of Object.entries(place.schema)) this.#checkKeyword(place, name, own);
    for (const note of this.#pending.get(place.id) ?? []) note();
    this.#pending.delete(place.id);
    return place;
  }

  /** Records a schema and all schemas below it, with the names that references may use. */
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

  /** Notes about places, reported when the places are used. */
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

  /** A schema with $schema names its draft. That holds at the root and for schemas with a URI of their own. */
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

  /** The target of a place's reference. A reference out of the schema may be weakened to "any value". */
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

  /** The pointer of a reference is relative to the schema as it was sent. */
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

  /** An unknown keyword is an annotation. It is reported when it may be a slip or contains schemas. */
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

/** A schema that references may name, and its original form. */
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

/** Maximum number of values of an unknown keyword that are read. */
const LOOKED_AT_MAX = 16;

/** Whether a value is a schema or contains one, judged by its first values. */
function holdsSchemas(value: unknown): boolean {
  const isLike = (each: unknown) =>
    isRecord(each) &&
    ["type", "properties", "$ref", "items", "enum", "anyOf", "allOf", "oneOf"].some((name) =>
      Object.hasOwn(each, name),
    );
  if (typeof value !== "object" || value === null) return false;
  return isLike(value) || Object.values(value).slice(0, LOOKED_AT_MAX).some(isLike);
}

/** The values of the first const or enum in a set of schemas; undefined when none has one. */
export function valuesIn(places: readonly Place[]): readonly unknown[] | undefined {
  for (const { schema } of places) {
    if (typeof schema === "boolean") continue;
    if (schema["const"] !== undefined) return [schema["const"]];
    if (Array.isArray(schema["enum"])) return schema["enum"];
  }
  return undefined;
}

type Path = readonly string[];

/** The subschemas of a keyword with their paths; none when its value has the wrong type. */
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
