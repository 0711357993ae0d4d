/**
 * Objects under a set of schemas, as a node: the listed properties, in the order of the schema or in any order, and
 * after them unlisted ones. The patterns that match a name decide which schemas hold for its value.
 */
import { Problem, pointerTo } from "../../errors.ts";
import { namesInOrder } from "../../ordered-names.ts";
import { choiceNode } from "../choices.ts";
import { PART_UNITS } from "../effort.ts";
import { NEVER, type Nodes, UNLIMITED } from "../nodes.ts";
import type { Rules } from "../rules.ts";
import type { NodeOf } from "./array-parts.ts";
import { type Place, type SchemaDocument, said } from "./document.ts";
import type { Evaluator } from "./evaluate.ts";
import type { Lexemes } from "./lexemes.ts";
import { patternNode } from "./strings.ts";

export type PropertyOrder = "schema" | "any";

const PATTERNS_MAX = 4;
/** Every subset of the properties is a state. */
const ANY_ORDER_MAX = 10;
const PROPERTIES_MAX = 2000;
/**
 * After this number of properties a chain continues in a separate rule, so that a long chain is not copied at every
 * step.
 */
const CHAIN_LENGTH = 32;

interface Property {
  readonly name: string;
  readonly is_required: boolean;
  /** the name with its colon, and the value */
  readonly member: number;
}

interface Parts {
  readonly lexemes: Lexemes;
  readonly rules: Rules;
  readonly document: SchemaDocument;
  readonly evaluator: Evaluator;
  readonly order: PropertyOrder;
  readonly nodeOf: NodeOf;
  /** strings that a set of schemas admits */
  stringsOf(places: readonly Place[]): Generator<undefined, number>;
}

/** The number of unlisted properties that may still follow. */
interface Counts {
  readonly min: number;
  readonly max: number;
  /** 1 when listed properties are counted */
  readonly step: 0 | 1;
}

export class ObjectNodes {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  *node(places: readonly Place[]): Generator<undefined, number> {
    const { nodes, space } = this.#parts.lexemes;
    const properties = yield* this.#properties(places);
    const others = yield* this.#others(places, properties);
    const counts = countsOf(places);
    if (counts.max < counts.min) return NEVER;
    const inside =
      this.#parts.order === "any" && this.#allowsAnyOrder(places, properties.length)
        ? yield* this.#inAnyOrder(properties, others, counts)
        : yield* this.#inOrder(properties, others, counts);
    return nodes.seq(nodes.word(nodes.text("{"), space), inside);
  }

