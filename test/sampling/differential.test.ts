/**
 * The core against the plain float64 sampler, over random rows and random chains in random order: the same
 * survivors, the same probabilities. A case is set aside only when a threshold lies so near to a token that
 * rounding may decide; those are counted, and must be few.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SMALL_ROW } from "../../src/sampling/candidates/compact/compaction.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { uniform } from "../../src/sampling/rng.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { REFERENCE, referenceSurvivors } from "../reference/sampler.ts";
import { logSumExp, type Options } from "../reference/tokens.ts";
import { sample } from "./sample.ts";
import type { Entry } from "./stages/rows.ts";
import { survivors, survivorsOf } from "./survivors.ts";

/** Closer to a bound than this, rounding may decide: the reference's own errors, and float32 edits of the row. */
const MARGIN = 1e-6;

function entryOf(stage: string): fc.Arbitrary<Entry> {
  return fc.record({ stage: fc.constant(stage), ...REFERENCE[stage]?.options });
}

/** Includes the options whose meaning depends on the stages before. */
function aloneOf(stage: string): fc.Arbitrary<Entry> {
  return fc.record({ stage: fc.constant(stage), ...REFERENCE[stage]?.options, ...REFERENCE[stage]?.alone });
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

/** How many cases could be compared. */
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

/** The state that the core returns after its draw against the state of the definition. */
function compareState({ logits, history, prompt_length }: Row, entry: Entry, step: number): void {
  const asked = { chain: [entry], history, prompt_length, step, seed: 3 };
  const { chain, state } = parseStepOptions(asked);
  const [only] = chain;
  const reference = REFERENCE[entry.stage];
  if (only === undefined || only.skipped !== undefined || reference?.next === undefined) return;
  const drawn = sample(logits, asked);
  const at = drawn.token_id;
  const { token_ids, probabilities } = survivors(logits, asked);
  const finite = logits
    .map((score, id) => ({ id, score }))
    .filter(({ score }) => score !== Number.NEGATIVE_INFINITY);
  const next = reference.next(state[entry.stage] as Options, { ...only.options } as Options, {
    before: Math.exp((logits[at] as number) - logSumExp(finite)), // the drawn token is one of the row
    after: probabilities[token_ids.indexOf(at)] as number, // and was left by the chain
  });
  for (const [key, value] of Object.entries(next))
    expect((drawn.state?.[entry.stage] as Options | undefined)?.[key], key).toBeCloseTo(value as number, 6);
}

/** Stages that read texts have their own reference: test/grammar. */
const names = STAGES.filter(({ readsText }) => readsText !== true).map(({ name }) => name);
const steps = fc.integer({ min: 0, max: 1_000_000 });

/** A busy machine may need long; the cases are always the same. */
const PATIENCE_MS = 60_000;

describe("the core and the plain float64 sampler agree", { timeout: PATIENCE_MS }, () => {
  test.each(names)("on %s alone", (name) => {
    const tally: Tally = { compared: 0, set_aside: 0 };
    const alone = (min: number, max: number, runs: number) =>
      fc.assert(
        fc.property(rows(min, max), aloneOf(name), steps, (row, entry, step) =>
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
    // these two leave at most four tokens, so later stages have little effect
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

  test.each(
    STAGES.filter(({ name, state }) => state !== undefined && names.includes(name)).map(({ name }) => name),
  )("on the state of %s behind a draw", (name) => {
    fc.assert(
      fc.property(rows(4, 120), aloneOf(name), steps, (row, entry, step) => compareState(row, entry, step)),
      { seed: 14, numRuns: 150 },
    );
  });

  test("there is a reference for every stage, and for no other", () => {
    expect(Object.keys(REFERENCE).sort()).toEqual([...names].sort());
  });

  test("the random options have every option of every stage", () => {
    const missing = STAGES.filter(({ name }) => names.includes(name)).flatMap(({ name, options }) => {
      const drawn = { stage: true, ...REFERENCE[name]?.options, ...REFERENCE[name]?.alone };
      return Object.keys(options.shape)
        .filter((option) => !(option in drawn))
        .map((option) => `${name}: ${option}`);
    });
    expect(missing, "add a random value to the stage's file in test/reference/stages").toEqual([]);
  });
});
