/** Sums over rows of logits, plain and in float64, that the definitions of combinations use; −Infinity masks. */
import type fc from "fast-check";

export type Fields = Readonly<Record<string, unknown>>;
export type Rows = readonly (readonly number[])[];

/** The combined scores, and for each token the sum of the absolute values that were added up for it. */
export interface Scores {
  readonly scores: readonly number[];
  readonly sizes: readonly number[];
}

/** The export `combination` of a file in `combinations/`: the rule from its definition, with options to test it. */
export interface ReferenceCombination {
  /** the sources, already divided by their own temperatures */
  readonly rule: (sources: Rows, options: Fields) => Scores;
  /** random options of the rule */
  readonly options: fc.Arbitrary<Fields>;
  /** the numbers of sources with which it is tested */
  readonly sources: fc.Arbitrary<number>;
}

export function weightsOf({ weights }: Fields, count: number): readonly number[] {
  return (weights as readonly number[] | undefined) ?? Array.from({ length: count }, () => 1 / count);
}

export function sum(rows: readonly (readonly number[])[], weights: readonly number[]): Scores {
  const [first = []] = rows;
  const parts = first.map((_, id) => rows.map((row, i) => [row[id] ?? 0, weights[i] ?? 0] as const));
  return {
    scores: parts.map((each) =>
      each.some(([x]) => x === -Infinity) ? -Infinity : each.reduce((total, [x, w]) => total + w * x, 0),
    ),
    sizes: parts.map((each) => each.reduce((total, [x, w]) => total + Math.abs(w * x), 0)),
  };
}

export function onlyPlausible({ scores, sizes }: Scores, first: readonly number[], share: number): Scores {
  const least = Math.max(...first) + Math.log(share) - 1e-6;
  return { scores: scores.map((score, id) => ((first[id] ?? 0) >= least ? score : -Infinity)), sizes };
}

export function logSumExp(values: readonly number[]): number {
  const max = Math.max(...values);
  if (max === -Infinity) return max;
  return max + Math.log(values.reduce((total, x) => total + Math.exp(x - max), 0));
}

/** Relative to the largest, so that rows far from zero keep their digits. */
export function logSoftmax(row: readonly number[]): number[] {
  const max = Math.max(...row);
  const mass = logSumExp(row.map((x) => x - max));
  return row.map((x) => x - max - mass);
}

/** ½ Σ p ln(p/m) + ½ Σ q ln(q/m), m = (p + q)/2. */
export function divergence(a: readonly number[], b: readonly number[]): number {
  const [p, q] = [logSoftmax(a).map(Math.exp), logSoftmax(b).map(Math.exp)];
  const half = (x: number, y: number) => (x === 0 ? 0 : 0.5 * x * Math.log((2 * x) / (x + y)));
  return p.reduce((total, x, id) => total + half(x, q[id] ?? 0) + half(q[id] ?? 0, x), 0);
}