  *#properties(places: readonly Place[]): Generator<undefined, Property[]> {
    const { evaluator, nodeOf, document, lexemes } = this.#parts;
    const required = new Set(places.flatMap((place) => namesOf(place, "required")));
    const listed = new Set(places.flatMap((place) => namesInOrder(keyword(place, "properties") ?? {})));
    const names = [...new Set([...listed, ...required])];
    if (names.length > PROPERTIES_MAX)
      throw new Problem(
        "grammar_too_large",
        `an object may have at most ${PROPERTIES_MAX} properties, got ${names.length}`,
        places[0]?.pointer,
      );
    const name_rules = propertyNamesOf(places, document);
    const properties: Property[] = [];
    for (const name of names) {
      const is_name = yield* evaluator.admitted(name_rules, name);
      const value = is_name ? nodeOf(yield* evaluator.allPlacesOf(places, name)) : NEVER;
      const member = this.#member(lexemes.literal(name), value);
      properties.push({ name, is_required: required.has(name), member });
      lexemes.nodes.effort.units += PART_UNITS * places.length;
      if (lexemes.nodes.effort.isDue()) yield;
    }
    return properties;
  }

  #member(name: number, value: number): number {
    const { nodes, space } = this.#parts.lexemes;
    return nodes.seq(nodes.word(name, space, nodes.text(":"), space), value);
  }

  /** One unlisted property. */
  *#others(places: readonly Place[], properties: readonly Property[]): Generator<undefined, number> {
    const { lexemes, document, stringsOf, nodeOf } = this.#parts;
    const { nodes } = lexemes;
    const patterns = patternsOf(places);
    const name_rules = propertyNamesOf(places, document);
    const is_free = properties.length === 0 && patterns.size === 0 && name_rules.length === 0;
    if (is_free) return this.#member(lexemes.string, nodeOf(additionalOf(places, document, [])));
    const listed = properties.map(({ name }) => JSON.stringify(name));
    const base = nodes.and([
      lexemes.plain_string,
      ...(listed.length === 0 ? [] : [nodes.not(yield* choiceNode(nodes, listed))]),
      ...(name_rules.length === 0 ? [] : [yield* stringsOf(name_rules)]),
    ]);
    const found = new Map<string, number>();
    for (const [pattern, pointer] of patterns) {
      const node = yield* this.#pattern(pattern, pointer);
      if (node === undefined) {
        this.#noteUnheld(places, patterns, pattern);
        return this.#member(base, nodeOf([]));
      }
      found.set(pattern, node);
    }
    if (patterns.size <= PATTERNS_MAX) return yield* this.#byPatterns(places, base, found);
    this.#refusePatterns(places, patterns.size);
    return yield* this.#byAnyPattern(places, base, found);
  }

  /** Names, grouped by the patterns that match them. */
  *#byPatterns(
    places: readonly Place[],
    base: number,
    found: ReadonlyMap<string, number>,
  ): Generator<undefined, number> {
    const { document, nodeOf, lexemes } = this.#parts;
    const list = [...found];
    const { nodes } = lexemes;
    const branches: number[] = [];
    for (let chosen = 0; chosen < 1 << list.length; chosen++) {
      const is_chosen = (i: number) => ((chosen >> i) & 1) === 1;
      const name = nodes.and([base, ...list.map(([, node], i) => (is_chosen(i) ? node : nodes.not(node)))]);
      const matching = list.filter((_, i) => is_chosen(i)).map(([pattern]) => pattern);
      branches.push(this.#member(name, nodeOf(additionalOf(places, document, matching))));
    }
    return yield* nodes.either(branches);
  }

  /** Weakened: when several patterns match a name, its value must satisfy any one of them. */
  *#byAnyPattern(
    places: readonly Place[],
    base: number,
    found: ReadonlyMap<string, number>,
  ): Generator<undefined, number> {
    const { document, nodeOf, lexemes } = this.#parts;
    const { nodes } = lexemes;
    const others = nodes.and([base, nodes.not(yield* nodes.either([...found.values()]))]);
    const branches = [...found].map(([pattern, node]) =>
      this.#member(nodes.and([base, node]), nodeOf(additionalOf(places, document, [pattern]))),
    );
    const other = this.#member(others, nodeOf(additionalOf(places, document, [])));
    return yield* nodes.either([...branches, other]);
  }

  *#pattern(pattern: string, pointer: string): Generator<undefined, number | undefined> {
    const { document, lexemes } = this.#parts;
    try {
      return yield* patternNode(lexemes, pattern, pointer);
    } catch (error) {
      document.weaken(error, "patternProperties");
      return undefined;
    }
  }

  /**
   * Weakened: it is unknown which names a pattern matches, so any unlisted name may have any value. Notes the other
   * schemas for unlisted properties, which then have no effect.
   */
  #noteUnheld(places: readonly Place[], patterns: ReadonlyMap<string, string>, unsupported: string): void {
    const note = (name: string, pointer: string) => {
      const detail = "it has no effect beside a pattern that is not supported";
      this.#parts.document.weaken(new Problem("grammar_unsupported", detail, pointer), name);
    };
    for (const [pattern, pointer] of patterns)
      if (pattern !== unsupported) note("patternProperties", pointer);
    for (const place of places) {
      const rest = said(place, "additionalProperties");
      if (rest !== undefined && rest !== true)
        note("additionalProperties", `${place.pointer}/additionalProperties`);
    }
  }

  #refusePatterns(places: readonly Place[], count: number): void {
    const detail = `patternProperties is supported for at most ${PATTERNS_MAX} patterns of one object, got ${count}`;
    for (const place of places)
      if (said(place, "patternProperties") !== undefined)
        this.#parts.document.weaken(
          new Problem("grammar_unsupported", detail, place.pointer),
          "patternProperties",
        );
  }

  *#inOrder(properties: readonly Property[], others: number, counts: Counts): Generator<undefined, number> {
    const { nodes } = this.#parts.lexemes;
    const { comma } = this.#parts.lexemes;
    const counted = counts.step === 0 ? 1 : Math.min(properties.length, countable(counts)) + 1;
    let first = Array.from({ length: counted }, (_, count) => this.#end(others, counts, count, true));
    let behind = Array.from({ length: counted }, (_, count) => this.#end(others, counts, count, false));
    for (let i = properties.length - 1; i >= 0; i--) {
      const { member, is_required } = properties[i]!;
      const next = (count: number) => behind[Math.min(count + counts.step, counted - 1)]!;
      const fits = (count: number) => counts.step === 0 || count < counts.max;
      const ways = (before: number, without: readonly number[]) =>
        without.map((rest, count) => [
          fits(count) ? nodes.seq(before, member, next(count)) : NEVER,
          is_required ? NEVER : rest,
        ]);
      const made_first = yield* eitherOfEach(nodes, ways(nodes.text(""), first));
      const made_behind = yield* eitherOfEach(nodes, ways(comma, behind));
      const is_cut = i % CHAIN_LENGTH === 0 && i > 0;
      first = is_cut ? made_first.map((node) => this.#asRule(node)) : made_first;
      behind = is_cut ? made_behind.map((node) => this.#asRule(node)) : made_behind;
      if (nodes.effort.isDue()) yield;
    }
    return first[0]!;
  }

  #asRule(node: number): number {
    const { rules, lexemes } = this.#parts;
    if (node === NEVER) return NEVER;
    const rule = rules.declare("the rest of an object");
    rules.define(rule, node);
    return lexemes.nodes.call(rule);
  }

  /** False when there are too many properties and the rule is weakened: the order of the schema then stays. */
  #allowsAnyOrder(places: readonly Place[], count: number): boolean {
    if (count <= ANY_ORDER_MAX) return true;
    const problem = new Problem(
      "grammar_unsupported",
      `property_order "any" is supported for objects with at most ${ANY_ORDER_MAX} listed properties, got ${count}`,
      places[0]?.pointer,
    );
    this.#parts.document.weaken(problem, "property_order");
    return false;
  }

  /** Every set of properties seen so far is a state. */
  *#inAnyOrder(
    properties: readonly Property[],
    others: number,
    counts: Counts,
  ): Generator<undefined, number> {
    const { nodes } = this.#parts.lexemes;
    const { comma } = this.#parts.lexemes;
    const needed = properties.reduce((bits, { is_required }, i) => (is_required ? bits | (1 << i) : bits), 0);
    const known: number[] = [];
    for (let come = (1 << properties.length) - 1; come >= 0; come--) {
      const count = properties.filter((_, i) => ((come >> i) & 1) === 1).length;
      const is_first = come === 0;
      const more = properties.map(({ member }, i) => {
        if (((come >> i) & 1) === 1 || count >= counts.max) return NEVER;
        return nodes.seq(is_first ? nodes.text("") : comma, member, known[come | (1 << i)]!);
      });
      const end = (come & needed) === needed ? this.#end(others, counts, count, is_first) : NEVER;
      known[come] = yield* nodes.either([...more, end]);
      if (nodes.effort.isDue()) yield;
    }
    return known[0]!;
  }

  /** Unlisted properties and the end, after some listed ones. */
  #end(others: number, { min, max }: Counts, count: number, is_first: boolean): number {
    const { nodes, space } = this.#parts.lexemes;
    if (count > max) return NEVER;
    const close = nodes.seq(space, nodes.text("}"));
    const least = Math.max(min - count, 0);
    const most = max === UNLIMITED ? max : max - count;
    const further = (from: number) =>
      nodes.repeat(
        nodes.seq(this.#parts.lexemes.comma, others),
        Math.max(least - from, 0),
        most === UNLIMITED ? most : most - from,
      );
    if (!is_first) return nodes.seq(further(0), close);
    return nodes.alt([
      least === 0 ? nodes.text("}") : NEVER,
      most > 0 ? nodes.seq(others, further(1), close) : NEVER,
    ]);
  }
}

