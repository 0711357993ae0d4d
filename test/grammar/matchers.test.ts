/** How a grammar holds over a text: which tokens end it, and what is found out once for all steps. */
import { describe, expect, test } from "vitest";
import { Grammars } from "../../src/grammar/grammars.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
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

  test("any number of tokens may end a text", () => {
    const end_ids = Array.from({ length: 300_000 }, (_, i) => i + DEMO.size);
    const grammar = grammarOf("regex", "a*");
    const mask = new Matcher(grammar, DEMO, { after: undefined, end_ids }).maskOf(grammar.start);
    expect(mask.length).toBe((300_000 + DEMO.size) / 32);
    expect(mask.at(-1)).toBe(0xffff_ffff);
  });
});
