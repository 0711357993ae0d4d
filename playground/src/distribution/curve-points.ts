/** A distribution as a line: probabilities by rank, thinned to as many points as a screen shows. */

export interface Point {
  /** from 1, most likely first */
  readonly rank: number;
  readonly p: number;
}

/** Ranks at even distances on a logarithmic scale, including the first and the last. */
export function pointsOf(sorted: ArrayLike<number>, points: number): readonly Point[] {
  const ranks = new Set(
    Array.from({ length: points }, (_, i) => Math.round(sorted.length ** (i / Math.max(1, points - 1)))),
  );
  return [...ranks].map((rank) => ({ rank, p: sorted[rank - 1] ?? 0 }));
}

/** The number of most likely tokens that hold a share of the probability. */
export function holdersOf(sorted: ArrayLike<number>, share: number): number {
  let sum = 0;
  for (let i = 0; i < sorted.length; i++) {
    sum += sorted[i] ?? 0;
    if (sum >= share) return i + 1;
  }
  return sorted.length;
}
