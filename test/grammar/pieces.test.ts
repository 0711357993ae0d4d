/** Work on grammars is done in pieces. The test counts the work of each piece and reads no clock. */
import { expect, test } from "vitest";
import { Effort, PIECE_UNITS } from "../../src/grammar/effort.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { DEMO } from "./texts.ts";

const named = (count: number, schemaOf: (i: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i * 7919}`, schemaOf(i)]));
/** Each needs several pieces alone. A test before may have computed \p{L} already. */
const BRANCHES = Array.from(
  { length: 150 },
  (_, i) => `[a-${"bcdefghijklmnopqrstuvwxy"[i % 24]}]{${i + 1}}\\d?`,
);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i * 7919);

/** Each would be a single piece of many milliseconds without pauses. */
const LARGE: readonly (readonly [name: string, kind: string, value: unknown])[] = [
  ["choices", "choice", numbers(10_000).map((i) => `choice ${i} of many`)],
  ["choices that begin alike", "choice", [`${"x".repeat(100_000)}a`, `${"x".repeat(100_000)}b`]],
  ["values", "json_schema", { enum: numbers(5000).map((i) => `value ${i}`) }],
  ["a value", "json_schema", { const: numbers(10_000) }],
  ["a text", "json_schema", { const: "x".repeat(100_000) }],
  ["properties", "json_schema", { properties: named(1500, (i) => ({ type: "string", maxLength: i })) }],
  ["items", "json_schema", { prefixItems: numbers(500).map((i) => ({ const: i })), items: false }],
  ["subschemas", "json_schema", { $defs: named(10_000, () => ({ type: "string" })), type: "null" }],
  [
    "branches",
    "json_schema",
    { oneOf: numbers(60).map((i) => ({ type: "object", properties: { a: { const: i } }, required: ["a"] })) },
  ],
  [
    "alternatives",
    "json_schema",
    { allOf: numbers(8).map((i) => ({ anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }] })) },
  ],
  ["remainders", "json_schema", { type: "integer", multipleOf: 4096 }],
  ["letters", "regex", "x".repeat(16_384)],
  ["branches of a regex", "regex", `(?:${BRANCHES.join("|")}|\\p{L}){1,900}`],
  [
    "rules",
    "gbnf",
    [
      "root ::= r0",
      ...Array.from({ length: 2000 }, (_, i) => `r${i} ::= "a" r${(i * 31 + 1) % 2000} | "b" | [c-z]`),
    ].join("\n"),
  ],
];

/** The largest work of a piece, and the number of pieces. */
function piecesOf<T>(
  effort: Effort,
  pieces: Generator<undefined, T>,
): { most: number; count: number; result: T } {
  let most = 0;
  for (let count = 1; ; count++) {
    const before = effort.units;
    const next = pieces.next();
    most = Math.max(most, effort.units - before);
    if (next.done === true) return { most, count, result: next.value };
  }
}

function compiledInPieces(kind: string, value: unknown): { most: number; count: number; result: Grammar } {
  const effort = new Effort();
  const source = { kind, value, whitespace: "any", property_order: "schema" } as const;
  return piecesOf(effort, compileGrammar(source, DEFAULT_GRAMMAR_LIMITS, effort));
}

/**
 * The largest work that cannot be divided: one list of alternatives, one set of characters. About 40 ns a unit when
 * warm.
 */
const WHOLE_UNITS = 144 * 1024;

test.each(LARGE)("compiling %s", (_, kind, value) => {
  const { most, count } = compiledInPieces(kind, value);
  expect(count).toBeGreaterThan(4);
  expect(most).toBeLessThan(PIECE_UNITS + WHOLE_UNITS);
});

test.each(LARGE)("the first masks of %s", (_, kind, value) => {
  const { result: grammar } = compiledInPieces(kind, value);
  const { masks } = new Matcher(grammar, DEMO, { after: undefined, end_ids: [] });
  let state = grammar.start;
  for (let step = 0; step < 3; step++) {
    const { most, result } = piecesOf(grammar.automaton.nodes.effort, masks.make(state));
    expect(most).toBeLessThan(PIECE_UNITS + WHOLE_UNITS);
    const word = result.findIndex((bits) => bits !== 0);
    const id = 32 * word + 31 - Math.clz32(result[word]! & -result[word]!);
    state = grammar.advance(state, DEMO.bytes.subarray(DEMO.offsets[id], DEMO.offsets[id + 1]));
  }
});
