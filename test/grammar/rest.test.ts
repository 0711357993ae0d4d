/**
 * Grammars are dropped only while no work on grammars is in progress, and a dropped grammar gives the same masks again.
 */
import { expect, test } from "vitest";
import { DEFAULT_GRAMMARS_LIMITS, Grammars } from "../../src/grammar/grammars.ts";
import type { GrammarSource } from "../../src/grammar/source.ts";
import { DEMO } from "./texts.ts";

const NONE = { after: undefined, end_ids: undefined };
const LETTERS = ["a", "b", "c", "d"];
const sourceOf = (letter: string): GrammarSource => ({
  kind: "regex",
  value: `${letter}[0-9]+`,
  whitespace: "compact",
  property_order: "schema",
});

function maskOf(grammars: Grammars, letter: string): Uint32Array {
  const work = grammars.work(sourceOf(letter), DEMO, NONE, function* (matcher) {
    const state = yield* matcher.follow([], 0);
    yield* matcher.make(state);
    return matcher.maskOf(state).slice();
  });
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}

/** The number of grammars whose letters have all been used, the first letter first. */
function used(kept_bytes_max: number): Grammars {
  const grammars = new Grammars({ ...DEFAULT_GRAMMARS_LIMITS, kept_bytes_max });
  for (const letter of LETTERS) maskOf(grammars, letter);
  return grammars;
}

const isKept = (grammars: Grammars) =>
  LETTERS.map((letter) => grammars.ready(sourceOf(letter), DEMO, NONE) !== undefined);

/** A limit at which `n` of these equally large grammars take a sixteenth. */
function limitFor(n: number): number {
  const grammars = new Grammars({ ...DEFAULT_GRAMMARS_LIMITS, kept_bytes_max: Number.POSITIVE_INFINITY });
  maskOf(grammars, "a");
  const { bytes: first } = grammars.figures;
  maskOf(grammars, "b");
  // The second one's bytes do not include what both share.
  return 16 * n * (grammars.figures.bytes - first);
}

test("the first rest keeps what was used before it, the second drops it", () => {
  const grammars = used(limitFor(0.5));
  expect(grammars.rest()).toBe(false);
  expect(grammars.figures.count).toBe(4);
  expect(grammars.rest()).toBe(true);
  expect(grammars.figures.count).toBe(0);
  expect(grammars.rest()).toBe(false);
});

test("a sixteenth of the limit is kept, the most recently used", () => {
  const grammars = used(limitFor(2));
  grammars.rest();
  expect(grammars.rest()).toBe(true);
  expect(isKept(grammars)).toEqual([false, false, true, true]);
});

test.each([
  ["below a sixteenth", 4.01, 4],
  ["at a sixteenth", 4, 4],
  ["above a sixteenth", 3.99, 3],
])("%s of the limit", (_, n, count) => {
  const grammars = used(limitFor(n));
  grammars.rest();
  grammars.rest();
  expect(grammars.figures.count).toBe(count);
});

test("a grammar that a step uses between two rests is kept", () => {
  const grammars = used(limitFor(0.5));
  for (let rests = 0; rests < 3; rests++) {
    grammars.rest();
    expect(grammars.ready(sourceOf("b"), DEMO, NONE)).toBeDefined();
  }
  expect(isKept(grammars)).toEqual([false, true, false, false]);
});

test("a grammar on which work goes on is kept when the work is done", () => {
  const grammars = used(limitFor(0.5));
  const work = grammars.work(sourceOf("c"), DEMO, NONE, function* (matcher) {
    yield;
    return matcher;
  });
  work.next();
  grammars.rest();
  grammars.rest();
  for (const _ of work);
  expect(isKept(grammars)).toEqual([false, false, true, false]);
});

test("a dropped grammar is compiled again and gives the same mask", () => {
  const grammars = used(limitFor(0.5));
  const before = LETTERS.map((letter) => maskOf(grammars, letter));
  const { jobs } = grammars.figures;
  grammars.rest();
  grammars.rest();
  const again = LETTERS.map((letter) => maskOf(grammars, letter));
  expect(again).toEqual(before);
  // One compilation and one walk for each.
  expect(grammars.figures.jobs).toBe(jobs + 2 * LETTERS.length);
});
