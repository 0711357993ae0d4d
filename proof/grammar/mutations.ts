/** Seeded grammars of every kind with faults: missing, repeated or foreign parts, and keywords that do not fit. */
import type { Seeded } from "../../evidence/seeded.ts";
import { KEYWORDS } from "../../src/grammar/json/keywords.ts";
import { randomSchema, recursiveSchema } from "./schemas.ts";

export type Mutated =
  | { readonly kind: "regex" | "gbnf"; readonly value: string }
  | { readonly kind: "json_schema"; readonly value: unknown };

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
    "(?:é|\\u20ac|[à-ü]{2})[😀-😅]?",
    "(?:\\+?\\d{1,3}[ \\-])?(?:\\(\\d\\d\\))?\\d+",
  ],
  gbnf: [
    'root ::= "a" item* "b"\nitem ::= "(" item ")" | [0-9]+',
    'root ::= expr\nexpr ::= term ("+" term)*\nterm ::= [a-c] | "(" expr ")"',
    'root ::= ("x" | "xy" | "yz")+ "!"?',
    'root ::= a b\na ::= "a" a | ""\nb ::= "b" b "c" | "d"',
    'root ::= object\nobject ::= "{" (pair ("," pair)*)? "}"\npair ::= [a-z]{1,3} ":" (object | [0-9])',
    'root ::= [^"é]{1,3} ("é" | "\\u20AC" root?)',
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

export function mutated(random: Seeded): Mutated {
  const kind = random.pick(["regex", "gbnf", "json_schema"] as const);
  if (kind === "json_schema") {
    const value = random.pick([randomSchema, randomSchema, recursiveSchema, composedSchema])(random.unit);
    return { kind, value: random.oneIn(2) ? value : mutatedJson(random, value) };
  }
  let text = random.pick(SEEDS[kind]);
  for (let i = random.below(5); i > 0; i--) text = mutatedText(random, text);
  return { kind, value: text };
}

/** Keywords that combine schemas, and keywords about the remaining properties. */
function composedSchema(unit: () => number): unknown {
  const part = () => randomSchema(unit);
  const one = (list: readonly unknown[]) => list[Math.floor(unit() * list.length)];
  const several = () => Array.from({ length: 1 + Math.floor(unit() * 3) }, part);
  const rest = one([false, false, { type: "null" }, part()]);
  return one([
    { allOf: several(), unevaluatedProperties: rest },
    { type: "object", anyOf: several(), unevaluatedProperties: rest },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    { if: part(), then: part(), else: part(), unevaluatedProperties: rest },
    { oneOf: several(), properties: { name: part() }, unevaluatedProperties: rest },
    { type: "array", allOf: [{ prefixItems: several() }], unevaluatedItems: rest },
    { type: "array", contains: part(), minContains: Math.floor(unit() * 3), maxItems: 4 },
    { type: "array", contains: one([{ type: "string" }, { const: 1 }]), maxContains: 1, items: part() },
    { type: "array", items: { enum: ["a", 1, null] }, uniqueItems: true, minItems: Math.floor(unit() * 4) },
    { not: part() },
    { allOf: several(), minProperties: 1 },
  ]);
}

function mutatedText(random: Seeded, text: string): string {
  const letters = [...text];
  const at = random.below(letters.length + 1);
  const end = Math.min(letters.length, at + random.below(4));
  const moved = letters.slice(end, end + random.below(8)).join("");
  const put = random.oneIn(3) ? moved : random.pick(PARTS);
  const before = letters.slice(0, at).join("");
  return before + (random.oneIn(3) ? "" : put) + letters.slice(random.oneIn(2) ? at : end).join("");
}

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e300,
  1.5,
  2,
  "",
  "a",
  "^(",
  "^a",
  "#",
  "#/$defs/node",
  "string",
  [],
  {},
  [1],
  ["x"],
  { type: "string" },
  { const: 1 },
  { x: { type: "null" } },
  [{ type: "string" }, { type: "integer" }],
  1e9,
];
const KEYS = KEYWORDS.filter(({ kind }) => kind !== "annotation").map(({ name }) => name);

/** The same schema with one value or keyword changed. */
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
