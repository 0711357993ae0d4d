/** The total variation distance of two distributions: ½ Σ |p − q| over listed tokens, and over the rest of 1 as one token. */
export function totalVariation(p: readonly number[], q: readonly number[]): number {
  let apart = 0;
  let left = 0;
  for (let i = 0; i < p.length; i++) {
    const difference = (p[i] ?? 0) - (q[i] ?? 0);
    apart += Math.abs(difference);
    left -= difference;
  }
  return Math.min(1, (apart + Math.abs(left)) / 2);
}
