/** The second differences of a list of weights. */

/**
 * Σ |wᵢ − 2wᵢ₊₁ + wᵢ₊₂| over `count` f64 weights; two more after them are readable. Even and odd places are summed
 * separately.
 */
export function sumBends(weights: usize, count: i32): f64 {
  const two = f64x2.splat(2);
  let sum = f64x2.splat(0);
  const end = weights + ((<usize>((count - 2) & ~1)) << 3);
  for (; weights != end; weights += 16) {
    const ends = f64x2.add(v128.load(weights), v128.load(weights, 16));
    sum = f64x2.add(sum, f64x2.abs(f64x2.sub(ends, f64x2.mul(two, v128.load(weights, 8)))));
  }
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  if ((count & 1) != 0)
    total += abs(load<f64>(weights) - 2 * load<f64>(weights, 8) + load<f64>(weights, 16));
  return total;
}
