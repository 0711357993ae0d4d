/**
 * Lookaheads in regular expressions. The oracle is the runtime's own RegExp, which reads each seeded expression itself
 * and judges every short text.
 */
import { describe, expect, test } from "vitest";
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import { Problem } from "../../src/errors.ts";
import type { Grammar } from "../../src/grammar/grammar.ts";
import { NEVER } from "../../src/grammar/nodes.ts";
import { completion } from "../reference/grammar/completion.ts";
import { grammarOf, refusal, takes } from "./texts.ts";

const LETTERS = ["a", "b", "é"] as const;
const TEXTS_LENGTH_MAX = 5;
/** Every text of at most 5 of the letters. */
const TEXTS = textsUpTo(TEXTS_LENGTH_MAX);
const EXPRESSIONS = 300;

function textsUpTo(length: number): string[] {
  const texts = [""];
  for (let from = 0; length > 0; length--) {
    const last = texts.slice(from);
    from = texts.length;
    for (const text of last) texts.push(...LETTERS.map((letter) => text + letter));
  }
  return texts;
}

const ATOMS = ["a", "b", "é", ".", "[^a]", "[aé]"] as const;
const COUNTS = ["", "", "", "*", "+", "?", "{2}"] as const;

function sequence(random: Seeded, depth: number): string {
  return Array.from({ length: random.below(4) }, () => part(random, depth)).join("");
}

function part(random: Seeded, depth: number): string {
  const kind = depth > 2 ? 9 : random.below(10);
  if (kind < 2) return `(?${random.pick(["=", "!"])}${choice(random, depth + 1)})`;
  if (kind === 2) return `(?:${choice(random, depth + 1)})${random.pick(["", "", "?"])}`;
  if (kind === 3) return `(?:${plain(random)})${random.pick(COUNTS)}`;
  return random.pick(ATOMS) + random.pick(COUNTS);
}

/** Without lookaheads. */
function plain(random: Seeded): string {
  return Array.from({ length: 1 + random.below(2) }, () => random.pick(ATOMS) + random.pick(COUNTS)).join("");
}

function choice(random: Seeded, depth: number): string {
  const branches = Array.from({ length: 1 + random.below(2) }, () => sequence(random, depth));
  return `${random.oneIn(5) && depth < 2 ? "^" : ""}${branches.join("|")}${random.oneIn(3) ? "$" : ""}`;
}

function expression(random: Seeded): string {
  if (!random.oneIn(5)) return `${random.pick(["^", "^", ""])}${choice(random, 0)}`;
  const looks = Array.from(
    { length: 1 + random.below(2) },
    () => `(?${random.pick(["=", "!"])}${plain(random)})`,
  );
  return `^${plain(random)}(${looks.join("")}${random.pick(ATOMS)})${random.pick(["*", "+", "{1,3}"])}$`;
}

