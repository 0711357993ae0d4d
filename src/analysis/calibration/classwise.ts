/**
 * Class-wise calibration error: the calibration error of every class, not only of the most likely one. When
 * class c has a probability of 30 %, it should be the true class in 30 % of the rows. Bins are of equal width;
 * the mean is over classes. Source: Kull et al., "Beyond temperature scaling", NeurIPS 2019, §2.
 */
import { SHARE_ROUNDER, SHARE_UNITS, ShareSums } from "../sums/share-sums.ts";

/**
 * Number of sums per class and bin. They are stored flat, bin after bin, because nearly all probabilities lie
 * in the first.
 */
export interface ClasswiseBins {
  readonly classes: number;
  readonly bins: number;
  rows: number;
  /** Σ p */
  readonly mass: ShareSums;
  /** number of rows in which the class is the true one */
  readonly hits: Float64Array;
}

export interface ClassQuality {
  readonly class_id: number;
  /** mean probability over all rows */
  readonly probability: number;
  /** share of rows in which it is the true class */
  readonly frequency: number;
  /** calibration error of this class */
  readonly ece: number;
}

export function startClasswise(classes: number, bins: number): ClasswiseBins {
  const size = classes * bins;
  return { classes, bins, rows: 0, mass: new ShareSums(size), hits: new Float64Array(size) };
}

/** Adds one row: every class goes to the bin of its probability. */
export function addClasswise(sums: ClasswiseBins, probabilities: Float64Array, target: number): void {
  const { classes, bins, mass, hits } = sums;
  const { units } = mass;
  for (let c = 0; c < classes; c++) {
    const p = probabilities[c]!;
    const place = p * bins;
    // Nearly all lie in the first bin.
    const at = place <= 1 ? c : (Math.ceil(place) - 1) * classes + c;
    units[at]! += p * SHARE_UNITS + SHARE_ROUNDER - SHARE_ROUNDER;
  }
  mass.counted();
  hits[slot(bins, probabilities[target]!) * classes + target]! += 1;
  sums.rows += 1;
}

/** (1/C) Σ_c Σ_bin |hits − mass| / rows, in [0, 1]. Rows in a bin cancel out of (rows/N) × |hits/rows − mass/rows|. */
export function classwiseCalibrationError(sums: ClasswiseBins): number {
  let sum = 0;
  for (let i = 0; i < sums.hits.length; i++) sum += Math.abs(sums.hits[i]! - sums.mass.value(i));
  return sum / (sums.classes * sums.rows);
}

/** The same for each class, with its mean probability and its frequency. */
export function qualityByClass({ classes, bins, rows, mass, hits }: ClasswiseBins): ClassQuality[] {
  return Array.from({ length: classes }, (_, class_id) => {
    let [probability, frequency, ece] = [0, 0, 0];
    for (let b = 0; b < bins; b++) {
      const i = b * classes + class_id;
      probability += mass.value(i);
      frequency += hits[i]!;
      ece += Math.abs(hits[i]! - mass.value(i));
    }
    return { class_id, probability: probability / rows, frequency: frequency / rows, ece: ece / rows };
  });
}

/** Bin (b/n, (b+1)/n] of a probability; 0 lies in the first. */
function slot(bins: number, p: number): number {
  const place = p * bins;
  return place <= 1 ? 0 : Math.ceil(place) - 1;
}
