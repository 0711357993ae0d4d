/**
 * Opens a set of schemas that must hold together into alternatives. $ref and allOf add their schemas to an alternative.
 * anyOf, oneOf, if, not and dependencies make several alternatives. An alternative then holds only keywords that can be
 * merged.
 */
import { Problem } from "../../errors.ts";
import { type Effort, PART_UNITS } from "../effort.ts";
import { type Place, type SchemaDocument, type SchemaObject, said } from "./document.ts";
import type { Evaluator } from "./evaluate.ts";
import { Exclusion } from "./exclusive.ts";
import { negationOf } from "./negation.ts";
import { REFERENCES } from "./references.ts";
import { hasUnevaluated, unevaluatedOf } from "./unevaluated.ts";

const ALTERNATIVES_MAX = 1024;
/** Keywords that make several alternatives. */
const CHOICES = ["anyOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas"] as const;

/** A schema for the same value, reached through `from`. A schema that leads back to itself never ends. */
interface Opened {
  readonly place: Place;
  readonly from: Opened | undefined;
  /** true below `not` or in a negated schema: it evaluates no properties and items */
  readonly is_silent: boolean;
  /** its place: for each keyword on the way, the index in its schema and in its list */
  readonly way: readonly number[];
}

interface Partial {
  readonly open: readonly Opened[];
  readonly places: ReadonlyMap<string, Opened>;
  readonly choices: readonly Choice[];
}

/** Branches, one of which must hold, each with all of its schemas. */
type Choice = readonly (readonly Opened[])[];

export class Conjunctions {
  readonly #document: SchemaDocument;
  readonly #exclusion: Exclusion;
  readonly #effort: Effort;

  constructor(document: SchemaDocument, evaluator: Evaluator, effort: Effort) {
    this.#document = document;
    this.#effort = effort;
    this.#exclusion = new Exclusion(document, evaluator, effort);
  }

  /** The alternatives of a set of schemas. Each is a list of schemas of which only the mergeable keywords count. */
  *alternatives(places: readonly Place[]): Generator<undefined, (readonly Place[])[]> {
    const done: (readonly Place[])[] = [];
    const todo: Partial[] = [
      {
        open: places.map((place, i) => openedAt(place, [i])),
        places: new Map(),
        choices: [],
      },
    ];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const opened = yield* this.#opened(next);
      if (opened === undefined) continue;
      const [choice, ...choices] = opened.choices;
      if (choice === undefined) done.push(this.#placesOf(opened.places));
      else for (const open of choice.toReversed()) todo.push({ open, places: opened.places, choices });
      if (done.length + todo.length > ALTERNATIVES_MAX) return [yield* this.#withoutChoices(places)];
      this.#effort.units += PART_UNITS * (1 + done.length);
      if (this.#effort.isDue()) yield;
    }
    return done;
  }

  /** The schemas that every alternative contains: a weaker rule than any alternative. Notes each choice that is left out. */
  *#withoutChoices(places: readonly Place[]): Generator<undefined, readonly Place[]> {
    const open = places.map((place) => openedAt(place));
    const opened = yield* this.#opened({ open, places: new Map(), choices: [] });
    const found = opened?.places ?? new Map<string, Opened>();
    for (const { place } of found.values())
      for (const keyword of CHOICES)
        if (said(place, keyword) !== undefined)
          this.#document.weaken(
            new Problem(
              "grammar_too_large",
              `anyOf, oneOf and the like may make at most ${ALTERNATIVES_MAX} alternatives at one place, got more`,
              `${place.pointer}/${keyword}`,
            ),
            keyword,
          );
    return this.#placesOf(found);
  }

