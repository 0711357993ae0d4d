/**
 * CONTRACT SKETCH (the kernel author replaces the bodies, keeps or improves the face).
 *
 * The typed face of the wasm kernel: rows of float32 logits in one fixed WebAssembly.Memory, and the hot
 * loops over them. It knows no options, no HTTP, no JSON objects; only rows, numbers and cuts.
 *
 * Terms:
 *  - row: `vocab_size` float32 values, padded with −Infinity to a multiple of 128; with one maximum per
 *    block of 128 beside it.
 *  - cut: `{floor, tie_id}`; the survivors are every x > floor, and every x = floor whose id ≤ tie_id.
 *    Everything survives `{-Infinity, vocab_size - 1}` except −Infinity itself, which never does.
 *  - selection: at most SELECTION_MAX (id, logit) pairs that the last selecting call left behind.
 */
import type { Dtype } from "./row.ts";

export interface KernelLimits {
  /** longest row, in elements */
  readonly vocab_size_max: number;
  /** how many rows can be leased at once */
  readonly rows_max: number;
}

/** One leased row. Values are written by append/load/JSON scanner; then `finish`, then the kernel's passes. */
export interface Row {
  /** elements received so far; the row's length once finished */
  readonly length: number;
  /** Float32Array view of the elements, for in-place edits (bias, penalties) after `finish`. */
  readonly values: Float32Array;
  /** starts anew: nothing received, elements of this type to come */
  begin(dtype: Dtype): void;
  /** takes the next bytes of the tensor, of any length (an element may be split); false when they exceed vocab_size_max */
  append(bytes: Uint8Array): boolean;
  /** bytes of an element that is not complete yet (0 at a proper end) */
  readonly odd_bytes: number;
  /** copies whole values (library use, JSON batches) */
  load(values: ArrayLike<number>): void;
  /** no more bytes: ids at or past vocab_size become −Infinity (padding); computes what is left of the scan */
  finish(vocab_size?: number): void;
}

export interface Kernel {
  leaseRow(): Row | undefined;
  returnRow(row: Row): void;

  /** Largest value of the row (−Infinity: all masked; +Infinity possible). Cached; block maxima are valid after it. */
  max(row: Row): number;
  /** Index of the first NaN, −1 when there is none. Cheap when the scan saw none. */
  firstNaN(row: Row): number;
  /** Call after `row.values` was edited at these ids, so that maxima and NaN state are right again. */
  edited(row: Row, token_ids: Int32Array, count: number): void;

  /** Lowest id of the largest value. */
  argmax(row: Row): number;
  /** Selects the k largest (k ≤ SELECTION_MAX), sorted by logit descending, id ascending; −Infinity never. Returns how many. */
  topK(row: Row, k: number): number;
  /** Selects the survivors of a cut in id order; −1 when there are more than SELECTION_MAX. */
  gather(row: Row, floor: number, tie_id: number): number;
  /** The cut that keeps exactly the k largest (any k), ids ascending among equals. Result in `cut`. */
  kthLargest(row: Row, k: number): void;
  count(row: Row, floor: number, tie_id: number): number;

  /** ln Σ exp(xᵢ/T) over the survivors of a cut, error ≤ 1e-6; leaves block sums for `draw`. */
  logSumExp(row: Row, temperature: number, floor: number, tie_id: number): number;
  /** Cut of the smallest descending prefix whose mass reaches p of the row's mass at T; result in `cut` and `cut_mass`; leaves block sums for `draw`. */
  topP(row: Row, temperature: number, p: number): void;
  /** Inverse CDF in id order over the survivors, with the block sums that the last logSumExp/topP left for the same row, T and cut. */
  draw(row: Row, temperature: number, floor: number, tie_id: number, u: number): number;

  readonly cut: { floor: number; tie_id: number };
  readonly cut_mass: number;
  readonly selected_ids: Int32Array;
  readonly selected_logits: Float32Array;
}
