/** The kinds of grammars that a request may bring: each its name, what it must be, and how it becomes nodes. */
import { Problem, show } from "../errors.ts";
import { choiceNode } from "./choices.ts";
import { gbnfNode } from "./gbnf.ts";
import { schemaNode } from "./json/compile.ts";
import type { Whitespace } from "./json/lexemes.ts";
import type { PropertyOrder } from "./json/objects.ts";
import type { Nodes } from "./nodes.ts";
import { matched } from "./regex/anchors.ts";
import { regexNode } from "./regex/compile.ts";
import { readRegex } from "./regex/syntax.ts";
import { utf8Node } from "./regex/utf8.ts";
import type { Rules } from "./rules.ts";

/** What a grammar is made of: one of the kinds below, and how JSON is written. */
export interface GrammarSource {
  readonly kind: string;
  readonly value: unknown;
  readonly whitespace: Whitespace;
  readonly property_order: PropertyOrder;
}

export interface GrammarKind {
  readonly name: string;
  readonly says: string;
  /** what the value must be */
  readonly must: string;
  takes(value: unknown): boolean;
  /** The node of the whole text. Pointers of Problems are relative to the value. */
  compile(nodes: Nodes, rules: Rules, source: GrammarSource): Generator<undefined, number>;
}

const CHOICES_MAX = 10_000;

const isSchema = (value: unknown) =>
  typeof value === "boolean" || (typeof value === "object" && value !== null);

export const GRAMMAR_KINDS: readonly GrammarKind[] = [
  {
    name: "json_schema",
    says: "A JSON text that the schema admits, draft 2020-12.",
    must: "must be a schema: an object, true or false",
    takes: (value) => isSchema(value) && !Array.isArray(value),
    *compile(nodes, rules, { value, ...options }) {
      return yield* schemaNode(nodes, rules, value, options);
    },
  },
  {
    name: "regex",
    says: "A text that the regular expression matches as a whole.",
    must: "must be a string",
    takes: (value) => typeof value === "string",
    *compile(nodes, _rules, { value }) {
      const regex = yield* readRegex(value as string, nodes.effort); // takes() has seen to it
      return yield* regexNode(nodes, matched(regex), (set) => utf8Node(nodes, set));
    },
  },
  {
    name: "choice",
    says: "One of some texts.",
    must: `must be a list of 1 to ${CHOICES_MAX} strings`,
    takes: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.length <= CHOICES_MAX &&
      value.every((text) => typeof text === "string"),
    *compile(nodes, _rules, { value }) {
      return yield* choiceNode(nodes, value as readonly string[]); // as above
    },
  },
  {
    name: "gbnf",
    says: "A text of llama.cpp's grammar; its rule `root` is the whole.",
    must: "must be a string",
    takes: (value) => typeof value === "string",
    compile: (nodes, rules, { value }) => gbnfNode(nodes, rules, value as string), // as above
  },
  {
    name: "json",
    says: "Any JSON text.",
    must: "must be true",
    takes: (value) => value === true,
    compile: (nodes, rules, options) => schemaNode(nodes, rules, true, options),
  },
];

export function kindNamed(name: string): GrammarKind {
  const kind = GRAMMAR_KINDS.find((known) => known.name === name);
  if (kind !== undefined) return kind;
  throw new Problem("grammar_invalid", `there is no kind of grammar ${show(name)}`);
}
