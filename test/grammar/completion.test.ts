/** Texts that end in time: the shortest text of each state, and the tokens from which an end is still reachable. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Completion, fewestTokens } from "../../src/grammar/completion.ts";
import { NEVER } from "../../src/grammar/nodes.ts";
import { allAtOnce } from "../../src/pieces.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { openStream } from "../../src/sampling/stream.ts";
import { vocabulariesOf } from "../../src/vocabulary/vocabularies.ts";
import { problemOf, randomRow } from "../sampling/sample.ts";
import { DEMO, grammarOf, takes } from "./texts.ts";

const UTF8 = new TextEncoder();

function shortest(kind: string, value: unknown, begun = ""): string | undefined {
  const grammar = grammarOf(kind, value);
  const completion = new Completion(grammar.automaton);
  allAtOnce(completion.prepare());
  const text = completion.textOf(grammar.advance(grammar.start, UTF8.encode(begun)));
  return text && new TextDecoder().decode(text);
}

const TREE = {
  $ref: "#/$defs/node",
  $defs: {
    node: {
      type: "object",
      properties: {
        name: { enum: ["long name", "n"] },
        below: { type: "array", items: { $ref: "#/$defs/node" } },
      },
      required: ["name", "below"],
      additionalProperties: false,
    },
  },
};

describe("the shortest text", () => {
  test.each<[string, unknown, string, string]>([
    ["regex", "a{3}b*", "", "aaa"],
    ["regex", "(xyz|ba|ab)c?", "", "ab"],
    ["regex", "[b-d]?e", "", "e"],
    ["choice", ["yes", "no", "on"], "", "no"],
    ["choice", ["yes", "no", "on"], "y", "es"],
    ["json_schema", { type: "string", minLength: 2 }, "", '"  "'],
    ["json_schema", { type: "string", pattern: "^a+b$", minLength: 4 }, "", '"aaab"'],
    ["json_schema", TREE, "", '{"name":"n","below":[]}'],
    ["json_schema", TREE, '{"name":"long name","below":[{"name":"n","below":[', "]}]}"],
    ["gbnf", 'root ::= "(" root ")" | "x"', "((", "x))"],
  ])("of %s %j behind %j is %j", (kind, value, begun, expected) => {
    expect(shortest(kind, value, begun)).toBe(expected);
  });

  test("a text that is longer than is looked at is none", () => {
    expect(shortest("regex", "a{4096}")).toHaveLength(4096);
    expect(shortest("regex", "a{4097}")).toBeUndefined();
  });

  test("behind its own beginning is what is left of it", () => {
    const grammar = grammarOf("json_schema", TREE);
    const completion = new Completion(grammar.automaton);
    allAtOnce(completion.prepare());
    const whole = completion.textOf(grammar.start)!;
    for (let i = 0; i <= whole.length; i++) {
      const behind = grammar.advance(grammar.start, whole.subarray(0, i));
      expect(behind).not.toBe(NEVER);
      expect(completion.textOf(behind)).toEqual(whole.slice(i));
    }
  });

  test("is among all short texts the first that is taken", () => {
    const letter = fc.constantFrom("a", "b", "c", "[ab]", "(ab|c)", "a?", "b*", "(a|bb)+", "c{2}");
    fc.assert(
      fc.property(fc.array(letter, { minLength: 1, maxLength: 4 }), (parts) => {
        const regex = parts.join("");
        const grammar = grammarOf("regex", regex);
        const all = textsOf("abc", 8).find((text) => takes(grammar, text) === "whole");
        expect(shortest("regex", regex)).toBe(all);
      }),
      { numRuns: 60 },
    );
  });
});

/** All texts of these letters, the shorter ones first. */
function textsOf(letters: string, length_max: number): string[] {
  let last = [""];
  const all = [...last];
  for (let length = 1; length <= length_max; length++) {
    last = last.flatMap((text) => [...letters].map((letter) => text + letter));
    all.push(...last);
  }
  return all;
}

test("a text is spelt by as few tokens as there are", () => {
  expect(fewestTokens(DEMO, UTF8.encode(""))).toBe(0);
  expect(fewestTokens(DEMO, UTF8.encode("a"))).toBe(1);
  const fewest = fewestTokens(DEMO, UTF8.encode("the sea"));
  expect(fewest).toBeGreaterThan(0);
  expect(fewest).toBeLessThan(4);
});

describe("complete_within", () => {
  const V = DEMO.size;
  const sampler = createSampler({ vocab_size_max: V, rows_max: 1 }, undefined, {
    vocabularies: vocabulariesOf([DEMO]),
  });
  const row = sampler.leaseRow()!;
  const needed = () => {
    const grammar = grammarOf("json_schema", TREE);
    const completion = new Completion(grammar.automaton);
    allAtOnce(completion.prepare());
    return fewestTokens(DEMO, completion.textOf(grammar.start)!);
  };

  function written(complete_within: number, seed: number): { text: string; tokens: number } {
    const grammar = { json_schema: TREE, whitespace: "compact", complete_within };
    const stream = openStream(sampler, { vocabulary: "demo", grammar, seed, temperature: 1.5 });
    let text = "";
    for (let step = 0; step < complete_within; step++) {
      row.load(randomRow(V, 100 * seed + step, true));
      row.finish(V);
      const { text: own, token_id, finish_reason } = stream.next(row);
      text += DEMO.end_ids.includes(token_id) ? "" : own;
      if (finish_reason === "grammar") return { text, tokens: step };
    }
    return { text, tokens: complete_within };
  }

  test("texts are complete within their tokens, whatever the rows are", () => {
    const least = needed();
    for (const within of [least, least + 1, least + 3, 2 * least, 3 * least])
      for (let seed = 1; seed <= 8; seed++) {
        const { text } = written(within, seed);
        expect(() => JSON.parse(text), `${within} ${seed} ${text}`).not.toThrow();
      }
  });

  test("without it most are cut off", () => {
    const grammar = { json_schema: TREE, whitespace: "compact" };
    const stream = openStream(sampler, { vocabulary: "demo", grammar, seed: 3, temperature: 1.5 });
    let text = "";
    for (let step = 0; step < 2 * needed(); step++) {
      row.load(randomRow(V, 300 + step, true));
      row.finish(V);
      text += stream.next(row).text;
    }
    expect(() => JSON.parse(text)).toThrow();
  });

  test("fewer tokens than the shortest text has are refused in a sentence", () => {
    const least = needed();
    expect(problemOf(() => written(least - 1, 1))).toMatchObject({
      code: "grammar_out_of_reach",
      pointer: "/grammar/complete_within",
      message: `the text must be complete within complete_within tokens: it needs ${least} more, and ${least - 1} are left`,
    });
  });
});
