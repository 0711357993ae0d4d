/**
 * The typed interface of the analysis module: one row of f32 logits at a time, read in float64 by SIMD. It has a
 * small memory of its own, so that the rows it reads may come from anywhere.
 *
 *     0 the module's constants
 *     1024 results: 6 f64
 *     2048 the weights of a block of 1,024 logits: f64
 *     10240 the row: f32, padded with −Infinity to a multiple of 8
 *     … weights of the row: f64
 */
import { assert } from "../errors.ts";
import { ANALYSIS_BASE64 } from "./analysis.wasm.ts";

interface Exports {
  readMoments(row: number, bytes: number, factor: number, results: number, scratch: number): number;
  readAll(row: number, bytes: number, factor: number, results: number, to: number): number;
  readSum(row: number, bytes: number, factor: number, results: number, scratch: number): number;
  readWeights(row: number, bytes: number, factor: number, results: number, to: number): number;
  scale(at: number, bytes: number, factor: number): void;
  scaleToF32(at: number, bytes: number, factor: number): void;
  countBefore(row: number, bytes: number, x: number, id: number): number;
}

/** The results of the passes. Sums exclude the largest logit; exponents are in bits, as in analysis/moments.ts. */
export interface RowSums {
  readonly rest: number;
  readonly first: number;
  readonly square: number;
  readonly second: number;
  readonly max: number;
  readonly max_id: number;
}

/**
 * Passes over the loaded row; `factor` is log₂e / T. Each returns false when the row holds NaN or +Infinity, or nothing finite.
 */
export interface AnalysisKernel {
  readonly vocab_size_max: number;
  /** takes 1 to vocab_size_max logits; −0 counts as 0 */
  load(row: ArrayLike<number>): void;
  readMoments(factor: number): boolean;
  /** the same; also stores the weights for `takeWeights` */
  readAll(factor: number): boolean;
  /** only `rest`, `max` and `max_id` */
  readSum(factor: number): boolean;
  /** like readSum; also stores the weights for `takeWeights` */
  readWeights(factor: number): boolean;
  /** The weights of the row times a factor, in a view that the next call overwrites. */
  takeWeights(factor: number): Float64Array;
  /** The same, rounded to float32. */
  takeWeightsF32(factor: number): Float32Array;
  /** number of logits that are larger than that of `id`, or equal with a lower id */
  countBefore(id: number): number;
  sums(): RowSums;
  /** Two of the sums alone, for passes that compute only them. */
  rest(): number;
  max(): number;
}

const RESULTS = 1024;
const SCRATCH = 2048;
const ROW = SCRATCH + 8192;
const PAGE_BYTES = 65536;

let compiled: WebAssembly.Module | undefined;

/** A kernel for rows of up to `vocab_size_max` logits; takes 12 bytes a logit. */
export function createAnalysisKernel(vocab_size_max: number): AnalysisKernel {
  const weights = ROW + padded(vocab_size_max) * 4;
  const pages = Math.ceil((weights + padded(vocab_size_max) * 8) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  compiled ??= new WebAssembly.Module(decodeBase64(ANALYSIS_BASE64));
  // The interface above is written from assembly/analysis.ts, which build-wasm compiles into the module.
  const wasm = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Exports;
  const row = new Float32Array(memory.buffer, ROW, padded(vocab_size_max));
  const results = new Float64Array(memory.buffer, RESULTS, 6);
  let length = 0;
  let bytes = 0;
  return {
    vocab_size_max,
    load(values) {
      assert(values.length > 0 && values.length <= vocab_size_max, "a row must fit the analysis kernel");
      length = values.length;
      bytes = padded(length) * 4;
      row.set(values);
      row.fill(Number.NEGATIVE_INFINITY, length, padded(length));
    },
    readMoments: (factor) => wasm.readMoments(ROW, bytes, factor, RESULTS, SCRATCH) !== 0,
    readAll: (factor) => wasm.readAll(ROW, bytes, factor, RESULTS, weights) !== 0,
    readSum: (factor) => wasm.readSum(ROW, bytes, factor, RESULTS, SCRATCH) !== 0,
    readWeights: (factor) => wasm.readWeights(ROW, bytes, factor, RESULTS, weights) !== 0,
    takeWeights(factor) {
      wasm.scale(weights, padded(length) * 8, factor);
      return new Float64Array(memory.buffer, weights, length);
    },
    rest: () => results[0]!,
    max: () => results[4]! + 0,
    takeWeightsF32(factor) {
      wasm.scaleToF32(weights, padded(length) * 8, factor);
      return new Float32Array(memory.buffer, weights, length);
    },
    countBefore: (id) => wasm.countBefore(ROW, bytes, row[id]!, id),
    sums: () => ({
      rest: results[0]!,
      first: results[1]!,
      square: results[2]!,
      second: results[3]! + 0,
      max: results[4]! + 0,
      max_id: results[5]!,
    }),
  };
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
