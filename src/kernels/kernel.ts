/**
 * The typed face of the wasm kernel: rows of float32 logits in one fixed WebAssembly.Memory, and the passes over
 * them. It knows no options, no HTTP, no JSON; only rows, numbers and cuts.
 *
 * Terms:
 *  - row: float32 values, padded with −Infinity to a multiple of 128, with one maximum per block of 128.
 *  - cut: `{floor, tie_id}`. Survivors are every x > floor and every x = floor whose id ≤ tie_id; optionally a
 *    ceiling bounds them from above by the same rule. −Infinity never survives.
 *  - selection: at most SELECTION_MAX (id, logit) pairs that the last selecting call left behind.
 *
 * A kernel is single-threaded scratch: a result is valid until the next call that makes one of the same kind.
 */

import type { ValueMoments } from "./distribution.ts";
import type { Edits } from "./edits.ts";
import { instantiate } from "./instance.ts";
import type { KernelLimits } from "./layout.ts";
import type { Noise } from "./philox.ts";
import type { Row } from "./row.ts";
import type { ScoreList } from "./score-list.ts";
import type { Cut } from "./selection/cut.ts";
import type { Distribution } from "./softmax.ts";
import type { TokenTable } from "./tokens.ts";
import { WasmKernel } from "./wasm-kernel.ts";

export type { ValueMoments } from "./distribution.ts";
export { DTYPE_NAMES, DTYPES, type Dtype } from "./dtypes.ts";
export type { Edits } from "./edits.ts";
export { exp, ln } from "./float64.ts";
export { type KernelLimits, SELECTION_MAX } from "./layout.ts";
export { coarseUniform, fineUniform, gumbelOf, type Noise, noiseOf, philox } from "./philox.ts";
export { Row } from "./row.ts";
export type { Cut } from "./selection/cut.ts";
export type { Distribution } from "./softmax.ts";
export type { CountMemory, TokenTable } from "./tokens.ts";

export interface Kernel {
  /** The row that was returned last, or undefined when all are out. */
  leaseRow(): Row | undefined;
  /** Gives a row back; returning it twice is a programmer's error. */
  returnRow(row: Row): void;

  /** Largest value of a finished row: −Infinity when all are masked, +Infinity possible. Costs nothing. */
  max(row: Row): number;
  /** Index of the first NaN, −1 when there is none. Costs nothing unless the scan met one. */
  firstNaN(row: Row): number;
  /** The means to edit a finished row and to put it back. */
  readonly edits: Edits;
  /** A list of many tokens with float64 scores. */
  readonly list: ScoreList;
  /** Counts of tokens, as penalties need them. */
  readonly tokens: TokenTable;

  /** Lowest id of the largest value; −1 when every token is masked. */
  argmax(row: Row): number;
  /** Selects the k largest (k ≤ SELECTION_MAX), sorted by logit descending, id ascending; −Infinity never. Returns how many. */
  topK(row: Row, k: number): number;
  /** Selects the survivors of a cut in id order and returns how many; −1 when there are more than SELECTION_MAX. */
  gather(row: Row, floor: number, tie_id: number, ceiling?: number, ceiling_tie_id?: number): number;
  /** The cut that keeps exactly the k largest (any k ≥ 1), ids ascending among equals. Result in `cut`. */
  kthLargest(row: Row, k: number): void;
  /** Smallest logit that survives a cut; +Infinity when none does. */
  smallest(row: Row, floor: number, tie_id: number, ceiling?: number, ceiling_tie_id?: number): number;
  /** How many tokens survive a cut. */
  count(row: Row, floor: number, tie_id: number, ceiling?: number, ceiling_tie_id?: number): number;

  /** ln Σ exp(xᵢ/T) over the survivors of a cut, error ≤ 1e-6; −Infinity when none. Leaves block sums for `draw`. */
  logSumExp(
    row: Row,
    temperature: number,
    floor: number,
    tie_id: number,
    ceiling?: number,
    ceiling_tie_id?: number,
  ): number;
  /**
   * Cut of the smallest descending prefix (logit descending, id ascending) whose mass reaches p of the row's mass
   * at T: a token survives iff the mass before it is < p − 1e-7, or ≤ p + 1e-7 when `inclusive`; the first always
   * does. The survivors are those of exact arithmetic unless a cumulated mass lies within 1e-6 of the bound.
   * The maximum must be finite. Result in `cut` and `cut_mass`.
   *
   * Returns the size of the selection, sorted as topK sorts; or −1 when more than SELECTION_MAX tokens survive,
   * and then leaves block sums for `draw`.
   */
  topP(row: Row, temperature: number, p: number, inclusive?: boolean): number;
  /**
   * Inverse CDF in id order over the survivors: the first token at which the running mass exceeds u of the total,
   * for u in [0, 1). Uses the block sums of the last logSumExp or topP when they are for the same row, T and cut,
   * and makes them otherwise. Tokens of +Infinity share the probability. −1 when nothing survives.
   */
  draw(
    row: Row,
    temperature: number,
    floor: number,
    tie_id: number,
    u: number,
    ceiling?: number,
    ceiling_tie_id?: number,
  ): number;

  /**
   * The survivor for which x/T + noise is largest, of equals the lowest id; the row's maximum must survive, which it does
   * in a cut without ceiling. −1 when nothing does, and the first of those at +Infinity where there are any.
   */
  noisiest(row: Row, temperature: number, cut: Cut, noise: Noise): number;

  /** Entropy, varentropy, Σp², normaliser and mean logit of the survivors at T, in one pass. Needs a finite one. */
  distribution(
    row: Row,
    temperature: number,
    floor: number,
    tie_id: number,
    ceiling?: number,
    ceiling_tie_id?: number,
  ): Distribution;
  /** Count, mean and population standard deviation of the surviving logits, in float64. */
  valueMoments(
    row: Row,
    floor: number,
    tie_id: number,
    ceiling?: number,
    ceiling_tie_id?: number,
  ): ValueMoments;
  /**
   * Locally typical: the window of tokens whose −ln p is closest to the entropy of the row at T, until their mass
   * reaches p − 1e-7. Needs a finite maximum. Result in `cut`, with a ceiling, and `cut_mass`; tie rules in
   * typical.ts. Returns the size of the selection, sorted as topK sorts; −1 when there are more than SELECTION_MAX.
   */
  typicalCut(row: Row, temperature: number, p: number): number;

  /** Result of the last kthLargest, topP or typicalCut. */
  readonly cut: Cut;
  /**
   * Share of the row's mass that the last topP or typicalCut kept. Peaked rows are decided by bounds, and weighed only when this
   * is read: read it before the row is edited or returned.
   */
  readonly cut_mass: number;
  /** SELECTION_MAX places; the first ones are the selection. */
  readonly selected_ids: Int32Array;
  readonly selected_logits: Float32Array;
}

/** Makes a kernel with a memory of its own, of a size fixed by the limits. */
export function createKernel(limits: KernelLimits): Kernel {
  return new WasmKernel(instantiate(limits), limits);
}
