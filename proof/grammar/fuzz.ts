/**
 * Mutated grammars: each is compiled or refused with a Problem, none in more than a bounded time or with a longer piece
 * than others should wait for, and the masks of those that are compiled are those of the plain reference.
 */
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import { Problem } from "../../src/errors.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { createVocabulary, type Vocabulary } from "../../src/vocabulary/vocabulary.ts";
import { Reference } from "./reference.ts";
import { randomSchema, recursiveSchema } from "./schemas.ts";

export interface FuzzTally {
  cases: number;
  compiled: number;
  refused: Record<string, number>;
  masks: number;
  tokens: number;
  /** pieces that took longer than others should wait, and the longest, in milliseconds of the processor */
  long_pieces: number;
  piece_ms_max: number;
  total_ms_max: number;
  wrong: string[];
}

const TOTAL_MS_MAX = 10_000;
const PIECE_MS_MAX = 10;

const SEEDS: Readonly<Record<"regex" | "gbnf", readonly string[]>> = {
  regex: [
    "[a-z]+\\d{2,3}",
    "(foo|bar)*baz?",
    "^(?:[A-Z][a-z]{1,3} ?){2,}$",
    "\\p{L}+|\\w\\s\\S",
    "(a|ab)(c|bcd)(d*)",
    "[^abc]{0,4}x",
    "((a?b)*c){1,3}",
    "x*x*x*y",
  ],
  gbnf: [
    'root ::= "a" item* "b"\nitem ::= "(" item ")" | [0-9]+',
    'root ::= expr\nexpr ::= term ("+" term)*\nterm ::= [a-c] | "(" expr ")"',
    'root ::= ("x" | "xy" | "yz")+ "!"?',
    'root ::= a b\na ::= "a" a | ""\nb ::= "b" b "c" | "d"',
    'root ::= object\nobject ::= "{" (pair ("," pair)*)? "}"\npair ::= [a-z]{1,3} ":" (object | [0-9])',
  ],
};
const PARTS = [
  "*",
  "+",
  "?",
  "|",
  "(",
  ")",
  "[",
  "]",
  "{2}",
  "{0,3}",
  "a",
  "b",
  "0-9",
  "\\d",
  ".",
  "^",
  "$",
  '"',
  "::=",
  "\n",
  "root",
  " ",
  "\\",
  "é",
  "{1,100000}",
  "-",
];

export function fuzz({
  count,
  seed,
  only,
}: {
  readonly count: number;
  readonly seed: number;
  readonly only?: number;
}): FuzzTally {
  const tally: FuzzTally = {
    cases: 0,
    compiled: 0,
    refused: {},
    masks: 0,
    tokens: 0,
    long_pieces: 0,
    piece_ms_max: 0,
    total_ms_max: 0,
    wrong: [],
  };
  const vocabulary = smallVocabulary();
  const cases = only === undefined ? Array.from({ length: count }, (_, i) => i) : [only];
  for (const index of cases) runCase(index, seeded(seed, index), vocabulary, tally);
  return tally;
}

function runCase(index: number, random: Seeded, vocabulary: Vocabulary, tally: FuzzTally): void {
  tally.cases++;
  const { kind, value } = mutated(random);
  const began = performance.now();
  try {
    const grammar = compileTimed(kind, value, tally);
    tally.compiled++;
    if (kind !== "json_schema") compareMasks(index, kind, String(value), grammar, random, vocabulary, tally);
    else walkMasks(grammar, random, vocabulary, tally);
  } catch (error) {
    if (!(error instanceof Problem))
      tally.wrong.push(
        `case ${index}: ${kind} ${JSON.stringify(value)}: ${error instanceof Error ? error.stack : error}`,
      );
    else tally.refused[error.code] = (tally.refused[error.code] ?? 0) + 1;
  }
  const ms = performance.now() - began;
  tally.total_ms_max = Math.max(tally.total_ms_max, ms);
  if (ms > TOTAL_MS_MAX)
    tally.wrong.push(
      `case ${index} took ${Math.round(ms)} ms: ${kind} ${JSON.stringify(value).slice(0, 500)}`,
    );
}

function compileTimed(kind: string, value: unknown, tally: FuzzTally): Grammar {
  const limits = { ...DEFAULT_GRAMMAR_LIMITS, nodes_max: 200_000, transitions_max: 2_000_000 };
  return timed(
    compileGrammar({ kind, value, whitespace: "compact", property_order: "schema" }, limits),
    tally,
  );
}

function timed<T>(pieces: Generator<undefined, T>, tally: FuzzTally): T {
  for (;;) {
    const began = process.cpuUsage();
    const next = pieces.next();
    const ms = process.cpuUsage(began).user / 1000;
    tally.piece_ms_max = Math.max(tally.piece_ms_max, ms);
    if (ms > PIECE_MS_MAX) tally.long_pieces++;
    if (next.done === true) return next.value;
  }
}

