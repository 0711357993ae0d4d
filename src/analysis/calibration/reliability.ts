/**
 * Is a confidence of 80 % right 80 % of the time? Rows are sorted into bins by their confidence; in each the mean
 * confidence is set against the share that was right. The expected calibration error (ECE) is the mean gap.
 * Sources: Pakdaman Naeini et al., AAAI 2015 (ECE, of two classes); Guo et al., ICML 2017 (of the winner); Nixon et al., "Measuring Calibration in Deep Learning", 2019 (equal mass, class-wise).
 */

/** equal_width: (0, 1/n], (1/n, 2/n] …; equal_mass: as many rows in each as ties allow. */
export type Binning = "equal_width" | "equal_mass";

export interface Bin {
  /** confidences in (lower, upper] */
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
  /** mean confidence; null in an empty bin */
  readonly confidence: number | null;
  /** share of rows that were right; null in an empty bin */
  readonly accuracy: number | null;
}

/** Upper edges of the bins, ascending, the last one 1. */
export function binEdges(confidence: Float64Array, bins: number, binning: Binning): Float64Array {
  const edges = new Float64Array(bins);
  const sorted = binning === "equal_mass" ? confidence.slice().sort() : undefined;
  for (let b = 0; b < bins - 1; b++) {
    edges[b] = sorted
      ? sorted[Math.max(0, Math.ceil(((b + 1) * sorted.length) / bins) - 1)]!
      : (b + 1) / bins;
  }
  edges[bins - 1] = 1;
  return edges;
}

/** First bin whose upper edge is not below the confidence. */
export function binOf(edges: Float64Array, confidence: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < confidence) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function reliabilityBins(confidence: Float64Array, correct: Uint8Array, edges: Float64Array): Bin[] {
  const rows = new Float64Array(edges.length);
  const sum = new Float64Array(edges.length);
  const right = new Float64Array(edges.length);
  for (let i = 0; i < confidence.length; i++) {
    const b = binOf(edges, confidence[i]!);
    rows[b]! += 1;
    sum[b]! += confidence[i]!;
    right[b]! += correct[i]!;
  }
  return Array.from(edges, (upper, b) => ({
    lower: b === 0 ? 0 : edges[b - 1]!,
    upper,
    rows: rows[b]!,
    confidence: rows[b] === 0 ? null : sum[b]! / rows[b]!,
    accuracy: rows[b] === 0 ? null : right[b]! / rows[b]!,
  }));
}

/** Σ (rows in bin / rows) × |accuracy − confidence|, in [0, 1]. */
export function expectedCalibrationError(bins: readonly Bin[]): number {
  let rows = 0;
  let sum = 0;
  for (const bin of bins) {
    rows += bin.rows;
    sum += bin.rows * gap(bin);
  }
  return sum / rows;
}

/** The largest gap of any bin that holds rows. */
export function maximumCalibrationError(bins: readonly Bin[]): number {
  return bins.reduce((largest, bin) => Math.max(largest, gap(bin)), 0);
}

function gap(bin: Bin): number {
  return bin.confidence === null || bin.accuracy === null ? 0 : Math.abs(bin.accuracy - bin.confidence);
}
