/** The memory of an automaton's transitions: a state gets a row for all classes only when two of them are needed. */
import { describe, expect, it } from "vitest";
import { compiled, type Grammar } from "../../src/grammar/grammar.ts";
import { NEVER } from "../../src/grammar/nodes.ts";

const HOW = { whitespace: "compact", property_order: "schema" } as const;
const UTF8 = new TextEncoder();

const grammarOf = (value: unknown): Grammar => compiled({ kind: "json_schema", value, ...HOW });

function namesOf(count: number, length: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${String(i).padStart(4, "0")}${"n".repeat(length)}`);
}

/** Optional properties, so that each state is a choice among all remaining ones. */
function optional(names: readonly string[]): Grammar {
  return grammarOf({
    properties: Object.fromEntries(names.map((name) => [name, { type: "boolean" }])),
    type: "object",
    additionalProperties: false,
  });
}

function textOf(names: readonly string[]): Uint8Array {
  return UTF8.encode(JSON.stringify(Object.fromEntries(names.map((name) => [name, true]))));
}

describe("the bytes of transitions", () => {
  it("are none for single bytes, one after another", () => {
    const value = "x".repeat(8000);
    const grammar = grammarOf({ const: value });
    const before = grammar.automaton.bytes;
    expect(grammar.advance(grammar.start, UTF8.encode(JSON.stringify(value)))).not.toBe(NEVER);
    expect(grammar.automaton.bytes).toBe(before);
  });

  it.each([50, 100, 200])("are few for each state along %d names", (count) => {
    const names = namesOf(count, 40);
    const grammar = optional(names);
    const before = grammar.automaton.nodes.count;
    expect(grammar.advance(grammar.start, textOf(names))).not.toBe(NEVER);
    const states = grammar.automaton.nodes.count - before;
    expect(states).toBeGreaterThan(40 * count);
    // A row has 4 bytes for each class, and there are more than 50 classes.
    expect(grammar.automaton.bytes / states).toBeLessThan(4 * 50);
  });

  it("are given back when states are forgotten", () => {
    const names = namesOf(100, 40);
    const grammar = optional(names);
    grammar.automaton.forget();
    const before = grammar.automaton.bytes;
    grammar.advance(grammar.start, textOf(names));
    expect(grammar.automaton.bytes).toBeGreaterThan(2 * before);
    grammar.automaton.forget();
    expect(grammar.automaton.bytes).toBe(before);
  });
});

describe("a transition", () => {
  it("is the same when it is asked for again, alone and among others", () => {
    const names = namesOf(20, 3);
    const grammar = optional(names);
    const { automaton } = grammar;
    let state = grammar.start;
    for (const byte of textOf(names)) {
      const alone = automaton.step(state, byte);
      const all = Array.from({ length: 256 }, (_, other) => automaton.step(state, other));
      expect(all[byte]).toBe(alone);
      expect(Array.from({ length: 256 }, (_, other) => automaton.step(state, other))).toEqual(all);
      state = alone;
    }
    expect(automaton.nullable(state)).toBe(true);
  });
});
