/** Checks, before any timing, that a rival keeps the same tokens with the same probabilities. */
import type { Kept } from "./rival.ts";

/** The largest error of float32 sums over 262,144 tokens. */
const MASS_MAX = 2e-3;
const PROBABILITY_MAX = 1e-4;
const LOGPROB_MAX = 1e-3;

export interface Agreement {
  /** number of tokens that ours kept */
  readonly kept: number;
  /** tokens that only one side kept, and the larger of the two sums of their probabilities */
  readonly only_one: number;
  readonly mass: number;
  /** the largest difference of a probability */
  readonly probability: number;
}

/** Throws when the two results differ. A NaN among our probabilities means "not reported". */
export function agreementOf(name: string, ours: Kept, theirs: Kept): Agreement {
  const [own, other] = [tableOf(ours), tableOf(theirs)];
  const [lacking, extra] = [without(own, other), without(other, own)];
  const known = [...own].filter(([id, p]) => !Number.isNaN(p) && other.has(id));
  const agreement = {
    kept: own.size,
    only_one: lacking.length + extra.length,
    // The mass of a token without a reported probability is at most the average of the reported ones.
    mass: Math.max(
      sum(lacking.map(({ p }) => (Number.isNaN(p) ? 1 / own.size : p))),
      sum(extra.map(({ p }) => p)),
    ),
    probability: known.reduce((most, [id, p]) => Math.max(most, Math.abs(p - other.get(id)!)), 0),
  };
  const { mass, probability } = agreement;
  if (mass > MASS_MAX || probability > PROBABILITY_MAX)
    throw new Error(`${name} does something else: ${JSON.stringify(agreement)}`);
  requireLogprobs(name, ours, theirs);
  return agreement;
}

function requireLogprobs(name: string, ours: Kept, theirs: Kept): void {
  if (ours.logprobs === undefined) return;
  const differs = ours.logprobs.some(([id, logprob], i) => {
    const [other_id, other] = theirs.logprobs?.[i] ?? [-1, Number.NaN];
    return id !== other_id || !(Math.abs(logprob - other) < LOGPROB_MAX);
  });
  if (differs || ours.logprobs.length !== theirs.logprobs?.length)
    throw new Error(`${name} reports other log-probabilities`);
}

type Table = ReadonlyMap<number, number>;

function tableOf({ token_ids, probabilities }: Kept): Table {
  return new Map(Array.from(token_ids, (id, i) => [id, probabilities[i]!]));
}

function without(table: Table, other: Table): { id: number; p: number }[] {
  return [...table].filter(([id]) => !other.has(id)).map(([id, p]) => ({ id, p }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
