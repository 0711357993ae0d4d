/** Short ways of grammars: what was found out is not found out again, which masks do not tell. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { Automaton } from "../../src/grammar/automaton.ts";
import { Grammar } from "../../src/grammar/grammar.ts";
import { Grammars } from "../../src/grammar/grammars.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import type { GrammarSource } from "../../src/grammar/source.ts";
import { bytesOf } from "../../src/vocabulary/vocabulary.ts";
import { DEMO, grammarOf } from "./texts.ts";

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

/** The masks of a grammar behind some texts, one after the other: what each takes. */
function taken(grammar: Grammar, texts: readonly string[]): number[] {
  const matcher = new Matcher(grammar, DEMO, ANY);
  return texts.map((text) => {
    const state = grammar.advance(grammar.start, UTF8.encode(text));
    return transitions(() => matcher.masks.of(state));
  });
}

describe("masks", () => {
  test("of a state that was met are there, whoever asks for them", () => {
    const grammar = grammarOf("regex", "[a-z ]+");
    const { masks } = new Matcher(grammar, DEMO, ANY);
    const { start } = grammar;
    expect(transitions(() => masks.of(start))).toBeGreaterThan(500);
    const mask = masks.of(start);
    expect(masks.of(start)).toBe(mask);
    expect(masks.make(start).next()).toEqual({ done: true, value: mask });
  });

  test("of what is matched above one stack are found for all of them", () => {
    const nested = grammarOf("gbnf", 'root ::= "(" root ")" | "<" root ">" | [a-z ]{1,90}');
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
