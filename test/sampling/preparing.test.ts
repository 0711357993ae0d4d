/** Grammars are compiled while other steps run: each result is that of the step alone. */
import { expect, test } from "vitest";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { Sampled } from "../../src/sampling/report/report.ts";
import { createSampler, type Sampler } from "../../src/sampling/sampler.ts";
import { demoVocabulary } from "../../src/vocabulary/demo.ts";
import { vocabulariesOf } from "../../src/vocabulary/vocabularies.ts";

const V = demoVocabulary().size;
const vocabularies = vocabulariesOf([demoVocabulary()]);

function sampler(limits: { readonly grammar_work_max?: number } = {}): Sampler {
  return createSampler({ vocab_size_max: V, rows_max: 16, ...limits }, undefined, { vocabularies });
}

function rowOf(of: Sampler) {
  const row = of.leaseRow()!;
  row.load(Float32Array.from({ length: V }, (_, i) => ((i * 7919) % 1009) / 100));
  row.finish();
  return row;
}

const wide = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`p${i}`, { type: "string" }]));
const LONG = [
  { json_schema: { properties: wide, anyOf: [{ required: ["p58"] }, { required: ["p59"] }] }, forced: true },
  { regex: "(?:[a-z]{1,40} ?){2,40}!" },
  { choice: Array.from({ length: 900 }, (_, i) => `choice ${i} of many`), forced: true },
];
const optionsOf = (grammar: object) =>
  parseStepOptions({ vocabulary: "demo", grammar, seed: 7, logprobs: true });

/** The pieces of a step; none for a step that runs at once. */
function piecesOf(of: Sampler, grammar: object) {
  const begun = of.begin(rowOf(of), optionsOf(grammar));
  return "next" in begun ? begun : undefined;
}

test("another step is taken between the pieces of a grammar, and none between those of a step", () => {
  const own = sampler();
  const pieces = piecesOf(own, LONG[2]!)!;
  expect(pieces.next().done).toBe(false);
  expect([own.wasPreparing(), own.wasPreparing(), own.is_inside]).toEqual([true, false, false]);
  const other = own.sample(rowOf(own), parseStepOptions({ seed: 3 }));
  const alone = sampler();
  expect(other.token_id).toBe(alone.sample(rowOf(alone), parseStepOptions({ seed: 3 })).token_id);
  let preparing = 0;
  let inside = 0;
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    if (own.wasPreparing()) preparing += 1;
    if (own.is_inside) inside += 1;
  }
  expect([preparing > 0, inside > 0, own.is_inside]).toEqual([true, true, false]);
});

/**
 * Runs steps on one sampler, one piece of each in turn, as the gate schedules them. While a step runs its last pieces,
 * no other step runs.
 */
function byTurns(own: Sampler, asked: readonly object[]): Sampled[] {
  const open = asked.map((grammar) => piecesOf(own, grammar));
  const found: Sampled[] = [];
  while (found.filter(Boolean).length < asked.length)
    for (const [i, pieces] of open.entries()) {
      if (pieces === undefined || found[i] !== undefined) continue;
      let next = pieces.next();
      while (next.done !== true && own.is_inside) next = pieces.next();
      if (next.done === true) found[i] = next.value;
    }
  return found;
}

test("steps that prepare at the same time come out as each would alone, with one grammar or several", () => {
  const asked = [...LONG, ...LONG, LONG[1]!];
  const alone = asked.map((grammar) => sampledBy(sampler(), grammar));
  expect(byTurns(sampler(), asked)).toEqual(alone);
  expect(alone.some(({ forced }) => (forced?.length ?? 0) > 0)).toBe(true);
});

function sampledBy(of: Sampler, grammar: object): Sampled {
  return of.sample(rowOf(of), optionsOf(grammar));
}

test("those who wait for one grammar do one compilation", () => {
  const [one, both] = [sampler(), sampler()];
  byTurns(one, [LONG[0]!]);
  byTurns(both, [LONG[0]!, LONG[0]!]);
  expect(one.grammars.jobs).toBeGreaterThan(1);
  expect(both.grammars.jobs).toBeLessThan(2 * one.grammars.jobs);
  expect(both.grammars.work_units).toBeLessThan(1.2 * one.grammars.work_units);
});

test("a grammar that is refused is not compiled again", () => {
  const own = sampler({ grammar_work_max: 65_536 });
  const refusal = () => {
    const before = own.grammars.work_units;
    expect(() => own.sample(rowOf(own), optionsOf(LONG[2]!))).toThrow(/grammar_work_max/);
    return own.grammars.work_units - before;
  };
  expect(refusal()).toBeGreaterThan(60_000);
  expect(refusal()).toBe(0);
});

test("what a step gave up leaves the grammar as it was", () => {
  const own = sampler();
  const expected = sampledBy(sampler(), LONG[1]!);
  for (let count = 1; count < 12; count += 3) {
    const pieces = piecesOf(own, LONG[1]!);
    for (let i = 0; i < count; i++) if (pieces?.next().done === true || own.is_inside) break;
    if (own.is_inside) own.abandon();
  }
  expect(own.sample(rowOf(own), optionsOf(LONG[1]!))).toEqual(expected);
});
