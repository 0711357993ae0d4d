/** The data of the plain stages: a list of tokens, and the few sums that their definitions use. */

export interface Token {
  readonly id: number;
  readonly score: number;
}

/** The information of a stage besides the tokens. */
export interface World {
  readonly history: readonly number[];
  readonly prompt_length: number;
  readonly vocab_size: number;
  uniform(purpose: "xtc"): number;
  /** the state that a stage carries from step to step */
  state(stage: string): Readonly<Record<string, unknown>>;
  /**
   * reports the distance of a number from the bound with which it was compared; 0 is an exact tie, which the ids decide
   */
  near(distance: number): void;
}

/** Checked options; each stage reads those that its schema promises. */
export type Options = Readonly<Record<string, unknown>>;

export type Rule = (tokens: readonly Token[], options: Options, world: World) => readonly Token[];

export function number(options: Options, name: string): number {
  const value = options[name];
  if (typeof value !== "number") throw new Error(`${name} is not a number`);
  return value;
}

export function sum(values: readonly number[]): number {
  // smallest first, to lose few digits
  return [...values].sort((a, b) => Math.abs(a) - Math.abs(b)).reduce((total, value) => total + value, 0);
}

export function largest(tokens: readonly Token[]): number {
  return tokens.reduce((max, { score }) => Math.max(max, score), Number.NEGATIVE_INFINITY);
}

export function logSumExp(tokens: readonly Token[]): number {
  const max = largest(tokens);
  return max + Math.log(sum(tokens.map(({ score }) => Math.exp(score - max))));
}

export function probabilitiesOf(tokens: readonly Token[]): number[] {
  // Relative to the largest: at scores of 1e15 a logarithm of the sum would have no digits left.
  const max = largest(tokens);
  const weights = tokens.map(({ score }) => Math.exp(score - max));
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

/** −Σ p ln p, with 0 · ln 0 = 0. */
export function entropyOf(tokens: readonly Token[]): number {
  return sum(probabilitiesOf(tokens).map((p) => (p === 0 ? 0 : -p * Math.log(p))));
}

/** By score, largest first; equal scores by lower id. */
export function ranked(tokens: readonly Token[]): Token[] {
  return [...tokens].sort((a, b) => b.score - a.score || a.id - b.id);
}

/**
 * The first n of an order; with ties also all tokens with the last one's score. Reports the distance of the cut from
 * the next token.
 */
export function prefix(
  order: readonly Token[],
  n: number,
  keep_ties: boolean,
  world: World,
): readonly Token[] {
  if (n >= order.length) return order;
  const last = order[n - 1] as Token; // n ≥ 1
  let end = n;
  if (keep_ties) while (order[end]?.score === last.score) end++;
  const next = order[end];
  if (next !== undefined) world.near(last.score - next.score);
  return order.slice(0, end);
}

/** The length of the smallest prefix of an order with mass p; at least 1. */
export function prefixOfMass(
  probabilities: readonly number[],
  p: number,
  inclusive: boolean,
  world: World,
): number {
  let mass = 0;
  for (const [i, probability] of probabilities.entries()) {
    if (i > 0) {
      world.near(mass - p);
      if (inclusive ? mass > p : mass >= p) return i;
    }
    mass += probability;
  }
  return probabilities.length;
}

/** Scores of at least `threshold`, and never fewer than the min_keep best. */
export function atLeast(
  tokens: readonly Token[],
  threshold: number,
  min_keep: number,
  world: World,
): readonly Token[] {
  const kept = tokens.filter(({ score }) => score >= threshold);
  for (const { score } of tokens) world.near(score - threshold);
  return kept.length >= min_keep ? kept : prefix(ranked(tokens), min_keep, false, world);
}
