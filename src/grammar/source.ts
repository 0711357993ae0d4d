/**
 * The kinds of grammars that a request may send. Each has a name, a type of value, and a function that converts it to
 * nodes.
 */
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { spellingOf } from "../vocabulary/spelling.ts";
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
import { tagsNode } from "./tags.ts";
import type { TokenNames } from "./token-parts.ts";
import { isTools, TOOLS_MUST, toolsNode } from "./tools.ts";

/** A grammar's source: one of the kinds below, the white space of JSON, and the reading of a schema. */
export interface GrammarSource extends Partial<ReadingOptions> {
  readonly kind: string;
  readonly value: unknown;
  readonly whitespace: Whitespace;
  readonly property_order: PropertyOrder;
  /** ids of special tokens, by the names that the grammar may use: {"<think>": 151667} */
  readonly special_ids?: Readonly<Record<string, number>>;
  /** of tags */
  readonly triggers?: readonly string[] | undefined;
  readonly at_least_one?: boolean;
  readonly stop_after_first?: boolean;
  /** pointer to the value in the grammar; the default is "/" and the kind */
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
  /** the names of special tokens, such as <think>, that the grammar uses; undefined for kinds that cannot name one */
  namesTokens?(
    source: GrammarSource,
    isSpecial: (name: string) => boolean,
    names: Iterable<string>,
  ): string[];
  /** The node of the whole text. Pointers of Problems and notes are relative to the value. */
  compile(
    nodes: Nodes,
    rules: Rules,
    source: GrammarSource,
    notes: GrammarNotes,
  ): Generator<undefined, number>;
}

/** How a schema is read by default. */
export const READING: ReadingOptions = {
  unknown_keywords: "ignore",
  formats: "annotate",
  unsupported: "refuse",
  draft: undefined,
};

const CHOICES_MAX = 10_000;
const UTF8 = new TextEncoder();
const TAGS_MAX = 256;
const TAGS_MUST = `must be a list of 1 to ${TAGS_MAX} tags, each with a begin, a content of one kind and an end`;

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
    namesTokens: ({ value }, isSpecial) => namesInBrackets(value as string).filter(isSpecial), // as above
  },
  {
    name: "lark",
    says: "A text of a grammar in Lark, as llguidance has it; its rule `start` is the whole.",
    must: "must be a string",
    takes: (value) => typeof value === "string",
    namesTokens: ({ value }, isSpecial) => namesInBrackets(value as string).filter(isSpecial), // as above
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
    name: "tags",
    says: 'Free text in which triggers start tags: [{"begin": "<call>", "content": {"json_schema": {…}}, "end": "</call>"}, …]. The content is a grammar, or {"any_text": true}.',
    must: TAGS_MUST,
    takes: isTags,
    namesTokens({ value, triggers = [] }, _, names) {
      const tags = value as readonly TagFields[]; // as below
      const texts = [...triggers, ...tags.flatMap(({ begin, end }) => [begin, end])];
      return [...names].filter((name) => texts.some((text) => text.includes(name)));
    },
    *compile(nodes, rules, source, notes) {
      const { triggers, at_least_one = false, stop_after_first = false } = source;
      const tags = (source.value as readonly TagFields[]).map((tag) => ({ ...tag, content: contentOf(tag) })); // takes() has seen to it
      return yield* tagsNode(
        nodes,
        rules,
        { tags, triggers, at_least_one, stop_after_first },
        encoderFor(source.special_ids ?? {}),
        function* (content, i) {
          const pointer = `/${i}/content/${content.kind}`;
          try {
            const inner = { ...source, ...content };
            return yield* kindNamed(content.kind).compile(nodes, rules, inner, notes.below(pointer));
          } catch (error) {
            throw error instanceof Problem ? error.within(pointer) : error;
          }
        },
      );
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

/** The special tokens for a grammar of rules. */
function tokensFor(special_ids: Readonly<Record<string, number>>, notes: GrammarNotes): TokenNames {
  return {
    idOf: (name) => (Object.hasOwn(special_ids, name) ? special_ids[name] : undefined),
    note: (token_id) => void notes.token_ids.add(token_id),
  };
}

/** Names in angle brackets that a grammar of rules may use. */
function namesInBrackets(text: string): string[] {
  return text.match(/<[^<>\s]+>/g) ?? [];
}

/**
 * The bytes of a text, with special tokens spelled as in grammars. Of names with a common prefix the longest is taken.
 */
function encoderFor(special_ids: Readonly<Record<string, number>>): (text: string) => Uint8Array {
  const names = Object.keys(special_ids).sort((a, b) => b.length - a.length);
  return (text) => {
    const parts: Uint8Array[] = [];
    let at = 0;
    for (let i = 0; i < text.length; ) {
      const name = names.find((each) => text.startsWith(each, i));
      if (name === undefined) {
        i++;
        continue;
      }
      parts.push(UTF8.encode(text.slice(at, i)), spellingOf(special_ids[name]!));
      i += name.length;
      at = i;
    }
    parts.push(UTF8.encode(text.slice(at)));
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  };
}

interface TagFields {
  readonly begin: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly end: string;
}

function isTags(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= TAGS_MAX && value.every(isTag);
}

function isTag(value: unknown): value is TagFields {
  if (!isRecord(value) || Object.keys(value).length !== 3) return false;
  const { begin, content, end } = value;
  if (typeof begin !== "string" || begin === "" || typeof end !== "string" || !isRecord(content))
    return false;
  const [name = "", ...others] = Object.keys(content);
  if (others.length > 0) return false;
  if (name === "any_text") return content[name] === true;
  return GRAMMAR_KINDS.some(
    (kind) => kind.name === name && kind.name !== "tags" && kind.takes(content[name]),
  );
}

/** The kind and the value of a tag's content; undefined: any text. */
function contentOf({ content }: TagFields): { readonly kind: string; readonly value: unknown } | undefined {
  const [kind = ""] = Object.keys(content);
  return kind === "any_text" ? undefined : { kind, value: content[kind] };
}

export function kindNamed(name: string): GrammarKind {
  const kind = GRAMMAR_KINDS.find((known) => known.name === name);
  if (kind !== undefined) return kind;
  throw new Problem("grammar_invalid", `there is no kind of grammar ${show(name)}`);
}