/** The grammar, or why it is refused. */
function outcomeOf(kind: string, value: unknown): Grammar | Problem {
  try {
    return grammarOf(kind, value);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** Texts that the expression and RegExp judge differently, and those that begin nothing although they are taken. */
function differences(grammar: Grammar | Problem, regex: RegExp, written: (text: string) => string): string[] {
  return TEXTS.filter((text) => {
    const whole = !(grammar instanceof Problem) && takes(grammar, written(text)) === "whole";
    return whole !== regex.test(text);
  });
}

describe.each([
  [
    "regex",
    (source: string) => source,
    (source: string) => new RegExp(`^(?:${source})$`, "u"),
    (text: string) => text,
  ],
  [
    "json_schema",
    (source: string) => ({ type: "string", pattern: source }),
    (source: string) => new RegExp(source, "u"),
    (text: string) => JSON.stringify(text),
  ],
] as const)("%s", (kind, grammarFrom, regexOf, written) => {
  test(`${EXPRESSIONS} seeded expressions judge ${TEXTS.length} texts as RegExp does`, () => {
    let compiled = 0;
    for (let i = 0; i < EXPRESSIONS; i++) {
      const source = expression(seeded(26, i));
      const outcome = outcomeOf(kind, grammarFrom(source));
      if (outcome instanceof Problem && outcome.code !== "grammar_invalid") continue; // named as not supported
      compiled++;
      expect(differences(outcome, regexOf(source), written), source).toEqual([]);
    }
    expect(compiled).toBeGreaterThan(EXPRESSIONS * 0.8);
  });

  test("every state has a text that completes it", () => {
    for (let i = 0; i < EXPRESSIONS; i++) {
      const source = expression(seeded(27, i));
      const grammar = outcomeOf(kind, grammarFrom(source));
      if (grammar instanceof Problem) continue;
      for (const text of TEXTS.slice(0, 40)) {
        const before = written(text).replace(/"$/, "");
        const state = grammar.advance(grammar.start, Buffer.from(before));
        if (state === NEVER) continue;
        const rest = completion(grammar, state);
        if (rest === undefined) throw new Error(`${source}: ${before} has no completion`);
        const whole = before + Buffer.from(rest).toString();
        expect(
          regexOf(source).test(kind === "regex" ? whole : JSON.parse(whole)),
          `${source}: ${whole}`,
        ).toBe(true);
      }
    }
  });
});

describe("refusals", () => {
  const REPEATED =
    "in a repeated group, lookaheads may stand before its one character, where nothing follows";
  const INSIDE = "^ and $ may stand where a branch begins and ends";
  test.each([
    ["(?=a)*b", "grammar_invalid /regex: a regular expression cannot hold a lookahead that is repeated"],
    ["(?<!a)b", "grammar_unsupported /regex: regular expressions here have no lookbehind (?<!…)"],
    ["(?:(?!a).)*b", `grammar_unsupported /regex: ${REPEATED}`],
    ["(?:(?!a)bc)*", `grammar_unsupported /regex: ${REPEATED}`],
    ["(?:.(?!a))*", `grammar_unsupported /regex: ${REPEATED}`],
    ["b(?!^a)", `grammar_unsupported /regex: ${INSIDE}`],
    ["(?!a$b)c", `grammar_unsupported /regex: ${INSIDE}`],
    ["(?!a", "grammar_invalid /regex: a regular expression cannot hold a ( without a )"],
    ["(?!a)a", "grammar_invalid /regex: the grammar admits no text at all"],
  ])("%s", (source, sentence) => {
    expect(refusal("regex", source)).toContain(sentence);
  });

  test("a lexeme of Lark has none: it would see what follows the lexeme", () => {
    expect(refusal("lark", "start: /(?!a)b/")).toContain("regular expressions here have no lookahead (?!…)");
  });

  test("an expression may have 64", () => {
    expect(refusal("regex", `${"(?!a)".repeat(63)}b`)).toBe("taken");
    expect(refusal("regex", `${"(?!a)".repeat(64)}b`)).toBe("taken");
    expect(refusal("regex", `${"(?!a)".repeat(65)}b`)).toContain(
      "grammar_too_large /regex: a regular expression may have at most 64 lookaheads",
    );
  });

  test("groups with lookaheads may make 256 branches", () => {
    const seven = "(?:(?!a)b)?".repeat(7);
    expect(refusal("regex", `${seven}`)).toBe("taken");
    expect(refusal("regex", `${seven}(?:(?!a)b)?`)).toBe("taken");
    expect(refusal("regex", `${seven}(?:(?!a)b|c|d)`)).toContain(
      "grammar_too_large /regex: anchors and lookaheads in groups may make at most 256 branches",
    );
  });
});

test("names of properties may be told by a lookahead", () => {
  const grammar = grammarOf("json_schema", {
    type: "object",
    patternProperties: { "^(?!x-)": { type: "integer" } },
    additionalProperties: { type: "string" },
  });
  expect(takes(grammar, '{"a":1}')).toBe("whole");
  expect(takes(grammar, '{"a":"')).toBe("no");
  expect(takes(grammar, '{"x-a":"1"}')).toBe("whole");
  expect(takes(grammar, '{"x-a":1')).toBe("no");
});
