/** Structural tags: free text, tags after triggers, and free text again. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../../evidence/seeded.ts";
import { compiled } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { NEVER } from "../../src/grammar/nodes.ts";
import { withTokens } from "../../src/grammar/special-tokens.ts";
import { hiddenAmong, searchFor } from "../../src/grammar/triggers.ts";
import { isWaiting } from "../../src/grammar/waiting.ts";
import { tokenNamed } from "../../src/vocabulary/lookup.ts";
import { bytesOf, createVocabulary } from "../../src/vocabulary/vocabulary.ts";
import { problemOf } from "../sampling/sample.ts";
import { allowedBehind, DEMO, takes } from "./texts.ts";

const HOW = { whitespace: "compact", property_order: "schema" } as const;
type Options = { triggers?: string[]; at_least_one?: boolean; stop_after_first?: boolean };
const tags = (value: unknown, options: Options = {}) => compiled({ kind: "tags", value, ...HOW, ...options });

/** The tokens for a part of a text. No text contains byte FF, so special tokens are spelled with it. */
const withText = Array.from({ length: DEMO.size }, (_, id) => id).filter((id) => {
  const [first] = bytesOf(DEMO, id);
  return first !== undefined && first !== 0xff;
});

const NUMBER = { json_schema: { type: "integer", minimum: 0, maximum: 99 } };
const CALLS = [
  { begin: "<fn=a>", content: NUMBER, end: "</fn>" },
  { begin: "<fn=b>", content: { choice: ["x", "y"] }, end: "</fn>" },
];

describe("free text, calls, and free text again", () => {
  const grammar = tags(CALLS, { triggers: ["<fn="] });

  test.each([
    ["", "whole"],
    ["Call me Ishmael.", "whole"],
    ["a < b, <f and <fn", "whole"],
    ["<fn", "whole"],
    ["<fn=", "begun"],
    ["see <fn=a>7</fn>", "whole"],
    ["see <fn=a>7", "begun"],
    ["<fn=b>y</fn> and <fn=a>12</fn>.", "whole"],
    ["<<fn=b>y</fn>", "whole"],
    ["<f<fn=b>x</fn>", "whole"],
    ["<fn=c>", "no"],
    ["<fn=a>x", "no"],
    ["<fn=a>100", "no"],
    ["<fn=b>x</fn><fn=b>z", "no"],
    ["\u00e9\u{1f40b}<fn=b>x</fn>\u00e9", "whole"],
  ])("%j is %s", (text, expected) => {
    expect(takes(grammar, text)).toBe(expected);
  });
});

test("without triggers each begin is one", () => {
  const grammar = tags(CALLS);
  expect(takes(grammar, "<fn=c>")).toBe("whole");
  expect(takes(grammar, "<fn=a>5</fn>")).toBe("whole");
  expect(takes(grammar, "<fn=a>x")).toBe("no");
});

test("at_least_one begins with a tag", () => {
  const grammar = tags(CALLS, { triggers: ["<fn="], at_least_one: true });
  expect(takes(grammar, "")).toBe("begun");
  expect(takes(grammar, "a")).toBe("no");
  expect(takes(grammar, "<fn=b>x</fn> and more")).toBe("whole");
});

test("stop_after_first ends behind the first tag: reasoning, then a number", () => {
  const grammar = tags([{ begin: "</think>", content: NUMBER, end: "" }], { stop_after_first: true });
  expect(takes(grammar, "I think of 100, no: </think>42")).toBe("whole");
  expect(takes(grammar, "</think>42 or so")).toBe("no");
  expect(takes(grammar, "</think>")).toBe("begun");
});

test("any text up to the end of a tag", () => {
  const grammar = tags([{ begin: "<b>", content: { any_text: true }, end: "</b>" }], {
    stop_after_first: true,
  });
  expect(takes(grammar, "<b>1 < 2, </a></b>")).toBe("whole");
  expect(takes(grammar, "<b></b>")).toBe("whole");
  expect(takes(grammar, "<b>x")).toBe("begun");
  expect(takes(grammar, "<b>x</b>y")).toBe("no");
});

test("tokens that reach past the end of a tag into free text are allowed", () => {
  const grammar = tags([{ begin: "(", content: { choice: ["a"] }, end: "" }]);
  const behind = allowedBehind(grammar, "(");
  expect(behind).toContain("a");
  expect(behind).toContain("and");
  expect(behind).not.toContain("b");
});

describe("`after` is one tag that ends the text", () => {
  const content = { json_schema: { type: "array", items: { enum: ["call", "ca"] } } };
  const inner = compiled({ kind: "json_schema", value: content.json_schema, ...HOW });

  test.each(["c", "aca", "aab", "call", "\u{1f40b}"])("behind %j the same tokens may come", (text) => {
    const tag = tags([{ begin: text, content, end: "" }], { stop_after_first: true });
    const lazy = new Matcher(inner, DEMO, { after: { text }, end_ids: [] });
    const tagged = new Matcher(tag, DEMO, { after: undefined, end_ids: [] });
    const random = seeded(5, text.length);
    for (let run = 0; run < 12; run++) {
      let states = [lazy.stateBehind([], 0), tag.start] as const;
      for (let step = 0; step < 24; step++) {
        const pieces = [text, text.slice(0, 1), "ca", "aa", "[", '"', "call", "]", " "];
        const wanted = random.oneIn(3) ? undefined : tokenNamed(DEMO, random.pick(pieces));
        const token_id = wanted ?? random.below(DEMO.size);
        const next = [lazy.advance(states[0], token_id), tagged.advance(states[1], token_id)] as const;
        expect(next[0] === NEVER).toBe(next[1] === NEVER);
        if (next[0] === NEVER) continue;
        states = next;
        const holds = !isWaiting(states[0]);
        const banned = holds ? [] : lazy.bannedIn(states[0]);
        const mask = tagged.maskOf(states[1]);
        const is_same = holds
          ? lazy.maskOf(states[0]).every((word, i) => word === mask[i])
          : withText.every((id) => banned.includes(id) !== (((mask[id >>> 5]! >>> (id & 31)) & 1) === 1));
        expect(is_same, `${run} ${step}`).toBe(true);
      }
    }
  });
});

