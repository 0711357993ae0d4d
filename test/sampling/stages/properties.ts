/** Properties that hold for every stage; each stage's test calls them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { type Entry, probabilitiesAfter, softmax } from "./rows.ts";

/** fast-check draws the same cases in every run. */
const FIXED = { seed: 20_260_101, numRuns: 60 } as const;

export interface Laws {
  /** any options that the stage takes */
  readonly entry: fc.Arbitrary<Entry>;
  /** options with which the stage changes nothing; absent when there are none */
  readonly neutral: readonly Entry[];
  /** the options with every token id replaced by `rename[id]`; left out when they name no ids */
  readonly renamed?: (entry: Entry, rename: readonly number[]) => Entry;
}

/** Different logits, so that no rank is decided by token ids. */
const rows = fc
  .uniqueArray(fc.integer({ min: -160, max: 160 }), { minLength: 6, maxLength: 40 })
  .map((steps) => steps.map((step) => step / 13));

const sequences = fc
  .array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 })
  .chain((history) =>
    fc.record({ history: fc.constant(history), prompt_length: fc.integer({ min: 0, max: history.length }) }),
  );

export function obeysTheLaws({ entry, neutral, renamed = (same) => same }: Laws): void {
  test("at least one token stays, and the probabilities add up to 1", () => {
    fc.assert(
      fc.property(rows, sequences, entry, (logits, sequence, options) => {
        const left = probabilitiesAfter(logits, [options], sequence);
        expect(left.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
        expect(left.some((p) => p > 0)).toBe(true);
      }),
      FIXED,
    );
  });

  test("renaming the token ids renames the answer", () => {
    const cases = rows.chain((logits) =>
      fc.tuple(fc.constant(logits), fc.shuffledSubarray([...logits.keys()], { minLength: logits.length })),
    );
    fc.assert(
      fc.property(cases, sequences, entry, ([logits, rename], { history, prompt_length }, options) => {
        const moved = logits.map((_, id) => logits[rename.indexOf(id)]!);
        const plain = probabilitiesAfter(logits, [options], { history, prompt_length });
        const other = probabilitiesAfter(moved, [renamed(options, rename)], {
          history: history.map((id) => rename[id]!),
          prompt_length,
        });
        for (const [id, p] of plain.entries()) expect(other[rename[id]!]).toBeCloseTo(p, 6);
      }),
      FIXED,
    );
  });

  test.each(neutral.map((options) => [JSON.stringify(options), options] as const))(
    "%s changes nothing",
    (_, options) => {
      fc.assert(
        fc.property(rows, sequences, (logits, sequence) => {
          const left = survivors(logits, { ...sequence, chain: [options] });
          expect(left.token_ids).toEqual([...logits.keys()]);
          for (const [id, p] of softmax(logits).entries()) expect(left.probabilities[id]).toBeCloseTo(p, 6);
        }),
        FIXED,
      );
    },
  );
}

/** Removing stages keep a part of the ranking unchanged: the tokens that stay keep their ratios. */
export function keepsRatios(entry: fc.Arbitrary<Entry>): void {
  test("the tokens that stay keep the ratios of their probabilities", () => {
    fc.assert(
      fc.property(rows, entry, (logits, options) => {
        const { token_ids, probabilities } = survivors(logits, { chain: [options], seed: 5 });
        const expected = softmax(token_ids.map((id) => Math.fround(logits[id]!)));
        for (const [i, p] of expected.entries()) expect(probabilities[i]).toBeCloseTo(p, 9);
      }),
      FIXED,
    );
  });
}

export { stepsOf } from "../../reference/arbitraries.ts";
