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
import { assert } from "../errors.ts";
import { Edits } from "./edits.ts";
import { instantiate, type Machine } from "./instance.ts";
import { type KernelLimits, SELECTION_MAX } from "./layout.ts";
import { BlockSums, draw, drawInfinite, logSumExp, sumWeights } from "./mass.ts";
import { Row } from "./row.ts";
import { type Cut, EVERY_TIE, gather, kthLargest, setWindow, topK } from "./select.ts";
import { findTopP, MASS_SLACK, massOf } from "./top-p.ts";

export { exp, ln } from "./float64.ts";
export { KERNEL_HASH } from "./kernel.wasm.ts";
export { BLOCK, type KernelLimits, SELECTION_MAX } from "./layout.ts";
export { DTYPE_BYTES, type Dtype, Row } from "./row.ts";

export interface Kernel {
  /** The row that was returned last, or undefined when all are out. */
  leaseRow(): Row | undefined;
  /** Gives a row back; returning it twice is a programmer's error. */
  returnRow(row: Row): void;

  /** Largest value of a finished row: −Infinity when all are masked, +Infinity possible. Costs nothing. */
  max(row: Row): number;
  /** Index of the first NaN, −1 when there is none. Costs nothing unless the scan suspected one. */
  firstNaN(row: Row): number;
  /**
   * Call after `row.values` was edited at these ids (below the row's length), so that maxima and NaN state are
   * right again. With `old_values`, the values before at the same places, fewer blocks are read again. Ids may
   * repeat, each time with the value from before that edit.
   */
  edited(row: Row, token_ids: Int32Array, count: number, old_values?: Float32Array): void;

  /** Lowest id of the largest value; −1 when every token is masked. */
  argmax(row: Row): number;
  /** Selects the k largest (k ≤ SELECTION_MAX), sorted by logit descending, id ascending; −Infinity never. Returns how many. */
  topK(row: Row, k: number): number;
  /** Selects the survivors of a cut in id order and returns how many; −1 when there are more than SELECTION_MAX. */
  gather(row: Row, floor: number, tie_id: number, ceiling?: number, ceiling_tie_id?: number): number;
  /** The cut that keeps exactly the k largest (any k ≥ 1), ids ascending among equals. Result in `cut`. */
  kthLargest(row: Row, k: number): void;
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

  /** Result of the last kthLargest or topP. */
  readonly cut: Cut;
  /**
   * Share of the row's mass that the last topP kept. Peaked rows are decided by bounds, and weighed only when this
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

class WasmKernel implements Kernel {
  readonly selected_ids: Int32Array;
  readonly selected_logits: Float32Array;
  cut: Cut = { floor: -Infinity, tie_id: -1, ceiling: Infinity, ceiling_tie_id: EVERY_TIE };
  readonly #machine: Machine;
  readonly #free: Row[] = [];
  readonly #edits: Edits;
  /** of the last normaliser, and of the last top-p: the one does not disturb a draw from the other */
  readonly #sums: BlockSums;
  readonly #cut_sums: BlockSums;
  #cut_mass: number | undefined = 1;
  #cut_row: Row | undefined;
  #cut_version = 0;
  #cut_temperature = 1;

  constructor(machine: Machine, limits: KernelLimits) {
    const { buffer, layout } = machine;
    this.#machine = machine;
    this.#edits = new Edits(limits.vocab_size_max);
    this.#sums = new BlockSums(layout.sums);
    this.#cut_sums = new BlockSums(layout.cut_sums);
    this.selected_ids = new Int32Array(buffer, layout.selected_ids, SELECTION_MAX);
    this.selected_logits = new Float32Array(buffer, layout.selected_logits, SELECTION_MAX);
    for (let i = limits.rows_max - 1; i >= 0; i--) {
      this.#free.push(new Row(machine, layout.rows + i * layout.row_bytes, limits.vocab_size_max));
    }
  }

