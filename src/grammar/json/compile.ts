/**
 * JSON Schema → rules. A set of schemas that must hold together is one rule, named by its members, so recursion ends by
 * itself. Rules that are still to be made wait in a queue; other requests may have their turn between two of them.
 */
import { Problem } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { choiceNode } from "../choices.ts";
import { PART_UNITS } from "../effort.ts";
import { NEVER, type Nodes } from "../nodes.ts";
import type { GrammarNotes } from "../notes.ts";
import type { Rules } from "../rules.ts";
import type { ArrayParts } from "./array-parts.ts";
import { arrayNode } from "./arrays.ts";
import { Conjunctions } from "./conjunction.ts";
import { type Place, type ReadingOptions, SchemaDocument, said, valuesIn } from "./document.ts";
import { Evaluator } from "./evaluate.ts";
import { Lexemes, type Whitespace } from "./lexemes.ts";
import { NOT_INTEGER, NOT_VALUES } from "./negation.ts";
import { type Bound, brokenNumber, numberNode, otherNumber } from "./numbers.ts";
import { ObjectNodes, type PropertyOrder } from "./objects.ts";
import { stringNode } from "./strings.ts";
import { JSON_TYPES, type JsonType } from "./values.ts";

export interface JsonOptions extends ReadingOptions {
  readonly whitespace: Whitespace;
  readonly property_order: PropertyOrder;
}

const RULES_MAX = 20_000;

/** The node of the root. Pointers of Problems are relative to the schema. */
export function* schemaNode(
  nodes: Nodes,
  rules: Rules,
  schema: unknown,
  options: JsonOptions,
  notes: GrammarNotes,
): Generator<undefined, number> {
  const document = yield* SchemaDocument.read(schema, nodes.effort, options, notes);
  return yield* new SchemaRules(nodes, rules, document, options).root();
}

interface Unfinished {
  readonly rule: number;
  readonly places: readonly Place[];
}

class SchemaRules {
  readonly #nodes: Nodes;
  readonly #rules: Rules;
  readonly #document: SchemaDocument;
  readonly #lexemes: Lexemes;
  readonly #evaluator: Evaluator;
  readonly #conjunctions: Conjunctions;
  readonly #array_parts: ArrayParts;
  readonly #objects: ObjectNodes;
  readonly #known = new Map<string, number>();
  readonly #queue: Unfinished[] = [];

