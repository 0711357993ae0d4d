/**
 * Readers of rows: plain float64 TypeScript, or the SIMD kernel. Both give the same bits, so the analysis works
 * with either.
 *
 * Every method throws a Problem for a row that has no softmax (`checkRow`), with a pointer such as `/logits/17`.
 */
import { type AnalysisKernel, createAnalysisKernel } from "../kernels/analysis.ts";
import { checkRow } from "./check-row.ts";
import { BITS_PER_NAT, ln1p } from "./exp.ts";
import { type Logits, type Moments, moments } from "./moments.ts";
import { type Score, scoreOf } from "./score.ts";
import { softmaxOf } from "./softmax.ts";

/** `inverse_temperature` is 1/T everywhere. */
export interface RowReader {
  moments(row: Logits, inverse_temperature: number): Moments;
  /** Both together, faster than one after the other. */
  look(row: Logits, inverse_temperature: number): Seen;
  /** The probabilities of the row; the array may be overwritten by the next call. */
  probabilities(row: Logits, inverse_temperature: number): Float64Array;
  /** The same, rounded to float32. */
  probabilitiesF32(row: Logits, inverse_temperature: number): Float32Array;
  /** ln p and rank of the true class */
  score(row: Logits, target: number, inverse_temperature: number): Score;
}

export interface Seen {
  readonly moments: Moments;
  /** may be overwritten by the next call */
  readonly probabilities: Float64Array;
}

/** Reads rows in any container, float64 included. */
export const plainReader: RowReader = {
  moments(row, inverse_temperature) {
    checkRow(row);
    return moments(row, inverse_temperature);
  },
  look(row, inverse_temperature) {
    checkRow(row);
    const m = moments(row, inverse_temperature);
    return { moments: m, probabilities: softmaxOf(m, row) };
  },
  probabilities: (row, inverse_temperature) => plainReader.look(row, inverse_temperature).probabilities,
  probabilitiesF32: (row, inverse_temperature) =>
    Float32Array.from(plainReader.probabilities(row, inverse_temperature)),
  score(row, target, inverse_temperature) {
    checkRow(row);
    return scoreOf(moments(row, inverse_temperature), row, target);
  },
};

/** Reads rows of f32 values (or of numbers that f32 holds exactly), up to `classes_max` long, six times faster. */
export function createKernelReader(classes_max: number): RowReader {
  const kernel = createAnalysisKernel(classes_max);
  return {
    moments(row, inverse_temperature) {
      load(kernel, row);
      if (!kernel.readMoments(inverse_temperature * BITS_PER_NAT)) checkRow(row);
      return momentsLeft(kernel, row, inverse_temperature);
    },
    look(row, inverse_temperature) {
      load(kernel, row);
      if (!kernel.readAll(inverse_temperature * BITS_PER_NAT)) checkRow(row);
      const m = momentsLeft(kernel, row, inverse_temperature);
      return { moments: m, probabilities: kernel.takeWeights(1 / (1 + m.rest)) };
    },
    probabilities(row, inverse_temperature) {
      load(kernel, row);
      if (!kernel.readWeights(inverse_temperature * BITS_PER_NAT)) checkRow(row);
      return kernel.takeWeights(1 / (1 + kernel.rest()));
    },
    probabilitiesF32(row, inverse_temperature) {
      load(kernel, row);
      if (!kernel.readWeights(inverse_temperature * BITS_PER_NAT)) checkRow(row);
      return kernel.takeWeightsF32(1 / (1 + kernel.rest()));
    },
    score: (row, target, inverse_temperature) => kernelScore(kernel, row, target, inverse_temperature),
  };
}

/** The kernel for f32 values, plain TypeScript for anything finer. */
export function readerFor(values: Logits, classes: number): RowReader {
  return values instanceof Float32Array ? createKernelReader(classes) : plainReader;
}

/** Reads rows of any length: those of float32 by a kernel that grows with them, finer ones as they are. */
export function createAnyReader(): RowReader {
  let classes_max = 0;
  let kernel: RowReader = plainReader;
  const readerOf = (row: Logits) => {
    if (!(row instanceof Float32Array)) return plainReader;
    if (row.length > classes_max) {
      classes_max = Math.max(1024, row.length, 2 * classes_max);
      kernel = createKernelReader(classes_max);
    }
    return kernel;
  };
  return {
    moments: (row, inverse_temperature) => readerOf(row).moments(row, inverse_temperature),
    look: (row, inverse_temperature) => readerOf(row).look(row, inverse_temperature),
    probabilities: (row, inverse_temperature) => readerOf(row).probabilities(row, inverse_temperature),
    probabilitiesF32: (row, inverse_temperature) => readerOf(row).probabilitiesF32(row, inverse_temperature),
    score: (row, target, inverse_temperature) => readerOf(row).score(row, target, inverse_temperature),
  };
}

function load(kernel: AnalysisKernel, row: Logits): void {
  if (row.length === 0) checkRow(row);
  kernel.load(row);
}

function momentsLeft(kernel: AnalysisKernel, row: Logits, inverse_temperature: number): Moments {
  const { max_id, max, second, rest, first, square } = kernel.sums();
  return { length: row.length, max_id, max, second, inverse_temperature, rest, first, square };
}

function kernelScore(
  kernel: AnalysisKernel,
  row: Logits,
  target: number,
  inverse_temperature: number,
): Score {
  load(kernel, row);
  if (!kernel.readSum(inverse_temperature * BITS_PER_NAT)) checkRow(row);
  const logprob = (row[target]! - kernel.max()) * inverse_temperature - ln1p(kernel.rest());
  return { logprob: logprob + 0, rank: kernel.countBefore(target) + 1 };
}
