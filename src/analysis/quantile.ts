/** Order statistics of small samples. */

/** Quantile q in [0, 1] of values sorted ascending, by linear interpolation (Hyndman and Fan's type 7, R's default). */
export function quantileSorted(sorted: ArrayLike<number>, q: number): number {
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high ? low : low + (high - low) * (place - below);
}

export function median(values: ArrayLike<number>): number {
  return quantileSorted(Float64Array.from(values).sort(), 0.5);
}

/**
 * Median absolute deviation × 1.4826. It estimates the standard deviation of a normal sample, and stays
 * bounded when less than half of the sample is replaced.
 */
export function medianDeviation(values: ArrayLike<number>, center: number): number {
  return 1.4826022185056018 * median(Float64Array.from(values, (x) => Math.abs(x - center)));
}
