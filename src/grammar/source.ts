/** The kinds of grammars that a request may bring: each its name, what it must be, and how it becomes nodes. */
import { Problem, show } from "../errors.ts";
import { gbnfNode } from "./gbnf.ts";
import { schemaNode } from "./json/compile.ts";
import type { Whitespace } from "./json/lexemes.ts";
import type { PropertyOrder } from "./json/objects.ts";
import type { Nodes } from "./nodes.ts";
import { matched } from "./regex/anchors.ts";
import { regexNode } from "./regex/compile.ts";
import { loadProperties } from "./regex/properties.ts";
import { parseRegex } from "./regex/syntax.ts";
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
      yield* loadProperties(JSON.stringify(value).replaceAll("\\\\", "\\"));
      return yield* schemaNode(nodes, rules, value, options);
    },
  },
  {
    name: "regex",
    says: "A text that the regular expression matches as a whole.",
    must: "must be a string",
    takes: (value) => typeof value === "string",
    *compile(nodes, _rules, { value }) {
      const source = value as string; // takes() has seen to it
      yield* loadProperties(source);
      return regexNode(nodes, matched(parseRegex(source)), (set) => utf8Node(nodes, set));
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

const TEXTS_A_TURN = 200;

/** Texts that begin alike share their beginning, so that each place has few branches. */
function* choiceNode(nodes: Nodes, texts: readonly string[]): Generator<undefined, number> {
  const encoder = new TextEncoder();
  const sorted = [...new Set(texts)].sort().map((text) => encoder.encode(text));
  let done = 0;
  function* among(from: number, to: number, depth: number): Generator<undefined, number> {
    if (to - from === 1) {
      if (++done % TEXTS_A_TURN === 0) yield;
      return nodes.literal(sorted[from]!.subarray(depth));
    }
    const groups = new Map<number, number[]>();
    const branches: number[] = [];
    for (let i = from; i < to; i++) {
      const byte = sorted[i]![depth];
      if (byte === undefined) branches.push(nodes.literal([]));
      else groups.set(byte, [...(groups.get(byte) ?? []), i]);
    }
    for (const [byte, members] of groups) {
      const first = members[0]!;
      branches.push(
        nodes.word(nodes.range(byte, byte), yield* among(first, first + members.length, depth + 1)),
      );
    }
    return nodes.alt(branches);
  }
  sorted.sort(compareBytes);
  return yield* among(0, sorted.length, 0);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
