/** Watermarks: they are written and detected, and keep the distribution as promised. */
import { describe, expect, test, vi } from "vitest";
import { normalRows } from "../../../../evidence/normal-rows.ts";
import { seeded } from "../../../../evidence/seeded.ts";
import { look, readerOf } from "../../../../proof/watermarks/interop.ts";
import { secretOf } from "../../../../proof/watermarks/keys.ts";
import { Writer } from "../../../../proof/watermarks/marked.ts";
import { MARKINGS } from "../../../../proof/watermarks/schemes.ts";
import { falsePositives, overKeys } from "../../../../proof/watermarks/statistics.ts";
import { uniformOf } from "../../../../src/kernels/kernel.ts";
import { harmonic } from "../../../../src/kernels/special.ts";
import { contextOf } from "../../../../src/sampling/draw/watermark/context-window.ts";
import { WatermarkReader } from "../../../../src/sampling/draw/watermark/detect.ts";
import { WATERMARKS } from "../../../../src/sampling/draw/watermark/index.ts";
import { WatermarkKey, watermarkKeys } from "../../../../src/sampling/draw/watermark/keys.ts";
import { noiseIn, uniformIn } from "../../../../src/sampling/draw/watermark/prf.ts";
import { TABLES_BYTES_MAX, tablesBytes } from "../../../../src/sampling/draw/watermark/tables.ts";
import { parseTest } from "../../../../src/sampling/draw/watermark/test-options.ts";
import { parseStepOptions } from "../../../../src/sampling/options/step-options.ts";
import { createSampler } from "../../../../src/sampling/sampler.ts";

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
  ) => contextOf({ sent_history: history, prompt_length }, given, options)?.join();

  test("the prompt counts as nothing", () => {
    expect(of([1, 2, 3, 4], 4)).toBe("-1,-1,-1");
    expect(of([1, 2, 3, 4, 9], 4)).toBe("-1,-1,9");
    expect(of([1, 2, 3, 4], 0)).toBe("2,3,4");
  });

  test("a context that a generated token had bears no mark", () => {
    expect(of([5, 6, 7, 8, 5, 6, 7], 0)).toBeUndefined();
    expect(of([5, 6, 7, 8, 5, 6, 9], 0)).toBe("5,6,9");
    // A context of the prompt counts as a repeat only with `repeated_contexts: "all"`.
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
    // The 8 after the first 5, 6, 7 is the token with this context: the fourth from the end.
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
    // Contexts: 1 to 4 are still growing, then five whole ones; then each occurs again.
    expect(look(text, [1n], { scheme: "gumbel" }, 10).tokens_counted).toBe(9);
    expect(look(text, [1n], { scheme: "green_list" }, 10).tokens_counted).toBe(10);
    // Layers exist only for whole n-grams.
    expect(look(text, [1n], { scheme: "synthid" }, 10).tokens_counted).toBe(5);
  });

  test("lefthash counts a pair of last token and token once, whatever came before it", () => {
    const asked = { scheme: "green_list", seeding: "lefthash", context_width: 2 };
    // Pairs after a whole context: (2, 3), (3, 1), (1, 2), then (2, 3) again after 9, and (3, 4).
    expect(look([1, 2, 3, 1, 2, 9, 2, 3, 4], [7n], asked, 10).tokens_counted).toBe(6);
    // The seed of id 0 is 0 under every key, so the token after it is no evidence.
    expect(look([1, 0, 3, 0, 4], [7n], asked, 10).tokens_counted).toBe(1);
  });

  test("selfhash counts a seed with its token once", () => {
    const asked = { scheme: "green_list", seeding: "selfhash", context_width: 1 };
    expect(look([5, 5, 6, 5, 6], [7n], asked, 10).tokens_counted).toBe(2);
  });

  test("synthid counts a place of its table once", () => {
    const asked = { scheme: "synthid", ngram_len: 2, sampling_table_size: 2 };
    expect(look([1, 2, 2, 3, 5, 5, 4, 6, 6, 1], [7n], asked, 10)).toMatchObject({
      tokens_counted: 2,
      z_score: 0,
      p_value: 1,
    });
  });

  test("p-values are honest where words repeat, for every seeding", () => {
    for (const asked of [
      { scheme: "gumbel", context_width: 1 },
      { scheme: "green_list", seeding: "lefthash" },
      { scheme: "green_list", seeding: "selfhash", context_width: 3 },
      { scheme: "synthid", ngram_len: 2, sampling_table_size: 1024 },
    ]) {
      const random = seeded(8, 1);
      let below = 0;
      let squares = 0;
      const texts = 200;
      let reader = readerOf(asked, [secretOf(random)], 60);
      for (let i = 0; i < texts; i++) {
        // A small vocabulary whose first words are as frequent as those of a language.
        const text = Array.from({ length: 300 }, () => 1 + Math.floor(40 * random.unit() ** 3));
        if (asked.seeding !== "selfhash" || i % 20 === 0) reader = readerOf(asked, [secretOf(random)], 60);
        const { p_value } = reader.detect({ token_ids: text, prompt_length: 0 });
        below += Number(p_value <= 0.05);
        squares += (p_value - 0.5) ** 2;
      }
      expect([asked, below / texts < 0.1]).toEqual([asked, true]);
      // A uniform value has the variance 1/12; p-values of repeated evidence lie near 0 and 1.
      expect([asked, squares / texts < 0.1]).toEqual([asked, true]);
    }
  });

  test("the table of repeats costs what the texts are long, also behind a long one", () => {
    const { scheme, options } = parseTest({ scheme: "gumbel", key: "key" });
    const clearedFor = (texts: number) => {
      const cleared = vi.spyOn(Int32Array.prototype, "fill");
      try {
        const detector = scheme.detector(options, new WatermarkKey([1n]), undefined);
        const reader = new WatermarkReader(detector, scheme.context(options), "once");
        reader.detect({ token_ids: Array.from({ length: 20_000 }, (_, i) => i), prompt_length: 0 });
        for (let i = 0; i < texts; i++) reader.detect({ token_ids: [i], prompt_length: 0 });
        return cleared.mock.calls.reduce((sum, [, first = 0, end = 1e6]) => sum + end - first, 0);
      } finally {
        cleared.mockRestore();
      }
    };
    const [once, twice, four] = [clearedFor(100), clearedFor(200), clearedFor(400)];
    expect(once).toBeLessThan(100 * 100);
    expect([twice, four]).toEqual([2 * once, 4 * once]);
  });
});

