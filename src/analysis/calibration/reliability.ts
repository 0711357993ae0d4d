/**
 * The reliability diagram: a prediction with a confidence of 80 % should be right in 80 % of the rows. Rows are sorted into bins
 * by their confidence. In each bin, the mean confidence is compared with the share of right predictions. The expected calibration
 * error (ECE) is the mean gap. Sources: Pakdaman Naeini et al., AAAI 2015 (ECE, of two classes); Guo et al., ICML 2017 (of the
 * winner); Nixon et al., "Measuring Calibration in Deep Learning", 2019 (equal mass, class-wise).
 */
import { ExactSum } from "../sums/exact-sum.ts";

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

/** Upper edges of bins of equal width. */
export function equalEdges(bins: number): Float64Array {
  return Float64Array.from({ length: bins }, (_, b) => (b + 1) / bins);
}

/** Upper edges of the bins, ascending, the last one 1. */
export function binEdges(confidence: Float64Array, bins: number, binning: Binning): Float64Array {
  const edges = equalEdges(bins);
  if (binning === "equal_width") return edges;
  const sorted = confidence.slice().sort();
  for (let b = 0; b < bins - 1; b++)
    edges[b] = sorted[Math.max(0, Math.ceil(((b + 1) * sorted.length) / bins) - 1)]!;
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
  const sums = startBins(edges.length);
  for (let i = 0; i < confidence.length; i++)
    addToBin(sums[binOf(edges, confidence[i]!)]!, confidence[i]!, correct[i]!);
  return binsOf(sums, edges);
}

/** The sums over the rows of one bin. */
export interface BinSums {
  rows: number;
  right: number;
  readonly confidence: ExactSum;
  /** Σ (confidence − right)²: the observed variance of the gap */
  readonly square: ExactSum;
  /** Σ confidence × (1 − confidence): the variance of the gap for a calibrated model */
  readonly honest: ExactSum;
}

export function startBins(count: number): BinSums[] {
  return Array.from({ length: count }, () => ({
    rows: 0,
    right: 0,
    confidence: new ExactSum(),
    square: new ExactSum(),
    honest: new ExactSum(),
  }));
}

export function addToBin(bin: BinSums, confidence: number, correct: number): void {
  const gap = confidence - correct;
  bin.rows += 1;
  bin.right += correct;
  bin.confidence.add(confidence);
  bin.square.add(gap * gap);
  bin.honest.add(confidence * (1 - confidence));
}

export function binsOf(sums: readonly BinSums[], edges: Float64Array): Bin[] {
  return sums.map(({ rows, right, confidence }, b) => ({
    lower: b === 0 ? 0 : edges[b - 1]!,
    upper: edges[b]!,
    rows,
    confidence: rows === 0 ? null : confidence.value() / rows,
    accuracy: rows === 0 ? null : right / rows,
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

/** The largest gap of any bin with rows. */
export function maximumCalibrationError(bins: readonly Bin[]): number {
  return bins.reduce((largest, bin) => Math.max(largest, gap(bin)), 0);
}

function gap(bin: Bin): number {
  return bin.confidence === null || bin.accuracy === null ? 0 : Math.abs(bin.accuracy - bin.confidence);
}
