/** How fast a cost grows: the exponent a of y ≈ c · xᵃ. */

export type Point = readonly [x: number, y: number];

/** Of so many points, those with the largest x, the growth is taken: small ones show what does not grow. */
const POINTS = 4;

/**
 * Least squares through (ln x, ln y): 1 is linear, 0 constant. A part that does not grow makes it smaller, so linear
 * growth never shows as more than 1. Points come by ascending x. NaN with fewer than two different x; needs x and y
 * above 0.
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
