/** The inverse of a cumulative distribution that is given as weights. */

/**
 * The first place at which the running sum of the weights exceeds u of all of them (0 < u < 1); the last with any
 * weight if rounding passes it. Both sums run in the order of the places.
 */
export function drawPlace(weights: Float64Array, count: number, u: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += weights[i]!;
  const target = u * total;
  let sum = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    if (weights[i] === 0) continue;
    sum += weights[i]!;
    last = i;
    if (sum > target) break;
  }
  return last;
}