function mutated(random: Seeded): {
  readonly kind: "regex" | "gbnf" | "json_schema";
  readonly value: unknown;
} {
  const kind = random.pick(["regex", "gbnf", "json_schema"] as const);
  if (kind === "json_schema") {
    const value = random.oneIn(5) ? recursiveSchema(random.unit) : randomSchema(random.unit);
    return { kind, value: random.oneIn(2) ? value : mutatedJson(random, value) };
  }
  let text = random.pick(SEEDS[kind]);
  for (let i = random.below(5); i > 0; i--) text = mutatedText(random, text);
  return { kind, value: text };
}

function mutatedText(random: Seeded, text: string): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + random.below(4));
  const put = random.oneIn(3) ? text.slice(end, end + random.below(8)) : random.pick(PARTS);
  return text.slice(0, at) + (random.oneIn(3) ? "" : put) + text.slice(random.oneIn(2) ? at : end);
}

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e300,
  1.5,
  "",
  "a",
  "^(",
  "#",
  "#/$defs/node",
  [],
  {},
  [1],
  { type: "string" },
  1e9,
];
const KEYS = [
  "type",
  "properties",
  "items",
  "minLength",
  "maxLength",
  "pattern",
  "anyOf",
  "oneOf",
  "not",
  "$ref",
  "enum",
  "const",
  "required",
  "multipleOf",
  "minimum",
  "additionalProperties",
  "maxItems",
  "allOf",
  "if",
  "then",
  "prefixItems",
  "format",
  "propertyNames",
  "patternProperties",
  "minProperties",
];

/** The same schema with a value, or a keyword, that is another somewhere. */
function mutatedJson(random: Seeded, value: unknown): unknown {
  if (typeof value !== "object" || value === null || random.oneIn(6)) return random.pick(VALUES);
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1);
    return value.map((item, i) => (i === at ? mutatedJson(random, item) : item));
  }
  const entries = Object.entries(value);
  if (random.oneIn(3))
    return { ...value, [random.pick(KEYS)]: random.oneIn(2) ? random.pick(VALUES) : value };
  const at = random.below(Math.max(entries.length, 1));
  return Object.fromEntries(entries.map(([key, own], i) => [key, i === at ? mutatedJson(random, own) : own]));
}

const STEPS = 6;

function walkMasks(grammar: Grammar, random: Seeded, vocabulary: Vocabulary, tally: FuzzTally): void {
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: [] });
  let state = grammar.start;
  for (let i = 0; i < STEPS; i++) {
    const mask = timed(matcher.masks.make(state), tally);
    tally.masks++;
    const allowed = allowedIn(mask);
    if (allowed.length === 0) return;
    state = matcher.advance(state, random.pick(allowed));
  }
}

function compareMasks(
  index: number,
  kind: "regex" | "gbnf",
  source: string,
  grammar: Grammar,
  random: Seeded,
  vocabulary: Vocabulary,
  tally: FuzzTally,
): void {
  const reference = new Reference(kind, source);
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: [] });
  let state = grammar.start;
  let before = "";
  for (let step = 0; step < STEPS; step++) {
    const mask = timed(matcher.masks.make(state), tally);
    tally.masks++;
    const here = reference.reads(before);
    if (here === undefined) return;
    const ends = grammar.automaton.nullable(state);
    if (here.is_whole !== ends)
      tally.wrong.push(
        `case ${index}: ${kind} ${JSON.stringify(source)} behind ${JSON.stringify(before)}: ${ends ? "ends" : "does not end"}`,
      );
    for (let k = 0; k < TOKENS_A_MASK; k++) {
      const id = random.below(vocabulary.size);
      const text = TEXTS[id]!;
      const theirs = reference.reads(before + text);
      if (theirs === undefined) return;
      tally.tokens++;
      const ours = ((mask[id >>> 5]! >>> (id & 31)) & 1) === 1;
      if (ours !== theirs.begins)
        tally.wrong.push(
          `case ${index}: ${kind} ${JSON.stringify(source)} behind ${JSON.stringify(before)}: ${JSON.stringify(text)} is ${ours ? "allowed" : "not allowed"}`,
        );
    }
    const allowed = allowedIn(mask);
    if (allowed.length === 0) return;
    const id = random.pick(allowed);
    state = matcher.advance(state, id);
    before += TEXTS[id]!;
  }
}

const TOKENS_A_MASK = 24;
const LETTERS = Array.from(
  'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 (){}[]:,+!"\\\n-é|*?.^$',
  (letter) => letter,
);
const TEXTS = [
  ...LETTERS,
  ...pairsOf("abcdxyzfor01(){}:,+"),
  "foo",
  "bar",
  "baz",
  "root",
  "::=",
  "aaa",
  "xyz",
  "12",
  "123",
  "été",
];

function pairsOf(letters: string): string[] {
  return Array.from(letters).flatMap((a) => Array.from(letters, (b) => a + b));
}

/** A few hundred tokens of the letters that the grammars are made of. */
function smallVocabulary(): Vocabulary {
  const tokens = TEXTS.map((text) => new TextEncoder().encode(text));
  return createVocabulary("fuzz", { tokens, special: new Map(), end_ids: [] });
}

function allowedIn(mask: Uint32Array): number[] {
  return TEXTS.map((_, id) => id).filter((id) => ((mask[id >>> 5]! >>> (id & 31)) & 1) === 1);
}
