/** Special tokens in grammars: they are allowed only where the grammar names them. */
import { describe, expect, test } from "vitest";
import { idsOf } from "../../proof/grammar/walk.ts";
import { Problem } from "../../src/errors.ts";
import { compiled } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { EMPTY, NEVER } from "../../src/grammar/nodes.ts";
import type { GrammarSource } from "../../src/grammar/source.ts";
import { withTokens } from "../../src/grammar/special-tokens.ts";
import { createVocabulary } from "../../src/vocabulary/vocabulary.ts";

/** Ids 0 to 255 are bytes. */
const SPECIAL = new Map([
  [256, "<end>"],
  [257, "<think>"],
  [258, "</think>"],
  [300, "<|tool|>"],
]);
const VOCABULARY = createVocabulary("bytes", {
  tokens: Array.from({ length: 301 }, (_, id) => (id < 256 ? Uint8Array.of(id) : undefined)),
  special: SPECIAL,
  end_ids: [256],
});

function matcherOf(value: string, kind = "gbnf"): Matcher {
  const source: GrammarSource = { kind, value, whitespace: "any", property_order: "schema" };
  return new Matcher(compiled(withTokens(source, VOCABULARY)), VOCABULARY, {
    after: undefined,
    end_ids: undefined,
  });
}

/** The ids that may come after others. */
function allowedBehind(matcher: Matcher, ids: readonly number[]): number[] {
  let state = matcher.grammar.start;
  for (const id of ids) state = matcher.advance(state, id);
  return state === NEVER ? [] : idsOf(matcher.maskOf(state));
}

const a = "a".charCodeAt(0);

describe("special tokens", () => {
  test.each([
    ["by name", 'root ::= <think> "a"* </think> "b"'],
    ["by id", 'root ::= <[257]> "a"* <[258]> "b"'],
  ])("come where they are named, %s", (_, gbnf) => {
    const matcher = matcherOf(gbnf);
    expect(allowedBehind(matcher, [])).toEqual([257]);
    expect(allowedBehind(matcher, [257])).toEqual([a, 258]);
    expect(allowedBehind(matcher, [257, a, 258])).toEqual([a + 1]);
    expect(allowedBehind(matcher, [257, 258, a + 1])).toEqual([256]);
  });

  test("stand in rules of Lark, and what is ignored between them", () => {
    const matcher = matcherOf('start: <think> "a"* </think> "b"\n%ignore " "', "lark");
    expect(allowedBehind(matcher, [])).toEqual([257]);
    expect(allowedBehind(matcher, [257])).toEqual([32, a, 258]);
    expect(allowedBehind(matcher, [257, a, 258])).toEqual([32, a + 1]);
  });

  test("are lists and ranges of ids", () => {
    expect(allowedBehind(matcherOf("root ::= <[257-258,300]>"), [])).toEqual([257, 258, 300]);
  });

  test("may end a text inside a grammar that goes on behind them, and end it where it is complete", () => {
    const matcher = matcherOf('root ::= "a" (<end> "a")*');
    expect(allowedBehind(matcher, [a])).toEqual([256]);
    expect(allowedBehind(matcher, [a, 256])).toEqual([a]);
    const other = matcherOf('root ::= "a" (<think> "a")*');
    expect(allowedBehind(other, [a])).toEqual([256, 257]);
    expect(other.advance(other.advance(other.grammar.start, a), 256)).toBe(EMPTY);
  });

  test("do not come in text, whatever text may come", () => {
    expect(allowedBehind(matcherOf("root ::= .*"), [a])).not.toContain(257);
    expect(allowedBehind(matcherOf("root ::= [^a]+"), [])).not.toContain(300);
  });

  test("a token with text is refused by id", () => {
    expect(() => matcherOf("root ::= <[97]>")).toThrow(Problem);
    expect(() => matcherOf("root ::= <[97]>")).toThrow(
      /may name special tokens of vocabulary "bytes", got <\[97\]>/,
    );
    expect(() => matcherOf("root ::= <[299]>")).toThrow(Problem);
  });

  test("a name that the vocabulary does not have is refused", () => {
    expect(() => matcherOf("root ::= <thinks>")).toThrow(/the vocabulary has no special token "<thinks>"/);
  });
});
