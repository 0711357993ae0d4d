/**
 * Schemas that hold at once, opened into alternatives without choices: what $ref leads to and allOf lists joins them,
 * anyOf, oneOf, if, not and dependencies become branches. What is left in an alternative are keywords that can be merged.
 */
import { Problem } from "../../errors.ts";
import { type Effort, PART_UNITS } from "../effort.ts";
import type { Place, SchemaDocument, SchemaObject } from "./document.ts";
import type { Evaluator } from "./evaluate.ts";
import { Exclusion } from "./exclusive.ts";
import { negationOf } from "./negation.ts";

const ALTERNATIVES_MAX = 1024;
/** What it costs to tell whether two branches exclude each other. */
const EXCLUSION_UNITS = 64 * PART_UNITS;

/** A way from a schema to one that holds at the same place: what leads back to itself never ends. */
interface Opened {
  readonly place: Place;
  readonly from: Opened | undefined;
}

interface Partial {
  readonly open: readonly Opened[];
  readonly places: ReadonlyMap<number, Place>;
  readonly choices: readonly Choice[];
}

/** Branches, of which one holds, each with all that it says. */
type Choice = readonly (readonly Opened[])[];

export class Conjunctions {
  readonly #document: SchemaDocument;
  readonly #exclusion: Exclusion;
  readonly #effort: Effort;

  constructor(document: SchemaDocument, evaluator: Evaluator, effort: Effort) {
    this.#document = document;
    this.#effort = effort;
    this.#exclusion = new Exclusion(document, evaluator);
  }

  /** The alternatives of schemas that hold at once, each a list of schemas of which only mergeable keywords count. */
  *alternatives(places: readonly Place[]): Generator<undefined, (readonly Place[])[]> {
    const done: (readonly Place[])[] = [];
    const todo: Partial[] = [
      { open: places.map((place) => ({ place, from: undefined })), places: new Map(), choices: [] },
    ];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const opened = yield* this.#opened(next);
      if (opened === undefined) continue;
      const [choice, ...choices] = opened.choices;
      if (choice === undefined) done.push([...opened.places.values()]);
      else for (const open of choice.toReversed()) todo.push({ open, places: opened.places, choices });
      if (done.length + todo.length > ALTERNATIVES_MAX)
        throw new Problem(
          "grammar_too_large",
          `anyOf, oneOf and the like may make at most ${ALTERNATIVES_MAX} alternatives at one place, got more`,
          places[0]?.pointer,
        );
      this.#effort.units += PART_UNITS * (1 + done.length);
      if (this.#effort.isDue()) yield;
    }
    return done;
  }

