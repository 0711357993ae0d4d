/** A grammar over a text: the tokens that end it, and the results that are computed once for all steps. */
import { describe, expect, test } from "vitest";
import { DEFAULT_GRAMMARS_LIMITS, Grammars } from "../../src/grammar/grammars.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { bytesOf } from "../../src/vocabulary/vocabulary.ts";
import { DEMO, grammarOf } from "./texts.ts";

describe("matchers", () => {
  const source = { kind: "regex", value: "a+", whitespace: "compact", property_order: "schema" } as const;
  const none = { after: undefined, end_ids: undefined };

  test("the options of a sequence are told apart once, not at every step", () => {
    const grammars = new Grammars();
    for (const _ of grammars.compile(source));
    let written = 0;
    const end_ids = Object.assign([0], { toJSON: () => ++written });
    const options = { after: undefined, end_ids };
    const matcher = grammars.ready(source, DEMO, options);
    expect(grammars.ready(source, DEMO, options)).toBe(matcher);
    expect(written).toBe(1);
    expect(grammars.ready(source, DEMO, none)).not.toBe(matcher);
    expect(grammars.ready(source, DEMO, { ...none })).toBe(grammars.ready(source, DEMO, none));
  });

  test("a grammar is compiled once, however often it is asked for", () => {
    const grammars = new Grammars();
    for (let time = 0; time < 3; time++) for (const _ of grammars.compile(source));
    expect(grammars.figures).toMatchObject({ count: 1, jobs: 1 });
  });

  describe("what is kept compiled", () => {
    const other = { ...source, value: "b+" };
    const last = { ...source, value: "c+" };
    const idOf = (letter: string) =>
      Array.from({ length: DEMO.size }, (_, id) => id).find(
        (id) => Buffer.from(bytesOf(DEMO, id)).toString() === letter,
      ) ?? -1;
    /** Bytes of the first two, including the masks of their beginnings. */
    function kept(kept_bytes_max: number): Grammars {
      const grammars = new Grammars({ ...DEFAULT_GRAMMARS_LIMITS, kept_bytes_max });
      for (const each of [source, other]) {
        for (const _ of grammars.compile(each));
        const matcher = grammars.ready(each, DEMO, none);
        matcher?.maskOf(matcher.grammar.start);
      }
      return grammars;
    }
    const both = kept(Number.POSITIVE_INFINITY).figures.bytes;

    test.each([
      ["below the limit", both + 1, 2],
      ["at the limit", both, 2],
      ["above it, where the one used last is left", both - 1, 1],
    ])("%s", (_, limit, count) => {
      const grammars = kept(limit);
      // The masks have been computed since.
      expect(grammars.figures).toMatchObject({ count: 2, bytes: both });
      expect(grammars.ready(other, DEMO, none)).toBeDefined();
      expect(grammars.figures.count).toBe(count);
      expect(grammars.ready(source, DEMO, none) === undefined).toBe(count === 1);
    });

    test("masks, sequences and lists of tokens count as they grow", () => {
      const grammars = kept(both);
      for (const _ of grammars.compile(last));
      expect(grammars.ready(source, DEMO, none)).toBeUndefined();
      const before = grammars.figures.bytes;
      const matcher = grammars.ready(last, DEMO, none);
      matcher?.stateBehind(new Array(100).fill(idOf("c")), 0);
      expect(grammars.figures.bytes).toBeGreaterThan(before + 800);
    });
  });

  test("any number of tokens may end a text", () => {
    const end_ids = Array.from({ length: 300_000 }, (_, i) => i + DEMO.size);
    const grammar = grammarOf("regex", "a*");
    const mask = new Matcher(grammar, DEMO, { after: undefined, end_ids }).maskOf(grammar.start);
    expect(mask.length).toBe((300_000 + DEMO.size) / 32);
    expect(mask.at(-1)).toBe(0xffff_ffff);
  });
});
