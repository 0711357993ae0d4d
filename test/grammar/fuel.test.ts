/** How the work of a grammar grows with its input, counted in units and not in time. */
import { describe, expect, test } from "vitest";
import { FORMS, type Form } from "../../proof/grammars/forms.ts";
import { Problem } from "../../src/errors.ts";
import { Effort } from "../../src/grammar/effort.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { DEMO } from "./texts.ts";

interface Cost {
  readonly units: number;
  /** of the largest piece */
  readonly piece: number;
  readonly outcome: Grammar | string;
}

function costOf({ kind, value }: Form, work_max = DEFAULT_GRAMMAR_LIMITS.work_max): Cost {
  const effort = new Effort();
  const source = { kind, value, whitespace: "any", property_order: "schema" } as const;
  const pieces = compileGrammar(source, { ...DEFAULT_GRAMMAR_LIMITS, work_max }, effort);
  let piece = 0;
  try {
    for (;;) {
      const before = effort.units;
      const next = pieces.next();
      piece = Math.max(piece, effort.units - before);
      if (next.done === true) return { units: effort.units, piece, outcome: next.value };
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { units: effort.units, piece, outcome: `${error.code} ${error.pointer}: ${error.message}` };
  }
}

/** The part of a cost that does not grow with the input. */
const CONSTANT = 16_000;
/** About a millisecond: one list of alternatives cannot be interrupted. */
const PIECE_MAX = 131_072;
/** The same where a list has thousands of branches, which cost some 10 ns a unit. */
const LIST_PIECE_MAX = 262_144;

const SIZES: Readonly<Record<string, number>> = {
  "oneOf of nested objects": 2,
  "oneOf over ninefold references": 2,
  "uniqueItems over a const": 5000,
  "enum beside another enum": 1500,
  "properties of Unicode in a description": 5000,
  "properties of Unicode that there are not": 250,
  "many items, one after the other": 128,
  "rules that call the next": 250,
  "a long literal again and again": 200,
  "lookaheads in a row": 16,
  "lookaheads one after another": 16,
  "lookaheads that nest": 16,
  "lookaheads before each character": 16,
  "a long lookahead": 100,
};

describe("twice the size takes no more than 2.5 times the work", () => {
  test.each(Object.entries(FORMS))("%s", (name, form) => {
    const n = SIZES[name] ?? 25;
    const [one, two, four] = [n, 2 * n, 4 * n].map((size) => costOf(form(size)));
    expect(two!.units).toBeLessThan(2.5 * one!.units + CONSTANT);
    expect(four!.units).toBeLessThan(2.5 * two!.units + CONSTANT);
    for (const { piece } of [one!, two!, four!]) expect(piece).toBeLessThan(PIECE_MAX);
  });
});

test("100 properties that two branches share take a part of the 50 ms they may", () => {
  const { units, outcome } = costOf(FORMS["anyOf of objects that share properties"]!(100));
  expect(outcome).not.toBeTypeOf("string");
  expect(units).toBeLessThan(800_000);
});

test("the account is named with its number when it is spent, and not before", () => {
  const form = FORMS["many items, one after the other"]!(256);
  const { units } = costOf(form);
  expect(costOf(form, units).outcome).not.toBeTypeOf("string");
  const below = Math.floor(units / 2);
  const refused = costOf(form, below);
  expect(refused.outcome).toContain("grammar_too_large /json_schema");
  expect(refused.outcome).toContain(`at most ${below} units of work (grammar_work_max)`);
  expect(refused.units).toBeLessThan(below + PIECE_MAX);
});

describe("following a text", () => {
  /** a and b, by turns */
  const ids = Array.from({ length: 2000 }, (_, i) => 65 + (i % 2));

  test.each(["(.{0,300}){0,300}x", "[ab]*a[ab]{4000}", "(?:[ab]a?){5000}c"])(
    "by %s spends from an account, and pauses",
    (value) => {
      const { outcome } = costOf({ kind: "regex", value });
      const grammar = outcome as Grammar; // it compiles
      const matcher = new Matcher(grammar, DEMO, { after: undefined, end_ids: [] });
      const { effort } = grammar.automaton.nodes;
      const began = effort.units;
      let piece = 0;
      let message = "";
      try {
        const pieces = matcher.follow(ids, 0);
        for (let before = effort.units; pieces.next().done !== true; before = effort.units)
          piece = Math.max(piece, effort.units - before);
      } catch (error) {
        message = (error as Problem).message;
      }
      expect(effort.units - began).toBeLessThan(DEFAULT_GRAMMAR_LIMITS.work_max + LIST_PIECE_MAX);
      expect(piece).toBeLessThan(LIST_PIECE_MAX);
      if (message !== "") expect(message).toMatch(/grammar_work_max|cannot come there|grammar_nodes_max/);
    },
  );
});
