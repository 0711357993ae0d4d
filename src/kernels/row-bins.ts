/**
 * A whole row in bins of equal width, the largest values first: a prefix of the bins is a prefix of the ranking, so a
 * cut in the ranking is narrowed to one bin before any token is sorted.
 */
import type { Machine } from "./instance.ts";
import { CANDIDATES_MAX, ROW_BINS } from "./layout.ts";
import type { Row } from "./row.ts";

/** The bin of values too far below the top for their own bin, and of the masked tokens. */
export const LAST_BIN = ROW_BINS - 1;

/** The bins of one row, until it changes or other bins are made. */
export class RowBins {
  /** tokens in each bin; the last one also counts masked tokens and the padding of the row */
  readonly counts: Int32Array;
  /** of each bin Σ w and Σ w·(x − max), w = exp((x − max)/T): two numbers each */
  readonly sums: Float64Array;
  /** the tokens of the last `select` */
  readonly selected_ids: Int32Array;
  readonly selected_values: Float32Array;
  readonly #machine: Machine;
  #row: Row | undefined;
  #top = 0;
  #scale = 1;

  constructor(machine: Machine) {
    const { buffer, layout } = machine;
    this.#machine = machine;
    this.selected_ids = machine.selected_ids;
    this.selected_values = machine.selected_logits;
    this.counts = new Int32Array(buffer, layout.row_bin_counts, ROW_BINS);
    this.sums = new Float64Array(buffer, layout.row_bin_sums, 2 * ROW_BINS);
  }

  /**
   * Counts by bins of `width` from `top` down. Returns false and does nothing for a width by which float32 cannot
   * divide.
   */
  count(row: Row, top: number, width: number): boolean {
    if (!this.#begin(row, top, 1 / width)) return false;
    const { wasm, layout } = this.#machine;
    wasm.countBins(row.address, row.blocks, this.#top, this.#scale, layout.row_bin_counts);
    return true;
  }

  /**
   * Counts and weighs by bins that end `reach` below the largest value, which is finite. Returns false like `count`.
   */
  weigh(row: Row, temperature: number, reach: number): boolean {
    if (!this.#begin(row, row.max, (ROW_BINS - 2) / reach)) return false;
    const { wasm, layout } = this.#machine;
    const { row_bin_counts, row_bin_sums } = layout;
    const factor = Math.LOG2E / temperature;
    wasm.weighBins(row.address, row.blocks, this.#top, this.#scale, factor, row_bin_counts, row_bin_sums);
    return true;
  }

  #begin(row: Row, top: number, scale: number): boolean {
    this.#row = row;
    this.#top = top;
    this.#scale = Math.fround(scale);
    return Number.isFinite(this.#scale) && this.#scale > 0;
  }

  /**
   * Selects the tokens of the bins first … last, ranked; returns their number, −1 when there are too many.
   */
  select(first: number, last: number): number {
    const { wasm } = this.#machine;
    const { address, blocks } = this.#row as Row; // counted or weighed before
    const top = this.#top;
    const found = wasm.gatherBins(address, blocks, top, this.#scale, first, last, CANDIDATES_MAX);
    if (found > 0) wasm.sortSelection(found, found);
    return found;
  }

  /** The largest value of the bins from `first` on; −Infinity when they are empty. */
  largestFrom(first: number): number {
    const { address, blocks } = this.#row as Row; // counted or weighed before
    return this.#machine.wasm.largestFromBin(address, blocks, this.#top, this.#scale, first);
  }
}
