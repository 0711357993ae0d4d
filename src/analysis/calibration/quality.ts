/**
 * The quality of the probabilities of a labelled set, in sums that do not depend on the order of the rows or on the
 * division of the set.
 */
import * as z from "zod";
import { Problem } from "../../errors.ts";
import { parseWith } from "../../sampling/options/parse.ts";
import { ExactSum } from "../sums/exact-sum.ts";
import { addSums, COUNT, SUM, savedSums } from "../sums/saved.ts";
import {
  type ClassQuality,
  type ClasswiseBins,
  classwiseCalibrationError,
  qualityByClass,
} from "./classwise.ts";
import {
  addToBin,
  type Bin,
  type BinSums,
  binOf,
  binsOf,
  equalEdges,
  expectedCalibrationError,
  maximumCalibrationError,
  startBins,
} from "./reliability.ts";

/** One row at one temperature. */
export interface Look {
  /** probability of the most likely class */
  readonly confidence: number;
  /** 1 when the most likely class is the true one */
  readonly correct: number;
  readonly logprob: number;
  /** Σ_c (p_c − y_c)² */
  readonly brier: number;
  /** entropy / ln n */
  readonly relative_entropy: number;
}

export interface Quality {
  readonly accuracy: number;
  /** mean cross-entropy in nats */
  readonly nll: number;
  /** mean squared distance of the probabilities from the truth, over all classes: in [0, 2] */
  readonly brier: number;
  readonly ece: number;
  readonly mce: number;
  /** null when there were too many classes, or some were omitted */
  readonly classwise_ece: number | null;
  /** mean confidence minus accuracy: positive when over-confident */
  readonly overconfidence: number;
  readonly bins: readonly Bin[];
  /** the same difference over relative entropy, entropy / ln n */
  readonly entropy_bins?: readonly Bin[];
  readonly classes?: readonly ClassQuality[];
}

/** The optional parts of a Quality. */
export interface QualityDetail {
  /** bins of relative entropy; 0: none */
  readonly entropy_bins: number;
  readonly per_class: boolean;
}

const BIN = z.strictObject({
  rows: COUNT,
  right: COUNT,
  sums: z.strictObject({ confidence: SUM, square: SUM, honest: SUM }),
});
const CLASSWISE = z.strictObject({
  classes: COUNT,
  bins: COUNT,
  /** for every non-zero sum: its index, its two parts, and the count of the true class */
  cells: z.array(z.tuple([COUNT, COUNT, COUNT, COUNT])),
});
const SAVED = z.strictObject({
  rows: COUNT,
  right: COUNT,
  sums: z.strictObject({ nll: SUM, brier: SUM, confidence: SUM }),
  bins: z.array(BIN),
  entropy_bins: z.array(BIN),
  classwise: CLASSWISE.nullable(),
});

export class QualitySums {
  readonly #edges: Float64Array;
  readonly #bins: readonly BinSums[];
  readonly #entropy_edges: Float64Array;
  readonly #entropy_bins: readonly BinSums[];
  readonly #per_class: boolean;
  readonly #classwise: ClasswiseBins | undefined;
  readonly #sums = { nll: new ExactSum(), brier: new ExactSum(), confidence: new ExactSum() };
  #rows = 0;
  #right = 0;

  /** `classwise` is filled by the caller that reads the rows. */
  constructor(edges: Float64Array, { entropy_bins, per_class }: QualityDetail, classwise?: ClasswiseBins) {
    this.#edges = edges;
    this.#bins = startBins(edges.length);
    this.#entropy_edges = equalEdges(entropy_bins);
    this.#entropy_bins = startBins(entropy_bins);
    this.#per_class = per_class;
    this.#classwise = classwise;
  }