  /** The alternative with all other schemas that must hold; undefined when it admits nothing. */
  *#opened({ open, places, choices }: Partial): Generator<undefined, Partial | undefined> {
    const found = new Map(places);
    this.#effort.spend(PART_UNITS * places.size);
    const all_choices = [...choices];
    // Schemas are found in the order of the properties.
    const todo = open.toReversed();
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const { place } = next;
      if (place.schema === false) return undefined;
      const key = [place, ...ownersOf(next)].map(({ id }) => id).join();
      if (place.schema === true || found.has(key)) continue;
      found.set(key, next);
      todo.push(...this.#companions(next, place.schema).reverse());
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
    const companions = all.map((_, i) =>
      this.#follow(from, this.#document.at(place, "allOf", i), ["allOf", i]),
    );
    for (const name of REFERENCES)
      if (schema[name] !== undefined)
        companions.push(this.#follow(from, this.#document.target(place, name), [name, 0]));
    return companions;
  }

  #follow(
    from: Opened,
    place: Place,
    [keyword, index]: readonly [keyword: string, index: number],
    is_silent = from.is_silent,
  ): Opened {
    for (let before: Opened | undefined = from; before !== undefined; before = before.from)
      if (before.place.id === place.id && typeof place.schema === "object")
        throw new Problem(
          "grammar_invalid",
          "the schema refers to itself before anything is read, which never ends",
          from.place.pointer,
        );
    return { place, from, is_silent, way: [...from.way, indexIn(from.place, keyword), index] };
  }

