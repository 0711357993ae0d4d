/** How fast a cost grows: the exponent a of y ≈ c · xᵃ. */

export type Point = readonly [x: number, y: number];

/** The exponent is that of this number of points with the largest x; small x show the constant part. */
const POINTS = 4;

/**
 * Least squares through (ln x, ln y): 1 is linear, 0 constant. A constant part makes it smaller, so linear growth never
 * gives more than 1. Points are sorted by x. NaN with fewer than two different x; needs x and y above 0.
 */
export function exponentOf(points: readonly Point[]): number {
  const logs = points.slice(-POINTS).map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean_x = mean(logs.map(([x]) => x));
  const mean_y = mean(logs.map(([, y]) => y));
  const covariance = mean(logs.map(([x, y]) => (x - mean_x) * (y - mean_y)));
  return covariance / mean(logs.map(([x]) => (x - mean_x) ** 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