describe("tables of keys", () => {
  const draw = (watermark: object, keys = watermarkKeys({ main: 77n, other: 78n })) => {
    const sampler = createSampler({ vocab_size_max: 1024, rows_max: 1 }, undefined, { keys });
    const row = { token_ids: Int32Array.from({ length: 50 }, (_, i) => 7 * i), values: new Float32Array(50) };
    const options = parseStepOptions({
      history: [1, 2, 3, 4, 5, 6],
      vocab_size: 262_144,
      seed: 1,
      watermark,
    });
    return sampler.begin({ ...row, vocab_size: 262_144, logsumexp: undefined }, options);
  };

  test("tables that requests name by options of their own take bounded memory", () => {
    for (let seed = 0; seed < 200; seed++) {
      const { scheme, options } = parseTest({
        scheme: "synthid",
        key: "k",
        sampling_table_seed: seed,
        layers: 1,
      });
      scheme.detector(options, new WatermarkKey([BigInt(seed)]), undefined);
      expect(tablesBytes()).toBeLessThanOrEqual(TABLES_BYTES_MAX);
    }
    expect(tablesBytes()).toBeGreaterThan(TABLES_BYTES_MAX / 2);
  });

  test("what makes a table, and forty shuffled vocabularies, is done in pieces", () => {
    const pieces = (watermark: object) => {
      const begun = draw(watermark);
      if (!("next" in begun)) return 0;
      let count = 1;
      while (begun.next().done !== true) count += 1;
      return count;
    };
    const selfhash = { scheme: "green_list", seeding: "selfhash", key: "main", gamma: 0.9 };
    // 16 pieces build the table; 40 pieces read one token each.
    expect(pieces(selfhash)).toBeGreaterThan(50);
    expect(pieces({ scheme: "synthid", key: "main", sampling_table_seed: 12_345 })).toBeGreaterThan(30);
    expect(pieces({ scheme: "gumbel", key: "main" })).toBe(0);
  });
});

describe("the evidence that a draw can bear", () => {
  test("harmonic numbers of reals", () => {
    expect([harmonic(0), harmonic(1), harmonic(2), harmonic(10)]).toEqual(
      [0, 1, 1.5, 7381 / 2520].map((value) => expect.closeTo(value, 13)),
    );
    expect(harmonic(0.5)).toBeCloseTo(2 - 2 * Math.LN2, 13);
  });

  test.each([
    { scheme: "gumbel" },
    { scheme: "dual_key_gumbel", alpha: 0.3 },
    { scheme: "green_list", gamma: 0.25, delta: 2 },
  ])("$scheme: the mean over keys is what the reply tells", (asked) => {
    let key = new WatermarkKey([1n]);
    const keys = { get: () => key, size: 1 };
    const sampler = createSampler({ vocab_size_max: 64, rows_max: 1 }, undefined, { keys });
    // One token with probability 0.4, and many small ones.
    const values = Float64Array.from({ length: 64 }, (_, i) => (i === 0 ? Math.log(42) : 0));
    const row = { token_ids: Int32Array.from(values.keys()), values, vocab_size: 64, logsumexp: undefined };
    const random = seeded(9, 9);
    const { delta: _, ...tested } = asked as typeof asked & { delta?: number };
    const { scheme, options } = parseTest({ ...tested, key: "k" });
    const context = Int32Array.of(4, 3, 2, 1);
    let [sum, count, expected] = [0, 0, { marked: 0, unmarked: 0 }];
    for (let i = 0; i < 5000; i++) {
      key = new WatermarkKey([secretOf(random)]);
      const watermark = { ...asked, key: "k", expected: true };
      const sampled = sampler.sample(row, parseStepOptions({ history: [4, 3, 2, 1], seed: i, watermark }));
      if (sampled.token_id !== 0) continue;
      expected = sampled.watermark?.expected ?? expected;
      sum += scheme.detector(options, key, undefined).value(context, 0);
      count += 1;
    }
    expect(count).toBeGreaterThan(1500);
    expect(Math.abs(sum / count - expected.marked)).toBeLessThan(asked.scheme === "green_list" ? 0.04 : 0.08);
    expect(expected.unmarked).toBe(asked.scheme === "green_list" ? 0.25 : 1);
  });

  test("synthid has no closed form, and says so", () => {
    const keys = watermarkKeys({ main: 1n });
    const sampler = createSampler({ vocab_size_max: 8, rows_max: 1 }, undefined, { keys });
    const row = {
      token_ids: Int32Array.of(0, 1),
      values: Float64Array.of(1, 2),
      vocab_size: 8,
      logsumexp: undefined,
    };
    const options = parseStepOptions({ watermark: { scheme: "synthid", key: "main", expected: true } });
    expect(() => sampler.sample(row, options)).toThrow("known of gumbel, dual_key_gumbel and green_list");
  });
});
