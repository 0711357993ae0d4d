/** Watermarks: they are laid, found, and leave the distribution as they promise. */
import { describe, expect, test } from "vitest";
import { normalRows } from "../../../../evidence/normal-rows.ts";
import { seeded } from "../../../../evidence/seeded.ts";
import { look } from "../../../../proof/watermarks/interop.ts";
import { Writer } from "../../../../proof/watermarks/marked.ts";
import { MARKINGS } from "../../../../proof/watermarks/schemes.ts";
import { falsePositives, overKeys } from "../../../../proof/watermarks/statistics.ts";
import { uniformOf } from "../../../../src/kernels/kernel.ts";
import { contextOf } from "../../../../src/sampling/draw/watermark/context-window.ts";
import { WATERMARKS } from "../../../../src/sampling/draw/watermark/index.ts";
import { noiseIn, uniformIn } from "../../../../src/sampling/draw/watermark/prf.ts";

const BANK = normalRows(24, 300, 2, seeded(4));

test.each(WATERMARKS.map((scheme) => [scheme.name, scheme] as const))(
  "%s: its example is what it takes",
  (_, scheme) => {
    expect(() => scheme.options.parse({ scheme: scheme.name, ...scheme.example })).not.toThrow();
  },
);

const report = {
  claim: (sentence: string, holds: boolean, got = "") =>
    expect([sentence, got, holds]).toEqual([sentence, got, true]),
  timed() {},
  figure() {},
  note() {},
};

const SEEDINGS = [
  {
    name: "lefthash",
    test: { scheme: "green_list", seeding: "lefthash" },
    laid: { delta: 2, repeated_contexts: "none" },
    secrets: [77n],
  },
  {
    name: "selfhash",
    test: { scheme: "green_list", seeding: "selfhash" },
    laid: { delta: 2, repeated_contexts: "none" },
    secrets: [77n],
  },
];

test.each([...MARKINGS.map((each) => ({ ...each, secrets: [0x1234567890abcdefn] })), ...SEEDINGS])(
  "$name is found with its key, and not with another",
  ({ test: asked, laid, secrets }) => {
    const writer = new Writer(BANK, secrets);
    const watermark = { key: "key", ...asked, ...laid };
    for (let i = 0; i < 3; i++) {
      const text = writer.text(120, { watermark }, seeded(5, i));
      expect(look(text, secrets, asked, 300).p_value).toBeLessThan(1e-3);
      expect(look(text, [99n], asked, 300).p_value).toBeGreaterThan(1e-4);
    }
  },
);

test("unmarked texts are taken for marked ones as often as p-values say", () => {
  falsePositives(BANK, report, 3, 2000);
});

test("over keys the tokens of a step are the chain's own", () => {
  overKeys(report, 3, 600);
});

test("one token's u is that of the noise of all", () => {
  const context = Int32Array.of(4, 3, 2, 1);
  for (let id = 0; id < 40; id++)
    expect(uniformIn([1, 2], context, id)).toBe(uniformOf(noiseIn([1, 2], context), id));
});

describe("contexts", () => {
  const rule = { width: 3, padding: -1, of_prompt: false } as const;
  const single = { repeated_contexts: "single_turn", look_back: 8192 } as const;
  const of = (
    history: number[],
    prompt_length: number,
    options: Parameters<typeof contextOf>[2] = single,
    given: Parameters<typeof contextOf>[1] = rule,
  ) => contextOf({ history, prompt_length }, given, options)?.join();

  test("the prompt counts as nothing", () => {
    expect(of([1, 2, 3, 4], 4)).toBe("-1,-1,-1");
    expect(of([1, 2, 3, 4, 9], 4)).toBe("-1,-1,9");
    expect(of([1, 2, 3, 4], 0)).toBe("2,3,4");
  });

  test("a context that a generated token had bears no mark", () => {
    expect(of([5, 6, 7, 8, 5, 6, 7], 0)).toBeUndefined();
    expect(of([5, 6, 7, 8, 5, 6, 9], 0)).toBe("5,6,9");
    // In the prompt it is none, unless all are looked through.
    expect(of([5, 6, 7, 8, 5, 6, 7], 4)).toBe("5,6,7");
    expect(of([5, 6, 7, 8, 5, 6, 7], 4, { ...single, repeated_contexts: "all" })).toBeUndefined();
    expect(of([5, 6, 7, 8, 5, 6, 7], 0, { ...single, repeated_contexts: "none" })).toBe("5,6,7");
  });

  test("all: the first tokens of an answer bear none", () => {
    const all = { ...single, repeated_contexts: "all" } as const;
    expect(of([1, 2, 3, 4, 5, 6], 4, all)).toBeUndefined();
    expect(of([1, 2, 3, 4, 5, 6, 7], 4, all)).toBe("5,6,7");
  });

  test("repeats are looked for among the last look_back tokens", () => {
    // The 8 behind the first 5, 6, 7 is the token that had this context: the fourth from the end.
    expect(of([5, 6, 7, 8, 5, 6, 7], 0, { ...single, look_back: 4 })).toBeUndefined();
    expect(of([5, 6, 7, 8, 5, 6, 7], 0, { ...single, look_back: 3 })).toBe("5,6,7");
  });

  test("of the prompt too: a context that is not whole bears none", () => {
    const whole = { ...rule, of_prompt: true };
    expect(of([1, 2], 2, single, whole)).toBeUndefined();
    expect(of([1, 2, 3], 3, single, whole)).toBe("1,2,3");
  });
});

describe("detection", () => {
  test("no token that counts is no evidence", () => {
    expect(look([], [1n], { scheme: "gumbel" }, 10)).toEqual({ score: 0, p_value: 1, tokens_counted: 0 });
  });

  test("a context counts once, of green_list one with its token", () => {
    const text = [1, 2, 3, 4, 9, 1, 2, 3, 4, 9, 1, 2, 3, 4, 8];
    // Contexts: 1 to 4 grow, then five whole ones; then each comes again.
    expect(look(text, [1n], { scheme: "gumbel" }, 10).tokens_counted).toBe(9);
    expect(look(text, [1n], { scheme: "green_list" }, 10).tokens_counted).toBe(10);
    // Layers are told of whole n-grams only.
    expect(look(text, [1n], { scheme: "synthid" }, 10).tokens_counted).toBe(5);
  });
});
