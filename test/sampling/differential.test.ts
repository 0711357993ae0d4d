/**
 * The core against the plain float64 sampler, over random rows and random chains in random order: the same
 * survivors, the same probabilities. A case is set aside only when a threshold lies so near to a token that
 * rounding may decide; those are counted, and must be few.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SMALL_ROW } from "../../src/sampling/compaction.ts";
import { uniform } from "../../src/sampling/rng.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { parseStepOptions } from "../../src/sampling/step-options.ts";
import { REFERENCE, referenceSurvivors } from "../reference/sampler.ts";
import { stepsOf } from "./stages/properties.ts";
import type { Entry } from "./stages/rows.ts";
import { survivorsOf } from "./survivors.ts";

/** Nearer to a bound than this, rounding may decide: the reference's own errors and float32 edits of the row. */
const MARGIN = 1e-6;

const flag = fc.boolean();
const ties = fc.constantFrom("cut", "keep");
const min_keep = fc.constantFrom(1, 1, 1, 2, 5);
const penalty = {
  penalty_last_n: fc.integer({ min: -1, max: 20 }),
  penalty_scope: fc.constantFrom("history", "generated"),
};

const ids = fc.integer({ min: 0, max: 3 });
const few_ids = fc.array(ids, { minLength: 1, maxLength: 3 });
const bias = fc.oneof(stepsOf(-3, 3), fc.constant("-inf"));
const sequence = {
  sequence_scope: fc.constantFrom("history", "generated"),
  sequence_min_history: fc.constantFrom("prefix", "sequence"),
};

/** 32 tokens to a word of four bytes; the masks allow about half of the first 256. */
const bitmask = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => btoa(String.fromCharCode(255, ...bytes.subarray(1))));