function* eitherOfEach(nodes: Nodes, ways: readonly (readonly number[])[]): Generator<undefined, number[]> {
  const made: number[] = [];
  for (const way of ways) {
    made.push(yield* nodes.either(way));
    if (nodes.effort.isDue()) yield;
  }
  return made;
}

function keyword(place: Place, name: string): Readonly<Record<string, unknown>> | undefined {
  return said(place, name) as Readonly<Record<string, unknown>> | undefined;
}

function namesOf(place: Place, name: string): readonly string[] {
  return (said(place, name) as readonly string[] | undefined) ?? [];
}

function propertyNamesOf(places: readonly Place[], document: SchemaDocument): Place[] {
  return places
    .filter((place) => keyword(place, "propertyNames") !== undefined)
    .map((place) => document.at(place, "propertyNames"));
}

function patternsOf(places: readonly Place[]): ReadonlyMap<string, string> {
  const patterns = new Map<string, string>();
  for (const place of places)
    for (const pattern of Object.keys(keyword(place, "patternProperties") ?? {}))
      patterns.set(pattern, `${place.pointer}/patternProperties${pointerTo([pattern])}`);
  return patterns;
}

/** The schemas of an unlisted property that exactly these patterns match. */
function additionalOf(
  places: readonly Place[],
  document: SchemaDocument,
  matching: readonly string[],
): Place[] {
  return places.flatMap((place) => {
    const own = Object.keys(keyword(place, "patternProperties") ?? {}).filter((name) =>
      matching.includes(name),
    );
    if (own.length > 0) return own.map((pattern) => document.at(place, "patternProperties", pattern));
    return keyword(place, "additionalProperties") === undefined
      ? []
      : [document.at(place, "additionalProperties")];
  });
}

function countsOf(places: readonly Place[]): Counts {
  const numbers = (name: string) =>
    places.flatMap((place) => (said(place, name) as number | undefined) ?? []);
  const min = Math.max(0, ...numbers("minProperties"));
  const max = Math.min(UNLIMITED, ...numbers("maxProperties"));
  return { min, max, step: min > 0 || max < UNLIMITED ? 1 : 0 };
}

/** From this number of listed properties on, further ones make no difference. */
function countable({ min, max }: Counts): number {
  return max === UNLIMITED ? min : max;
}
