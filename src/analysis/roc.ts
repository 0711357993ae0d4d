/**
 * The receiver operating characteristic: how well a score separates two kinds of rows over all thresholds.
 * Its area is the probability that a random positive scores higher than a random negative.
 */

export interface RocPoint {
  readonly threshold: number;
  /** share of negatives with a score above the threshold */
  readonly false_positive_rate: number;
  /** share of positives with a score above it */
  readonly true_positive_rate: number;
}

/** One point per distinct score, from (0, 0) at the largest down to (1, 1) at −Infinity. */
export function rocCurve(negatives: ArrayLike<number>, positives: ArrayLike<number>): RocPoint[] {
  const down = (values: ArrayLike<number>) => Float64Array.from(values).sort().reverse();
  const negative = down(negatives);
  const positive = down(positives);
  const thresholds = [...new Set([...negative, ...positive])].sort((a, b) => b - a);
  let n = 0;
  let p = 0;
  return [...thresholds, Number.NEGATIVE_INFINITY].map((threshold) => {
    while (n < negative.length && negative[n]! > threshold) n++;
    while (p < positive.length && positive[p]! > threshold) p++;
    return {
      threshold,
      false_positive_rate: n / negative.length,
      true_positive_rate: p / positive.length,
    };
  });
}

/** Area under the curve: 0.5 = a coin, 1 = perfect. Ties count half (trapezoids). */
export function areaUnderRoc(negatives: ArrayLike<number>, positives: ArrayLike<number>): number {
  let area = 0;
  let before: RocPoint = {
    threshold: Number.POSITIVE_INFINITY,
    false_positive_rate: 0,
    true_positive_rate: 0,
  };
  for (const point of rocCurve(negatives, positives)) {
    const width = point.false_positive_rate - before.false_positive_rate;
    area += (width * (point.true_positive_rate + before.true_positive_rate)) / 2;
    before = point;
  }
  return area;
}