/** Random options of each stage, in the ranges in which people use them and somewhat beyond. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  logit_bias: {
    logit_bias: fc.dictionary(ids.map(String), bias),
  },
  allowed_token_ids: { allowed_token_ids: fc.subarray([0, 1, 2, 3], { minLength: 1 }) },
  token_bitmask: { token_bitmask: bitmask },
  sequence_bias: {
    sequence_bias: fc.array(fc.record({ token_ids: few_ids, bias }), { maxLength: 4 }),
    ...sequence,
  },
  bad_words_ids: { bad_words_ids: fc.array(few_ids, { maxLength: 3 }), ...sequence },
  no_repeat_ngram_size: { no_repeat_ngram_size: fc.integer({ min: 0, max: 5 }) },
  min_tokens: {
    min_tokens: fc.integer({ min: 0, max: 30 }),
    stop_token_ids: few_ids,
    min_tokens_scope: fc.constantFrom("history", "generated"),
  },
  exponential_decay_length_penalty: {
    exponential_decay_length_penalty: fc.tuple(fc.integer({ min: 0, max: 12 }), stepsOf(0.95, 1.1)),
    stop_token_ids: fc.uniqueArray(ids, { minLength: 1, maxLength: 3 }),
  },
  dry: {
    dry_multiplier: stepsOf(0, 2),
    dry_base: stepsOf(1, 2),
    dry_allowed_length: fc.integer({ min: 0, max: 4 }),
    dry_penalty_last_n: fc.integer({ min: -1, max: 25 }),
    dry_sequence_breakers: fc.array(few_ids, { maxLength: 2 }),
    dry_breaker_rule: fc.constantFrom("spare", "cut"),
  },
  forced_token_ids: {
    forced_token_ids: fc.dictionary(fc.integer({ min: 0, max: 8 }).map(String), ids),
    forced_over_bans: flag,
  },
  mirostat: { mirostat: fc.integer({ min: 0, max: 2 }), mirostat_tau: stepsOf(0.5, 6) },
  adaptive_p: { adaptive_target: stepsOf(-0.2, 1), adaptive_decay: stepsOf(0, 0.99) },
  repetition_penalty: { repetition_penalty: stepsOf(0.6, 1.8), ...penalty },
  presence_penalty: { presence_penalty: stepsOf(-2, 2), ...penalty },
  frequency_penalty: { frequency_penalty: stepsOf(-0.5, 0.5), ...penalty },
  temperature: {
    temperature: stepsOf(0.5, 2),
    temperature_floor: fc.constantFrom(0, 0.6),
    temperature_greedy_below: fc.constantFrom(0, 0.55),
  },
  calibration: {
    calibration: fc.record({ method: fc.constant("temperature_scaling"), temperature: stepsOf(0.5, 3) }),
  },
  dynatemp: {
    temperature: stepsOf(0.8, 1.5),
    dynatemp_range: stepsOf(0, 0.4),
    dynatemp_exponent: stepsOf(0, 2),
  },
  smoothing: { smoothing_factor: stepsOf(0.05, 0.4), smoothing_curve: stepsOf(1, 3) },
  top_k: { top_k: fc.integer({ min: 1, max: 80 }), ties },
  top_p: {
    top_p: stepsOf(0, 1),
    top_p_inclusive: flag,
    top_p_ties: fc.constantFrom("cut", "keep", "highest"),
    top_p_crossing: fc.constantFrom("keep", "keep", "drop"),
    min_keep,
  },
  min_p: { min_p: stepsOf(0, 0.4), min_keep },
  top_a: { top_a: stepsOf(0, 1), min_keep },
  top_n_sigma: { top_n_sigma: stepsOf(0, 3), top_n_sigma_divisor: fc.constantFrom("n", "n-1"), min_keep },
  typical_p: { typical_p: stepsOf(0, 1), typical_p_inclusive: flag, typical_p_ties: ties, min_keep },
  tfs: { tfs: stepsOf(0.5, 1), tfs_edge: fc.constantFrom("centre", "before"), min_keep },
  epsilon_cutoff: { epsilon_cutoff: stepsOf(0, 0.02), min_keep },
  eta_cutoff: { eta_cutoff: stepsOf(0, 0.1), min_keep },
  top_h: { top_h: stepsOf(0.1, 1), top_h_top_n: fc.integer({ min: 1, max: 200 }), min_keep },
  p_less: { p_less: flag, p_less_norm: flag, min_keep },
  xtc: { xtc_probability: stepsOf(0, 1), xtc_threshold: stepsOf(0.01, 0.5), min_keep },
};

function entryOf(stage: string): fc.Arbitrary<Entry> {
  return fc.record({ stage: fc.constant(stage), ...OPTIONS[stage] });
}

interface Row {
  readonly logits: readonly number[];
  readonly history: readonly number[];
  readonly prompt_length: number;
}

/** Rows of float32 numbers: spread out, with ties, and with masked tokens. */
function rows(min: number, max: number): fc.Arbitrary<Row> {
  const spread = fc.integer({ min: -80_000, max: 80_000 }).map((i) => Math.fround(i / 9973));
  const tied = fc.integer({ min: -12, max: 12 }).map((i) => i / 4);
  const masked = fc.oneof({ weight: 9, arbitrary: spread }, fc.constant(Number.NEGATIVE_INFINITY));
  const length = { minLength: min, maxLength: max, size: "max" } as const;
  const logits = fc
    .oneof(fc.array(spread, length), fc.array(tied, length), fc.array(masked, length))
    .map((row) => [2, ...row.slice(1)]);
  return fc
    .record({
      logits,
      history: fc.array(fc.integer({ min: 0, max: min - 1 }), { maxLength: 30 }),
      generated: fc.integer({ min: 0, max: 12 }),
    })
    .map(({ logits, history, generated }) => ({
      logits,
      history,
      prompt_length: Math.max(0, history.length - generated),
    }));
}

/** How many of the cases could be compared. */
interface Tally {
  compared: number;
  set_aside: number;
}