  /** The schemas in the order of their properties in the text. */
  #placesOf(places: ReadonlyMap<string, Opened>): Place[] {
    const opened = [...places.values()];
    const at = new Map(opened.map((each) => [each, positionOf(each)]));
    return this.#withUnevaluated(opened.sort((a, b) => compareWays(at.get(a)!, at.get(b)!))); // just put in
  }

  /**
   * Adds the meaning of `unevaluated…`. It is known here, because all schemas that hold inside its schema are known.
   */
  #withUnevaluated(opened: readonly Opened[]): Place[] {
    const owners = new Map(opened.flatMap((each) => ownersOf(each).map((owner) => [owner.id, owner])));
    const made = [...owners.values()].flatMap((owner) => {
      const inside = opened.filter((each) => !each.is_silent && ownersOf(each).includes(owner));
      const others = inside.map(({ place }) => place).filter((place) => place.id !== owner.id);
      return unevaluatedOf(owner, others).map((schema) => this.#document.synthetic(schema, owner));
    });
    return [...opened.map(({ place }) => place), ...made];
  }

  #choices(from: Opened, schema: SchemaObject): Choice[] {
    const { place } = from;
    const made = (own: SchemaObject | boolean, keyword: string) =>
      this.#follow(from, this.#document.synthetic(own, place), [keyword, 0], true);
    const is_evaluated = ownersOf(from).length > 0;
    const each = (name: string) =>
      ((schema[name] as readonly unknown[] | undefined) ?? []).map((_, i) =>
        this.#document.at(place, name, i),
      );
    const choices: Choice[] = [];
    if (schema["anyOf"] !== undefined) {
      const branches = each("anyOf").map((branch, i) => this.#follow(from, branch, ["anyOf", i]));
      choices.push(is_evaluated ? this.#subsets(branches) : branches.map((branch) => [branch]));
    }
    if (schema["not"] !== undefined) {
      const others = this.#turned(this.#document.at(place, "not"), "not");
      if (others !== undefined) choices.push(others.map((other) => [made(other, "not")]));
    }
    const is_conditional = is_evaluated || (schema["then"] ?? schema["else"]) !== undefined;
    if (schema["if"] !== undefined && is_conditional) choices.push(this.#conditional(from, schema));
    for (const [name, others] of Object.entries((schema["dependentRequired"] as object | undefined) ?? {}))
      choices.push([
        [made({ properties: { [name]: false } }, "dependentRequired")],
        [made({ required: [name, ...others] }, "dependentRequired")],
      ]);
    for (const name of Object.keys((schema["dependentSchemas"] as object | undefined) ?? {}))
      choices.push([
        [made({ properties: { [name]: false } }, "dependentSchemas")],
        [
          made({ required: [name] }, "dependentSchemas"),
          this.#follow(from, this.#document.at(place, "dependentSchemas", name), ["dependentSchemas", 0]),
        ],
      ]);
    return choices;
  }

  /** The branches that hold, when it matters which: all combinations that evaluate something. */
  #subsets(branches: readonly Opened[]): Choice {
    if (2 ** branches.length > ALTERNATIVES_MAX)
      throw new Problem(
        "grammar_too_large",
        `below unevaluatedProperties and unevaluatedItems anyOf may have at most ${Math.log2(ALTERNATIVES_MAX)} branches, got ${branches.length}`,
        branches[0]?.place.pointer,
      );
    return Array.from({ length: 2 ** branches.length - 1 }, (_, i) =>
      branches.filter((_, k) => (((i + 1) >> k) & 1) === 1),
    );
  }

  #conditional(from: Opened, schema: SchemaObject): Choice {
    const { place } = from;
    const branch = (name: string) =>
      schema[name] === undefined ? [] : [this.#follow(from, this.#document.at(place, name), [name, 0])];
    // Weakened: any value of `else` is admitted, whether `if` holds or not.
    const others = this.#turned(this.#document.at(place, "if"), "if") ?? [true];
    return [
      [this.#follow(from, this.#document.at(place, "if"), ["if", 0]), ...branch("then")],
      ...others.map((other) => [
        this.#follow(from, this.#document.synthetic(other, place), ["if", 0], true),
        ...branch("else"),
      ]),
    ];
  }

  /** The negation of a schema; undefined: it cannot be expressed, and every value is admitted. */
  #turned(place: Place, keyword: string): readonly (SchemaObject | boolean)[] | undefined {
    const others = negationOf(this.#document, place);
    if (others !== undefined) return others;
    const problem = new Problem(
      "grammar_unsupported",
      `${keyword} is supported where its schema can be negated, and this one cannot`,
      place.pointer,
    );
    this.#document.weaken(problem, keyword);
    return undefined;
  }

  /**
   * Branches that exclude each other need no negation; beside others, a branch must say that the others do not hold.
   */
  *#oneOf(from: Opened, schema: SchemaObject): Generator<undefined, Choice[]> {
    const branches = ((schema["oneOf"] as readonly unknown[] | undefined) ?? []).map((_, i) =>
      this.#document.at(from.place, "oneOf", i),
    );
    const choice: (readonly Opened[])[] = [];
    for (const [i, branch] of branches.entries()) {
      const rivals: Place[] = [];
      for (const [j, other] of branches.entries()) {
        if (i === j) continue;
        if (!(yield* this.#effort.again(() => this.#exclude(branch, other)))) rivals.push(other);
        this.#effort.units += PART_UNITS;
        if (this.#effort.isDue()) yield;
      }
      choice.push(...this.#without(from, branch, i, rivals));
    }
    return branches.length === 0 ? [] : [choice];
  }

  /** Weakened: false when it cannot be decided. */
  #exclude(one: Place, other: Place): boolean {
    try {
      return this.#exclusion.exclude(one, other);
    } catch (error) {
      this.#document.weaken(error, "oneOf");
      return false;
    }
  }

  #without(from: Opened, branch: Place, index: number, rivals: readonly Place[]): Choice {
    let ways: (readonly Opened[])[] = [[this.#follow(from, branch, ["oneOf", index])]];
    for (const rival of rivals) {
      const others = negationOf(this.#document, rival);
      if (others === undefined || ways.length * others.length > ALTERNATIVES_MAX) {
        const problem = new Problem(
          "grammar_unsupported",
          "oneOf is supported where its branches exclude each other, or can be negated; these cannot",
          rival.pointer,
        );
        this.#document.weaken(problem, "oneOf");
        continue;
      }
      const turned = others.map((other) =>
        this.#follow(from, this.#document.synthetic(other, rival), ["oneOf", index], true),
      );
      ways = ways.flatMap((way) => turned.map((other) => [...way, other]));
    }
    return ways;
  }
}

function openedAt(place: Place, way: readonly number[] = []): Opened {
  return { place, from: undefined, is_silent: false, way };
}

/** The index of a keyword in its schema; keywords made here sort last. */
function indexIn({ schema }: Place, keyword: string): number {
  const index = Object.keys(schema).indexOf(keyword);
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}

/** The order of a schema's properties in the text. */
function positionOf({ place, way }: Opened): readonly number[] {
  return [...way, indexIn(place, "properties")];
}

function compareWays(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** The schemas with `unevaluated…` that contain this one, including itself. */
function ownersOf(opened: Opened): Place[] {
  const owners: Place[] = [];
  for (let at: Opened | undefined = opened; at !== undefined; at = at.from)
    if (hasUnevaluated(at.place)) owners.push(at.place);
  return owners;
}
