/** The kinds of grammars that a request may bring: each its name, what it must be, and how it becomes nodes. */
import { Problem, show } from "../errors.ts";
import { choiceNode } from "./choices.ts";
import { gbnfNode } from "./gbnf.ts";
import { schemaNode } from "./json/compile.ts";
import type { ReadingOptions } from "./json/document.ts";
import type { Whitespace } from "./json/lexemes.ts";
import type { PropertyOrder } from "./json/objects.ts";
import { larkNode } from "./lark/lark.ts";
import type { Nodes } from "./nodes.ts";
import type { GrammarNotes } from "./notes.ts";
import { matched } from "./regex/anchors.ts";
import { regexNode } from "./regex/compile.ts";
import { readRegex } from "./regex/syntax.ts";
import { utf8Node } from "./regex/utf8.ts";
import type { Rules } from "./rules.ts";
import type { TokenNames } from "./token-parts.ts";
import { isTools, TOOLS_MUST, toolsNode } from "./tools.ts";

/** What a grammar is made of: one of the kinds below, how JSON is written, and how a schema is read. */
export interface GrammarSource extends Partial<ReadingOptions> {
  readonly kind: string;
  readonly value: unknown;
  readonly whitespace: Whitespace;
  readonly property_order: PropertyOrder;
  /** ids of special tokens that a grammar of rules may name, by name: {"<think>": 151667} */
  readonly special_ids?: Readonly<Record<string, number>>;
  /** where the value stands in the grammar, for pointers; "/" and its kind where none is given */
  readonly pointer?: string;
}

export function pointerOf({ kind, pointer }: GrammarSource): string {
  return pointer ?? `/${kind}`;
}

export interface GrammarKind {
  readonly name: string;
  readonly says: string;
  /** what the value must be */
  readonly must: string;
  takes(value: unknown): boolean;
  /** true where a name in angle brackets, as <think>, is a special token of the vocabulary */
  readonly namesTokens?: boolean;
  /** The node of the whole text. Pointers of Problems and of notes are relative to the value. */
  compile(
    nodes: Nodes,
    rules: Rules,
    source: GrammarSource,
    notes: GrammarNotes,
  ): Generator<undefined, number>;
}

/** How a schema is read when the request does not say. */
export const READING: ReadingOptions = {
  unknown_keywords: "ignore",
  formats: "annotate",
  unsupported: "refuse",
  draft: undefined,
};

const CHOICES_MAX = 10_000;

const isSchema = (value: unknown) =>
  typeof value === "boolean" || (typeof value === "object" && value !== null);

export const GRAMMAR_KINDS: readonly GrammarKind[] = [
  {
    name: "json_schema",
    says: "A JSON text that the schema admits: drafts 4 to 2020-12, and OpenAPI 3.0.",
    must: "must be a schema: an object, true or false",
    takes: (value) => isSchema(value) && !Array.isArray(value),
    *compile(nodes, rules, { value, ...options }, notes) {
      return yield* schemaNode(nodes, rules, value, { ...READING, ...options }, notes);
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
    compile: (nodes, rules, { value, special_ids = {} }, notes) =>
      gbnfNode({ nodes, rules, tokens: tokensFor(special_ids, notes) }, value as string), // as above
    namesTokens: true,
  },
  {
    name: "lark",
    says: "A text of a grammar in Lark, as llguidance has it; its rule `start` is the whole.",
    must: "must be a string",
    takes: (value) => typeof value === "string",
    namesTokens: true,
    *compile(nodes, rules, { value, special_ids = {}, ...options }, notes) {
      const source = value as string; // as above
      const tokens = tokensFor(special_ids, notes);
      const reading = { ...READING, ...options };
      const ofSchema = (schema: unknown) => schemaNode(nodes, rules, schema, reading, notes);
      return yield* larkNode({ nodes, rules, tokens, schemaNode: ofSchema }, source);
    },
  },
  {
    name: "tools",
    says: 'A call of one of some tools: {"name": "…", "arguments": {…}}. The list is that of OpenAI, MCP or Anthropic.',
    must: TOOLS_MUST,
    takes: isTools,
    *compile(nodes, rules, { value, ...options }, notes) {
      return yield* toolsNode(nodes, rules, value as readonly unknown[], { ...READING, ...options }, notes); // as above
    },
  },
  {
    name: "json",
    says: "Any JSON text.",
    must: "must be true",
    takes: (value) => value === true,
    compile: (nodes, rules, options, notes) =>
      schemaNode(nodes, rules, true, { ...READING, ...options }, notes),
  },
];

/** What a grammar of rules asks of special tokens. */
function tokensFor(special_ids: Readonly<Record<string, number>>, notes: GrammarNotes): TokenNames {
  return {
    idOf: (name) => (Object.hasOwn(special_ids, name) ? special_ids[name] : undefined),
    note: (token_id) => void notes.token_ids.add(token_id),
  };
}

export function kindNamed(name: string): GrammarKind {
  const kind = GRAMMAR_KINDS.find((known) => known.name === name);
  if (kind !== undefined) return kind;
  throw new Problem("grammar_invalid", `there is no kind of grammar ${show(name)}`);
}
