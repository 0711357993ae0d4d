/** Samples one row as a client would request it. */
import { afterAll } from "vitest";
import { Problem } from "../../src/errors.ts";
import type { Row } from "../../src/kernels/kernel.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { Sampled } from "../../src/sampling/report/report.ts";
import type { SparseRow } from "../../src/sampling/rows.ts";
import { createSampler } from "../../src/sampling/sampler.ts";

export const sampler = createSampler({ vocab_size_max: 131_072, rows_max: 1 });

type Options = Readonly<Record<string, unknown>>;

/** Loads rows of a sampler, which stay leased until the tests of the file are over. */
export function rowsOf(
  lender: Pick<typeof sampler, "leaseRow" | "returnRow">,
): (values: ArrayLike<number>) => Row {
  const leased: Row[] = [];
  afterAll(() => {
    for (const row of leased) lender.returnRow(row);
  });
  return (values) => {
    const row = lender.leaseRow()!;
    row.load(values);
    row.finish();
    leased.push(row);
    return row;
  };
}

/** Loads the logits, samples, and returns the row. */
export function sample(logits: ArrayLike<number>, options: Options = {}): Sampled {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("the one row is leased");
  try {
    row.load(logits);
    const parsed = parseStepOptions(options);
    row.finish(parsed.vocab_size);
    return sampler.sample(row, parsed);
  } finally {
    sampler.returnRow(row);
  }
}

export function sampleSparse(row: SparseRow, options: Options = {}): Sampled {
  return sampler.sample(row, parseStepOptions(options));
}

/** Sparse rows from pairs. */
export function sparse(
  pairs: readonly (readonly [token_id: number, logit: number])[],
  known: Partial<SparseRow> = {},
): SparseRow {
  return {
    token_ids: Int32Array.from(pairs, ([id]) => id),
    values: Float64Array.from(pairs, ([, logit]) => logit),
    ...known,
  };
}

/** Logits whose softmax is these probabilities. */
export function logitsOf(probabilities: readonly number[]): number[] {
  return probabilities.map((p) => Math.log(p));
}

/** A row that is the same in every run: normal logits, a few of them high when `peaked`. */
export function randomRow(vocab_size: number, seed: number, peaked: boolean): Float32Array {
  let state = seed * 2654435761 + 1;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    state ^= state >>> 13;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  const row = new Float32Array(vocab_size);
  for (let i = 0; i < vocab_size; i++)
    row[i] = -2 + (peaked ? 2.5 : 1) * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  for (let i = 0; peaked && i < 50; i++) row[Math.floor(next() * vocab_size)]! += 18 * next();
  return row;
}

/** The Problem that a call throws. */
export function problemOf(run: () => unknown): Problem {
  try {
    run();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("no Problem was thrown");
}
