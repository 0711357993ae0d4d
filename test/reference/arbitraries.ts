/** Random options that several stages share, small enough that their tokens occur in short rows and histories. */
import fc from "fast-check";

/** Numbers from a range, in steps that are easy to read in a counterexample. */
export function stepsOf(min: number, max: number, steps = 40): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: steps }).map((i) => min + ((max - min) * i) / steps);
}

export const flag = fc.boolean();
export const ties = fc.constantFrom("cut", "keep");
export const min_keep = fc.constantFrom(1, 1, 1, 2, 5);
export const penalty = {
  penalty_last_n: fc.integer({ min: -1, max: 20 }),
  penalty_decay_range: fc.constantFrom(0, 0, 1, 2, 7, 40),
  penalty_scope: fc.constantFrom("history", "generated"),
};

export const ids = fc.integer({ min: 0, max: 3 });
export const few_ids = fc.array(ids, { minLength: 1, maxLength: 3 });
export const bias = fc.oneof(stepsOf(-3, 3), fc.constant("-inf"));
export const sequence = {
  sequence_scope: fc.constantFrom("history", "generated"),
  sequence_min_history: fc.constantFrom("prefix", "sequence"),
};

/** 32 tokens to a word of four bytes; the masks allow about half of the first 256. */
export const bitmask = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => btoa(String.fromCharCode(255, ...bytes.subarray(1))));

/** Tokens that a stage spares, if any. */
export const spared = fc.option(fc.array(ids, { maxLength: 3 }), { nil: undefined });