  /** With all that must hold besides; undefined when nothing can. */
  *#opened({ open, places, choices }: Partial): Generator<undefined, Partial | undefined> {
    const found = new Map(places);
    const all_choices = [...choices];
    const todo = [...open];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const { place } = next;
      if (place.schema === false) return undefined;
      if (place.schema === true || found.has(place.id)) continue;
      found.set(place.id, place);
      todo.push(...this.#companions(next, place.schema));
      for (const choice of this.#choices(next, place.schema)) {
        all_choices.push(choice);
        if (this.#effort.isDue()) yield;
      }
      all_choices.push(...(yield* this.#oneOf(next, place.schema)));
      this.#effort.units += PART_UNITS;
    }
    return { open: [], places: found, choices: all_choices };
  }

  #companions(from: Opened, schema: SchemaObject): Opened[] {
    const { place } = from;
    const all = (schema["allOf"] as readonly unknown[] | undefined) ?? [];
    const companions = all.map((_, i) => this.#follow(from, this.#document.at(place, "allOf", i)));
    if (schema["$ref"] !== undefined) companions.push(this.#follow(from, this.#document.target(place)));
    return companions;
  }

  #follow(from: Opened, place: Place): Opened {
    for (let before: Opened | undefined = from; before !== undefined; before = before.from)
      if (before.place.id === place.id && typeof place.schema === "object")
        throw new Problem(
          "grammar_invalid",
          "the schema refers to itself before anything is read, which never ends",
          from.place.pointer,
        );
    return { place, from };
  }

  #choices(from: Opened, schema: SchemaObject): Choice[] {
    const { place } = from;
    const follow = (other: Place) => this.#follow(from, other);
    const made = (own: SchemaObject | boolean) => follow(this.#document.synthetic(own, place));
    const each = (name: string) =>
      ((schema[name] as readonly unknown[] | undefined) ?? []).map((_, i) =>
        this.#document.at(place, name, i),
      );
    const choices: Choice[] = [];
    if (schema["anyOf"] !== undefined) choices.push(each("anyOf").map((branch) => [follow(branch)]));
    if (schema["not"] !== undefined)
      choices.push(this.#turned(this.#document.at(place, "not"), "not").map((other) => [made(other)]));
    if (schema["if"] !== undefined && (schema["then"] ?? schema["else"]) !== undefined)
      choices.push(this.#conditional(from, schema));
    for (const [name, others] of Object.entries((schema["dependentRequired"] as object | undefined) ?? {}))
      choices.push([[made({ properties: { [name]: false } })], [made({ required: [name, ...others] })]]);
    for (const name of Object.keys((schema["dependentSchemas"] as object | undefined) ?? {}))
      choices.push([
        [made({ properties: { [name]: false } })],
        [made({ required: [name] }), follow(this.#document.at(place, "dependentSchemas", name))],
      ]);
    return choices;
  }

  #conditional(from: Opened, schema: SchemaObject): Choice {
    const { place } = from;
    const branch = (name: string) =>
      schema[name] === undefined ? [] : [this.#follow(from, this.#document.at(place, name))];
    const others = this.#turned(this.#document.at(place, "if"), "if");
    return [
      [this.#follow(from, this.#document.at(place, "if")), ...branch("then")],
      ...others.map((other) => [
        this.#follow(from, this.#document.synthetic(other, place)),
        ...branch("else"),
      ]),
    ];
  }

  #turned(place: Place, keyword: string): readonly (SchemaObject | boolean)[] {
    const others = negationOf(this.#document, place);
    if (others !== undefined) return others;
    throw new Problem(
      "grammar_unsupported",
      `${keyword} is supported where its schema can be turned around, and this one cannot`,
      place.pointer,
    );
  }

  /** Branches that exclude each other stand alone; with others it must be said that those do not hold. */
  *#oneOf(from: Opened, schema: SchemaObject): Generator<undefined, Choice[]> {
    const branches = ((schema["oneOf"] as readonly unknown[] | undefined) ?? []).map((_, i) =>
      this.#document.at(from.place, "oneOf", i),
    );
    const choice: (readonly Opened[])[] = [];
    for (const [i, branch] of branches.entries()) {
      const rivals: Place[] = [];
      for (const [j, other] of branches.entries()) {
        if (i !== j && !this.#exclusion.exclude(branch, other)) rivals.push(other);
        this.#effort.units += EXCLUSION_UNITS;
        if (this.#effort.isDue()) yield;
      }
      choice.push(...this.#without(from, branch, rivals));
    }
    return branches.length === 0 ? [] : [choice];
  }

  #without(from: Opened, branch: Place, rivals: readonly Place[]): Choice {
    let ways: (readonly Opened[])[] = [[this.#follow(from, branch)]];
    for (const rival of rivals) {
      const others = negationOf(this.#document, rival);
      if (others === undefined || ways.length * others.length > ALTERNATIVES_MAX)
        throw new Problem(
          "grammar_unsupported",
          "oneOf is supported where its branches exclude each other, or can be turned around; these do not",
          rival.pointer,
        );
      ways = ways.flatMap((way) =>
        others.map((other) => [...way, this.#follow(from, this.#document.synthetic(other, rival))]),
      );
    }
    return ways;
  }
}