function compare(row: Row, chain: readonly Entry[], step: number, tally: Tally): void {
  const { logits, history, prompt_length } = row;
  const options = parseStepOptions({ chain, history, prompt_length, step, seed: 3 });
  const running = options.chain.filter(({ skipped }) => skipped !== "neutral");
  const reference = referenceSurvivors(
    logits,
    running.map(({ stage, options }) => ({ stage: stage.name, options })),
    {
      history,
      prompt_length,
      uniform: (purpose) => uniform(purpose, "3", step, 0),
      state: (stage) => options.state[stage] as Readonly<Record<string, unknown>>, // plain data, of the stages that have one
    },
  );
  if (reference.margin < MARGIN) {
    tally.set_aside++;
    return;
  }
  tally.compared++;
  if (reference.token_ids.length === 0) {
    expect(() => survivorsOf(logits, options)).toThrow("every token is masked");
    return;
  }
  const core = survivorsOf(logits, options);
  expect(core.token_ids.join(" ")).toBe(reference.token_ids.join(" "));
  for (const [i, p] of reference.probabilities.entries())
    if (Math.abs(core.probabilities[i]! - p) > 1e-6) expect(core.probabilities[i]).toBeCloseTo(p, 7);
}

const names = STAGES.map(({ name }) => name).filter((name) => OPTIONS[name] !== undefined);
const steps = fc.integer({ min: 0, max: 1_000_000 });

/** A busy machine may take long; the cases are always the same. */
const PATIENCE_MS = 60_000;

describe("the core and the plain float64 sampler agree", { timeout: PATIENCE_MS }, () => {
  test.each(names)("on %s alone", (name) => {
    const tally: Tally = { compared: 0, set_aside: 0 };
    const alone = (min: number, max: number, runs: number) =>
      fc.assert(
        fc.property(rows(min, max), entryOf(name), steps, (row, entry, step) =>
          compare(row, [entry], step, tally),
        ),
        { seed: 11, numRuns: runs },
      );
    alone(4, 120, 150);
    // long enough to be worked on in kernel memory
    alone(SMALL_ROW + 1, SMALL_ROW + 150, 60);
    expect(tally.set_aside).toBeLessThan(0.1 * tally.compared);
  });

  test.each([
    ["every stage", names],
    // these two leave at most four tokens, so that what follows has little to do
    [
      "stages that leave a choice",
      names.filter((name) => !["allowed_token_ids", "forced_token_ids"].includes(name)),
    ],
  ])("on random chains of %s in random order", (_, pool) => {
    const tally: Tally = { compared: 0, set_aside: 0 };
    const chains = fc.array(fc.oneof(...pool.map(entryOf)), { minLength: 1, maxLength: 8 });
    const lengths = fc.oneof(rows(4, 150), rows(SMALL_ROW + 1, SMALL_ROW + 150));
    fc.assert(
      fc.property(lengths, chains, steps, (row, chain, step) => compare(row, chain, step, tally)),
      { seed: 12, numRuns: 1000 },
    );
    expect(tally.set_aside).toBeLessThan(0.1 * tally.compared);
  });

  test("on long rows, of which thousands of tokens may stay in kernel memory", () => {
    const tally: Tally = { compared: 0, set_aside: 0 };
    const chains = fc.array(fc.oneof(...names.map(entryOf)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), chains, steps, (salt, chain, step) => {
        const spread = salt % 2 === 0 ? 3 : 0.7;
        const logits = Array.from({ length: 12_000 }, (_, id) =>
          Math.fround(spread * Math.sin(id * salt) + (id % 7) / 8),
        );
        compare({ logits, history: [0, 1, 2, 5000, 1], prompt_length: 2 }, chain, step, tally);
      }),
      { seed: 13, numRuns: 60 },
    );
    expect(tally.compared).toBeGreaterThan(20);
  });

  test("there is a reference and a generator for every stage", () => {
    const all = STAGES.map(({ name }) => name);
    expect(all.filter((name) => REFERENCE[name] === undefined || OPTIONS[name] === undefined)).toEqual([]);
  });
});