  add({ confidence, correct, logprob, brier, relative_entropy }: Look): void {
    this.#rows += 1;
    this.#right += correct;
    this.#sums.nll.add(-logprob);
    this.#sums.brier.add(brier);
    this.#sums.confidence.add(confidence);
    addToBin(this.#bins[binOf(this.#edges, confidence)]!, confidence, correct);
    if (this.#entropy_bins.length > 0)
      addToBin(this.#entropy_bins[binOf(this.#entropy_edges, relative_entropy)]!, confidence, correct);
  }

  get bins(): readonly BinSums[] {
    return this.#bins;
  }

  quality(): Quality {
    const rows = this.#rows;
    const bins = binsOf(this.#bins, this.#edges);
    const accuracy = this.#right / rows;
    const classwise = this.#classwise;
    return {
      accuracy,
      nll: this.#sums.nll.value() / rows,
      brier: this.#sums.brier.value() / rows,
      ece: expectedCalibrationError(bins),
      mce: maximumCalibrationError(bins),
      classwise_ece: classwise === undefined ? null : classwiseCalibrationError(classwise),
      overconfidence: this.#sums.confidence.value() / rows - accuracy,
      bins,
      ...(this.#entropy_bins.length > 0 && { entropy_bins: binsOf(this.#entropy_bins, this.#entropy_edges) }),
      ...(this.#per_class && classwise !== undefined && { classes: qualityByClass(classwise) }),
    };
  }

  save(): object {
    return {
      rows: this.#rows,
      right: this.#right,
      sums: savedSums(this.#sums),
      bins: this.#bins.map(savedBin),
      entropy_bins: this.#entropy_bins.map(savedBin),
      classwise: this.#classwise === undefined ? null : savedClasswise(this.#classwise),
    };
  }

  merge(saved: unknown): void {
    const { rows, right, sums, bins, entropy_bins, classwise } = parseWith(SAVED, saved, "/quality");
    addBins(this.#bins, bins);
    addBins(this.#entropy_bins, entropy_bins);
    addSums(this.#sums, sums);
    this.#rows += rows;
    this.#right += right;
    if (this.#classwise === undefined) return;
    addCells(this.#classwise, classwise);
    this.#classwise.rows += rows;
  }
}

function savedBin({ rows, right, confidence, square, honest }: BinSums) {
  return { rows, right, sums: savedSums({ confidence, square, honest }) };
}

function addBins(to: readonly BinSums[], from: readonly z.output<typeof BIN>[]): void {
  if (to.length !== from.length) throw otherBins(to.length, from.length);
  to.forEach((bin, b) => {
    const { rows, right, sums } = from[b]!;
    bin.rows += rows;
    bin.right += right;
    addSums({ confidence: bin.confidence, square: bin.square, honest: bin.honest }, sums);
  });
}

function savedClasswise({ classes, bins, mass, hits }: ClasswiseBins): z.input<typeof CLASSWISE> {
  mass.carry();
  const cells: [number, number, number, number][] = [];
  for (let i = 0; i < hits.length; i++) {
    const [ones, units, came] = [mass.ones[i]!, mass.units[i]!, hits[i]!];
    if (ones !== 0 || units !== 0 || came !== 0) cells.push([i, ones, units, came]);
  }
  return { classes, bins, cells };
}

function addCells(to: ClasswiseBins, from: z.output<typeof CLASSWISE> | null): void {
  if (from === null || from.classes !== to.classes) throw otherBins(to.classes, from?.classes ?? 0);
  if (from.bins !== to.bins) throw otherBins(to.bins, from.bins);
  for (const [i, ones, units, came] of from.cells) {
    if (i >= to.hits.length) throw otherBins(to.hits.length, i + 1);
    to.mass.ones[i]! += ones;
    to.mass.units[i]! += units;
    to.hits[i]! += came;
  }
  to.mass.carry();
}

function otherBins(expected: number, got: number): Problem {
  return new Problem(
    "length_mismatch",
    `sums that are merged must have as many parts, ${expected}, got ${got}`,
  );
}
