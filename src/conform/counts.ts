/**
 * Judges the tokens that a sampler drew. A sampler that draws from its own generator has no other answer. conformance/README.md
 * derives the bounds. The runner in Python computes the same bits (conform/_counts.py).
 */
import { ln } from "../kernels/float64.ts";

/** Numbers of draws, or probabilities, by token id. */
export type ByToken = ReadonlyMap<number, number>;

/** ln 10⁶: chance fails a right sampler in at most one case of a million. */
const CHANCE = 13.815510557964274;
/** ln 100: the test misses a fault in at most one run of a hundred. */
const MISSED = 4.605170185988092;
/** The total variation distance of the smallest fault that the test must find. */
const FAULT = 0.1;

/** The largest G/2 that chance explains, for a distribution over this number of tokens. */
export function chanceOf(tokens: number): number {
  const freedom = Math.max(0, tokens - 1);
  return freedom + Math.sqrt(2 * freedom * CHANCE) + CHANCE;
}

/** The number of draws that finds a fault of total variation distance 0.1, for a distribution over this number of tokens. */
export function drawsWanted(tokens: number): number {
  const root = Math.sqrt(chanceOf(tokens)) + Math.sqrt(MISSED);
  return Math.ceil((root * root) / (2 * FAULT * FAULT));
}

/** The counts of an answer of the right form, ascending by id. */
export function countsIn(counts: unknown): ByToken {
  const entries = Object.entries(counts as Readonly<Record<string, number>>); // its form was looked at
  const drawn = entries.filter(([, n]) => n > 0).map(([id, n]) => [Number(id), n] as const);
  return new Map(drawn.sort(([a], [b]) => a - b));
}

export function drawsOf(counts: ByToken): number {
  let draws = 0;
  for (const n of counts.values()) draws += n;
  return draws;
}

/** The reason why chance does not explain the counts, in a sentence; undefined when it does. */
export function unexplainedBy(law: ByToken, counts: ByToken): string | undefined {
  const draws = drawsOf(counts);
  let half_g = 0;
  for (const [id, n] of counts) {
    const p = law.get(id) ?? 0;
    if (p === 0) return `Token ${id} has probability 0, and ${n} of ${draws} draws gave it.`;
    half_g += n * ln(n / (draws * p));
  }
  const bound = chanceOf(law.size);
  if (half_g <= bound) return undefined;
  return `G/2 of ${draws} draws is ${Math.ceil(half_g)}, and chance explains at most ${Math.floor(bound)}.`;
}

/** The sums over groups of tokens that no rule tells apart, each under one id of its group. */
export function mergedBy(values: ByToken, names: ByToken): ByToken {
  const sums = new Map<number, number>();
  for (const [id, value] of values) {
    const name = names.get(id) ?? id;
    sums.set(name, (sums.get(name) ?? 0) + value);
  }
  return new Map([...sums].sort(([a], [b]) => a - b));
}