  constructor(nodes: Nodes, rules: Rules, document: SchemaDocument, options: JsonOptions) {
    this.#nodes = nodes;
    this.#rules = rules;
    this.#document = document;
    this.#lexemes = new Lexemes(nodes, options.whitespace);
    this.#evaluator = new Evaluator(document, nodes.effort);
    this.#conjunctions = new Conjunctions(document, this.#evaluator, nodes.effort);
    const shared = {
      lexemes: this.#lexemes,
      document,
      nodeOf: (places: readonly Place[]) => this.#call(places),
    };
    this.#array_parts = { ...shared, valuesOf: (places) => this.#listed(places) };
    this.#objects = new ObjectNodes({
      ...shared,
      rules,
      evaluator: this.#evaluator,
      order: options.property_order,
      stringsOf: (places) => this.#strings(places),
    });
  }

  *root(): Generator<undefined, number> {
    const root = this.#call([this.#document.root]);
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const alternatives = yield* this.#conjunctions.alternatives(next.places);
      const branches: number[] = [];
      for (const places of alternatives) {
        branches.push(yield* this.#merged(places));
        if (this.#nodes.effort.isDue()) yield;
      }
      this.#rules.define(next.rule, yield* this.#nodes.either(branches));
    }
    return root;
  }

  /** A call of the rule for a set of schemas. */
  #call(places: readonly Place[]): number {
    if (places.some(({ schema }) => schema === false)) return NEVER;
    const objects = places.filter(({ schema }) => schema !== true);
    const key = [...new Set(objects.map(keyOf))].sort().join();
    const known = this.#known.get(key);
    if (known !== undefined) return this.#nodes.call(known);
    const pointer = objects[0]?.pointer ?? "";
    const rule = this.#rules.declare(pointer === "" ? "the schema" : `the schema at ${pointer}`);
    if (rule >= RULES_MAX)
      throw new Problem(
        "grammar_too_large",
        `a schema may make at most ${RULES_MAX} rules, got more`,
        pointer,
      );
    this.#known.set(key, rule);
    this.#queue.push({ rule, places: objects });
    return this.#nodes.call(rule);
  }

  *#strings(places: readonly Place[]): Generator<undefined, number> {
    const branches: number[] = [];
    for (const open of yield* this.#conjunctions.alternatives(places)) {
      const texts = valuesIn(open)?.filter((value) => typeof value === "string");
      if (texts !== undefined) branches.push(yield* this.#literals(open, texts));
      else if (typesOf(open).types.has("string")) branches.push(yield* this.#ofType("string", open, false));
    }
    return yield* this.#nodes.either(branches);
  }

  /** The values of schemas that have mergeable keywords only. */
  *#merged(places: readonly Place[]): Generator<undefined, number> {
    const values = valuesIn(places);
    if (values !== undefined) return yield* this.#literals(places, values);
    const { types, integer } = typesOf(places);
    const branches: number[] = [];
    for (const type of JSON_TYPES)
      if (types.has(type)) branches.push(yield* this.#ofType(type, places, integer));
    return yield* this.#nodes.either(branches);
  }

  /** The values that schemas admit, if all are listed, or if their type has only few values. */
  *#listed(places: readonly Place[]): Generator<undefined, readonly number[] | undefined> {
    const found = new Map<string, number>();
    for (const open of yield* this.#conjunctions.alternatives(places)) {
      const values = valuesIn(open) ?? valuesOfTypes(typesOf(open).types);
      if (values === undefined) return undefined;
      for (const value of values) {
        // Objects whose properties are in another order are equal too.
        if (isRecord(value) || Array.isArray(value)) return undefined;
        if (yield* this.#evaluator.admitted(open, value))
          found.set(JSON.stringify(value), yield* this.#literal(value));
      }
    }
    return [...found.values()];
  }

  /** The values that all schemas admit. */
  *#literals(places: readonly Place[], values: readonly unknown[]): Generator<undefined, number> {
    const { effort } = this.#nodes;
    const scalars: string[] = [];
    const others: number[] = [];
    for (const value of values) {
      effort.units += PART_UNITS * places.length;
      if (effort.isDue()) yield;
      if (!(yield* this.#evaluator.admitted(places, value))) continue;
      if (typeof value === "object" && value !== null) others.push(yield* this.#literal(value));
      else scalars.push(JSON.stringify(value));
    }
    return yield* this.#nodes.either([yield* choiceNode(this.#nodes, scalars), ...others]);
  }

  *#ofType(type: JsonType, places: readonly Place[], integer: boolean): Generator<undefined, number> {
    const nodes = this.#nodes;
    const others = places.flatMap(
      (place) => (said(place, NOT_VALUES) as readonly unknown[] | undefined) ?? [],
    );
    switch (type) {
      case "null":
        return others.includes(null) ? NEVER : nodes.text("null");
      case "boolean":
        return nodes.alt(
          [true, false].filter((value) => !others.includes(value)).map((value) => nodes.text(String(value))),
        );
      case "number":
        return yield* this.#number(places, integer, others);
      case "string":
        return yield* stringNode(this.#lexemes, places, this.#document);
      case "array":
        return yield* arrayNode(this.#array_parts, places);
      case "object":
        return yield* this.#objects.node(places);
    }
  }

  *#number(
    places: readonly Place[],
    integer: boolean,
    others: readonly unknown[],
  ): Generator<undefined, number> {
    const node = yield* numberNode(
      this.#lexemes,
      this.#rules,
      {
        integer,
        low: tightest(places, "minimum", "exclusiveMinimum", (a, b) => a > b),
        high: tightest(places, "maximum", "exclusiveMaximum", (a, b) => a < b),
        multiples: places.flatMap(({ schema, pointer }) => {
          const value = said({ schema }, "multipleOf");
          return typeof value === "number" ? [{ value, pointer: `${pointer}/multipleOf` }] : [];
        }),
      },
      (problem) => this.#document.weaken(problem, "multipleOf"),
    );
    const numbers = others.filter((value) => typeof value === "number");
    const is_broken = places.some((place) => said(place, NOT_INTEGER) !== undefined);
    if (is_broken && integer) return NEVER;
    if (numbers.length === 0 && !is_broken) return node;
    // A number with an exponent could equal any of them, so only numbers without an exponent are distinguished.
    const told =
      node === this.#lexemes.number
        ? this.#nodes.word(this.#lexemes.integer, this.#lexemes.fraction())
        : node;
    return this.#nodes.and([
      told,
      ...(is_broken ? [brokenNumber(this.#lexemes)] : []),
      ...numbers.map((value) => otherNumber(this.#lexemes, value)),
    ]);
  }

  /** A value as JSON.stringify writes it, except for white space. */
  *#literal(value: unknown): Generator<undefined, number> {
    const nodes = this.#nodes;
    const { space } = this.#lexemes;
    const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
    const parts: number[] = [];
    if (Array.isArray(value)) for (const item of value) parts.push(yield* this.#literal(item));
    else if (isRecord(value))
      for (const [name, own] of Object.entries(value)) {
        const colon = nodes.word(space, nodes.text(":"), space);
        const named = yield* nodes.longText(UTF8.encode(JSON.stringify(name)), colon);
        parts.push(nodes.seq(named, yield* this.#literal(own)));
      }
    else return yield* nodes.longText(UTF8.encode(JSON.stringify(value)));
    if (parts.length === 0) return nodes.word(nodes.text(open), space, nodes.text(close));
    return yield* nodes.chain("seq", [
      nodes.word(nodes.text(open), space),
      ...parts.flatMap((part, i) => (i === 0 ? [part] : [this.#lexemes.comma, part])),
      nodes.word(space, nodes.text(close)),
    ]);
  }
}

const UTF8 = new TextEncoder();

/** Equal keys for schemas with the same content in the same order; otherwise the key names the place. */
function keyOf({ schema, id }: Place): string {
  if (!isRecord(schema) || Object.getOwnPropertySymbols(schema).length > 0) return String(id);
  const is_flat =
    Object.values(schema).every((value) => typeof value !== "object") && schema["$ref"] === undefined;
  if (!is_flat) return String(id);
  const text = JSON.stringify(schema);
  return text.length > 200 || "$id" in schema ? String(id) : text;
}

/** All values of these types; undefined: too many to list. */
function valuesOfTypes(types: ReadonlySet<JsonType>): readonly unknown[] | undefined {
  const lists = [...types].map((type) =>
    type === "null" ? [null] : type === "boolean" ? [true, false] : undefined,
  );
  return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? []);
}

function typesOf(places: readonly Place[]): {
  readonly types: ReadonlySet<JsonType>;
  readonly integer: boolean;
} {
  let types: ReadonlySet<JsonType> = new Set(JSON_TYPES);
  let integer = false;
  for (const place of places) {
    const given = said(place, "type");
    if (given === undefined) continue;
    const names: readonly unknown[] = [given].flat();
    if (names.includes("integer") && !names.includes("number")) integer = true;
    const own = new Set(names.map((name) => (name === "integer" ? "number" : name)));
    types = new Set([...types].filter((type) => own.has(type)));
  }
  return { types, integer };
}

/** The strictest bound of two keywords over all schemas. */
function tightest(
  places: readonly Place[],
  closed: string,
  open: string,
  isTighter: (a: number, b: number) => boolean,
): Bound | undefined {
  let bound: Bound | undefined;
  for (const place of places)
    for (const [name, is_open] of [
      [closed, false],
      [open, true],
    ] as const) {
      const value = said(place, name);
      if (typeof value !== "number") continue;
      const is_tighter =
        bound === undefined || isTighter(value, bound.value) || (value === bound.value && is_open);
      if (is_tighter) bound = { value, is_open };
    }
  return bound;
}
