/** Grammars share the results for heads: the cache has a limit, and so has the search in it. */
import { describe, expect, test } from "vitest";
import { NOT_SHARED, SharedHeads } from "../../src/grammar/shared-heads.ts";
import type { Tokens } from "../../src/vocabulary/tokens.ts";
import { grammarOf } from "./texts.ts";

const TOKENS = {} as Tokens; // a key of the store, and nothing else
const HEAD = { mask: new Uint32Array(100), crossings: [] };

/** The structure of a whole regular expression. */
function structureOf(heads: SharedHeads, pattern: string): number {
  const { automaton, start } = grammarOf("regex", pattern);
  return heads.structureOf(automaton.nodes, start, heads.newStructures());
}

test("one expression is one structure, in whichever grammar it stands", () => {
  const heads = new SharedHeads(1e6);
  const one = structureOf(heads, "(ab|cd)*e");
  expect(structureOf(heads, "(ab|cd)*e")).toBe(one);
  expect(structureOf(heads, "(ab|ce)*e")).not.toBe(one);
});

describe("bytes", () => {
  const heads = new SharedHeads(Number.POSITIVE_INFINITY);
  heads.keep(TOKENS, structureOf(heads, "[a-z]+"), HEAD);
  const { bytes } = heads;

  test("a mask and the text of a structure are charged", () => {
    expect(bytes).toBeGreaterThan(HEAD.mask.byteLength + 160);
  });

  test.each([
    ["below", bytes + 1, true],
    ["at", bytes, true],
    ["above", bytes - 1, false],
  ])("%s the limit", (_, limit, is_kept) => {
    const bounded = new SharedHeads(limit);
    const id = structureOf(bounded, "[a-z]+");
    bounded.keep(TOKENS, id, HEAD);
    expect(structureOf(bounded, "[a-z]+")).toBe(id);
    expect(bounded.get(TOKENS, id) !== undefined).toBe(is_kept);
    if (!is_kept) expect(bounded.bytes).toBeLessThan(bytes - HEAD.mask.byteLength);
  });

  test("the text of a structure counts with its length", () => {
    const wide = (n: number) => Array.from({ length: n }, (_, i) => `${i}a{${i + 2}}`).join("|");
    const grown = [20, 40, 80].map((n) => {
      const each = new SharedHeads(1e9);
      structureOf(each, wide(n));
      return each.bytes;
    });
    expect(grown[1]! / grown[0]!).toBeLessThan(3);
    expect(grown[2]! / grown[1]!).toBeLessThan(3);
  });
});

/** Alternatives without a common beginning, so that the expression has at least this number of parts. */
const alternatives = (n: number) => Array.from({ length: n }, (_, i) => `(${i}x)*`).join("|");

test.each([
  [60, true],
  [900, false],
])(
  "of %i alternatives: at most 512 parts are looked at, and a structure of more is not shared",
  (n, is_shared) => {
    const heads = new SharedHeads(1e9);
    const { automaton, start } = grammarOf("regex", alternatives(n));
    const { effort } = automaton.nodes;
    const units = effort.units;
    const id = heads.structureOf(automaton.nodes, start, heads.newStructures());
    expect(id !== NOT_SHARED).toBe(is_shared);
    expect(effort.units - units).toBeLessThanOrEqual(512);
  },
);
