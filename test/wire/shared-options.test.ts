/** The shared options of rows are checked and read once, and no row's result shows it. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { RepeatFinder } from "../../src/sampling/history/repeats.ts";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { SharedOptions } from "../../src/wire/shared-options.ts";

afterEach(() => void vi.restoreAllMocks());

const history = Array.from({ length: 20_000 }, (_, i) => (i * i) % 61);
const ROWS = 20;

/** Draws from some rows, each with its own options besides the shared ones. */
function drawn(optionsOf: (row: number) => ReturnType<typeof parseStepOptions>) {
  const sampler = createSampler({ vocab_size_max: 64, rows_max: 1 });
  const row = sampler.leaseRow()!;
  return Array.from({ length: ROWS }, (_, index) => {
    row.load(Float32Array.from({ length: 64 }, (_, id) => ((id * 7919 + index * 31) % 101) / 9));
    row.finish();
    return sampler.sample(row, optionsOf(index));
  });
}

const SHARED: readonly (readonly [string, object])[] = [
  [
    "penalties of all and of what was generated",
    { repetition_penalty: 1.2, frequency_penalty: 0.1, presence_penalty: 0.2, prompt_length: 500 },
  ],
  ["penalties of the last tokens", { presence_penalty: 0.2, penalty_last_n: 40 }],
  ["DRY", { dry_multiplier: 0.8, dry_allowed_length: 1 }],
  ["n-grams", { no_repeat_ngram_size: 3 }],
  [
    "all of them",
    { repetition_penalty: 1.2, dry_multiplier: 0.8, no_repeat_ngram_size: 4, frequency_penalty: 0.3 },
  ],
];

describe("rows with one history", () => {
  test.each(SHARED)("%s: each gets what it would get alone", (_name, fields) => {
    const shared = { seed: 3, history, ...fields };
    const owns = [{}, { seed: 4 }, { step: 9 }, { temperature: 0.5 }, { seed: 1, top_k: 5 }];
    const own = (row: number) => owns[row % owns.length]!;
    const options = new SharedOptions(shared, DEFAULT_OPTION_LIMITS);
    expect(drawn((row) => options.of(own(row)))).toEqual(
      drawn((row) => parseStepOptions({ ...shared, ...own(row) })),
    );
  });

  test("a history is searched for repeats once, whatever else a row says", () => {
    const find = vi.spyOn(RepeatFinder.prototype, "find");
    const options = new SharedOptions({ history, dry_multiplier: 0.8 }, DEFAULT_OPTION_LIMITS);
    drawn((row) => options.of(row % 2 === 0 ? { seed: row } : { temperature: 1 + row / 10 }));
    expect(find).toHaveBeenCalledTimes(1);
    const own = [...history, 1];
    drawn((row) => options.of(row === 3 ? { history: own } : {}));
    expect(find).toHaveBeenCalledTimes(2);
  });

  test("rows that say only seed and step have one chain", () => {
    const options = new SharedOptions({ logit_bias: { "1": 2 }, history, step: 4 }, DEFAULT_OPTION_LIMITS);
    const [a, b] = [options.of({ seed: 1 }), options.of({ seed: "2", step: 7 })];
    expect([a.chain === b.chain, a.history === b.history, a.seed, a.step, b.seed, b.step]).toEqual([
      true,
      true,
      "1",
      4,
      "2",
      7,
    ]);
  });

  test("what is wrong with a shared history is told to every row, and mended by one of its own", () => {
    const options = new SharedOptions({ history: [1, -2], prompt_length: 9 }, DEFAULT_OPTION_LIMITS);
    const wrong = expect.objectContaining({ code: "invalid_option", pointer: "/history/1" });
    expect(() => options.of({})).toThrow(wrong);
    expect(() => options.of({ seed: 1 })).toThrow(wrong);
    expect(() => options.of({ top_k: 1 })).toThrow(wrong);
    expect(options.of({ history: [1], prompt_length: 1 }).history).toEqual([1]);
    expect(() => options.of({ seed: {} })).toThrow(expect.objectContaining({ pointer: "/seed" }));
  });

  test("a row's own seed -1 is drawn where the shared preset says so", () => {
    const options = new SharedOptions({ preset: "llama.cpp", top_k: 5 }, DEFAULT_OPTION_LIMITS);
    expect(options.of({ seed: -1 }).seed).toBeUndefined();
    expect(options.of({ seed: 7 }).seed).toBe("7");
    expect(
      new SharedOptions({ preset: "llama.cpp", seed: -1 }, DEFAULT_OPTION_LIMITS).of({ step: 3 }).seed,
    ).toBeUndefined();
  });
});