  leaseRow(): Row | undefined {
    return this.#free.pop();
  }

  returnRow(row: Row): void {
    assert(!this.#free.includes(row), "a row is returned once");
    this.#free.push(row);
  }

  max(row: Row): number {
    return row.max;
  }

  firstNaN(row: Row): number {
    return row.nan_suspected ? this.#machine.wasm.firstNaN(row.address, row.blocks) : -1;
  }

  edited(row: Row, token_ids: Int32Array, count: number, old_values?: Float32Array): void {
    this.#edits.repair(row, token_ids, count, old_values);
  }

  argmax(row: Row): number {
    if (row.max === -Infinity) return -1;
    return this.#machine.wasm.argmax(row.address, row.maxima_address, row.blocks, row.max);
  }

  topK(row: Row, k: number): number {
    return topK(this.#machine, row, k);
  }

  kthLargest(row: Row, k: number): void {
    this.cut = kthLargest(this.#machine, row, k);
  }

  gather(row: Row, floor: number, tie_id: number, ceiling = Infinity, ceiling_tie_id = EVERY_TIE): number {
    this.#machine.wasm.setWindow(floor, tie_id, ceiling, ceiling_tie_id);
    return gather(this.#machine, row, SELECTION_MAX);
  }

  count(row: Row, floor: number, tie_id: number, ceiling = Infinity, ceiling_tie_id = EVERY_TIE): number {
    this.#machine.wasm.setWindow(floor, tie_id, ceiling, ceiling_tie_id);
    return this.#machine.wasm.count(row.address, row.maxima_address, row.blocks);
  }

  logSumExp(
    row: Row,
    temperature: number,
    floor: number,
    tie_id: number,
    ceiling = Infinity,
    ceiling_tie_id = EVERY_TIE,
  ): number {
    const cut = { floor, tie_id, ceiling, ceiling_tie_id };
    return logSumExp(this.#machine, this.#sums, row, temperature, cut);
  }

  topP(row: Row, temperature: number, p: number, inclusive = false): number {
    const share = inclusive ? p + MASS_SLACK : p - MASS_SLACK;
    const question = { row, temperature, share, inclusive };
    const answer = findTopP(this.#machine, this.#cut_sums, question);
    this.cut = answer.cut;
    this.#cut_mass = answer.mass;
    this.#cut_row = row;
    this.#cut_version = row.version;
    this.#cut_temperature = temperature;
    setWindow(this.#machine, answer.cut);
    const selected = gather(this.#machine, row, SELECTION_MAX);
    if (selected >= 0) this.#machine.wasm.sortSelection(selected, selected);
    else if (!answer.summed) sumWeights(this.#machine, this.#cut_sums, row, temperature, answer.cut);
    return selected;
  }

  get cut_mass(): number {
    if (this.#cut_mass === undefined) {
      const row = this.#cut_row;
      assert(row !== undefined && row.version === this.#cut_version, "the row is as topP saw it");
      this.#cut_mass = massOf(this.#machine, this.#sums, row, this.#cut_temperature, this.cut);
    }
    return this.#cut_mass;
  }

  draw(
    row: Row,
    temperature: number,
    floor: number,
    tie_id: number,
    u: number,
    ceiling = Infinity,
    ceiling_tie_id = EVERY_TIE,
  ): number {
    const largest = Math.min(row.max, ceiling);
    if (largest === -Infinity) return -1;
    if (largest === Infinity) return drawInfinite(this.#machine, row, u);
    const cut = { floor, tie_id, ceiling, ceiling_tie_id };
    let sums = this.#cut_sums;
    if (!sums.areOf(row, temperature, cut)) {
      sums = this.#sums;
      if (!sums.areOf(row, temperature, cut)) sumWeights(this.#machine, sums, row, temperature, cut);
    }
    return draw(this.#machine, sums, row, temperature, cut, u);
  }
}