describe("what is refused", () => {
  const refusal = (value: unknown, options?: Options) => {
    const { code, pointer, message } = problemOf(() => tags(value, options));
    return `${code} ${pointer}: ${message}`;
  };
  test.each<[string, unknown, Options]>([
    [
      'grammar_invalid /tags/0/begin: the begin of a tag must begin with a trigger; "<fn=a>" begins with none',
      CALLS,
      { triggers: ["<x"] },
    ],
    [
      'grammar_invalid /tags: a trigger must begin the begin of a tag; "<x" begins none',
      CALLS,
      { triggers: ["<fn=", "<x"] },
    ],
    [
      'grammar_invalid /tags: a trigger must not contain another one, which is always complete first; "<fn=a" contains "<fn="',
      CALLS,
      { triggers: ["<fn=", "<fn=a"] },
    ],
  ])("%s", (sentence, value, options) => {
    expect(refusal(value, options)).toBe(sentence);
  });

  test("what the content of a tag does not say rightly, where it stands", () => {
    const value = [{ begin: "<a>", content: { json_schema: { type: "integr" } }, end: "" }];
    expect(refusal(value)).toContain("/tags/0/content/json_schema/type");
  });

  test.each([4096, 4097])("triggers of %i bytes", (bytes) => {
    const begin = "x".repeat(bytes);
    const run = () => tags([{ begin, content: NUMBER, end: "" }]);
    if (bytes === 4096) expect(run().start).toBeGreaterThan(0);
    else expect(problemOf(run).message).toBe("triggers may have at most 4096 bytes together, got 4097");
  });
});

const bytes = (text: string) => new TextEncoder().encode(text);

describe("the search for triggers", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 });
  test("it finds the trigger that is complete first, as looking at each place does", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(letters, { minLength: 1, maxLength: 4 }),
        fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 30 }),
        (triggers, text) => {
          fc.pre(hiddenAmong(triggers.map(bytes)) === undefined);
          const search = searchFor(triggers.map(bytes));
          let state = 0;
          let found: string | undefined;
          for (let i = 0; i < text.length && found === undefined; i++) {
            const step = search.step(state, text.charCodeAt(i));
            if ("trigger" in step) found = `${triggers[step.trigger]} ${i + 1}`;
            else state = step.state;
          }
          const ends = triggers.flatMap((trigger) => {
            const at = text.indexOf(trigger);
            return at < 0 ? [] : [{ trigger, end: at + trigger.length }];
          });
          const first = ends.sort((a, b) => a.end - b.end)[0];
          expect(found).toBe(first && `${first.trigger} ${first.end}`);
        },
      ),
    );
  });

  test("a trigger that stands twice, or in another one, is hidden", () => {
    expect(hiddenAmong(["a", "b", "a"].map(bytes))).toEqual({ trigger: 2, by: 0 });
    expect(hiddenAmong(["xay", "a"].map(bytes))).toEqual({ trigger: 0, by: 1 });
    expect(hiddenAmong(["ab", "ba"].map(bytes))).toBeUndefined();
  });
});

test("a special token of the vocabulary begins a tag, and free text takes the others", () => {
  const tokens = ["a", "b", "<", "7"].map((text) => new TextEncoder().encode(text));
  const special = new Map([
    [4, "<call>"],
    [5, "</call>"],
    [6, "<other>"],
    [7, "<end>"],
  ]);
  const vocabulary = createVocabulary("marked", { tokens: [...tokens, ...Array(4)], special, end_ids: [7] });
  const source = withTokens(
    { kind: "tags", value: [{ begin: "<call>", content: NUMBER, end: "</call>" }], ...HOW },
    vocabulary,
  );
  const matcher = new Matcher(compiled(source), vocabulary, { after: undefined, end_ids: undefined });
  const allowed = (...history: number[]) => {
    const mask = matcher.maskOf(matcher.stateBehind(history, 0));
    return Array.from({ length: 8 }, (_, id) => id).filter((id) => ((mask[0]! >>> id) & 1) === 1);
  };
  // free text: everything except the end of a tag that has not begun is text, and the text may end
  expect(allowed(0, 6)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(allowed(0, 4)).toEqual([3]);
  expect(allowed(0, 4, 3)).toEqual([3, 5]);
  expect(allowed(0, 4, 3, 5, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("the search grows with its triggers in proportion: n, 2n, 4n", () => {
  const states = (n: number) => {
    const begin = "x".repeat(n - 1);
    return tags([{ begin: `${begin}y`, content: NUMBER, end: "" }]).automaton.nodes.effort.units;
  };
  const [one, two, four] = [states(500), states(1000), states(2000)];
  expect(two / one).toBeLessThan(2.5);
  expect(four / two).toBeLessThan(2.5);
});
