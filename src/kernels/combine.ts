/**
 * Combines several rows into one, which has its own place in memory; the rows stay unchanged. A kernel has one such
 * place, and its contents are valid until the next combination.
 */
import type { Machine } from "./instance.ts";
import { BLOCK, SOURCE_BYTES, SOURCES_MAX } from "./layout.ts";
import { Row } from "./row.ts";

const EVERY_TOKEN = Number.POSITIVE_INFINITY;
/** A bound is rounded like the values, by the same steps, and may be a few units in the last place below them. */
const BOUND_SLACK = 1e-6;

/** A finished row without NaN and +Infinity, and its part in a sum. */
export interface Summand {
  readonly row: Row;
  readonly factor: number;
  /** the float32 from which its values are counted */
  readonly top: number;
}

/** A finished row without NaN and +Infinity, of which ln p is scale·(x − max) + offset. */
export interface LogRow {
  readonly row: Row;
  readonly scale: number;
  readonly offset: number;
}

export class Combiner {
  readonly #machine: Machine;
  readonly #combined: Row;
  readonly #masked: readonly Row[];
  readonly #addresses: Int32Array;
  readonly #factors: Float32Array;
  readonly #numbers: Float64Array;

  constructor(machine: Machine, vocab_size_max: number) {
    const { buffer, layout } = machine;
    this.#machine = machine;
    this.#combined = new Row(machine, layout.combined, vocab_size_max);
    this.#masked = Array.from(
      { length: SOURCES_MAX },
      (_, index) => new Row(machine, layout.masked + index * layout.row_bytes, vocab_size_max),
    );
    this.#addresses = new Int32Array(buffer, layout.sources, (SOURCES_MAX * SOURCE_BYTES) / 4);
    this.#factors = new Float32Array(buffer, layout.sources, (SOURCES_MAX * SOURCE_BYTES) / 4);
    this.#numbers = new Float64Array(buffer, layout.sources, (SOURCES_MAX * SOURCE_BYTES) / 8);
  }

  /**
   * (f₀·(x₀ − t₀) + f₁·(x₁ − t₁) + …) + shift for each token, all in f32, in this order. A token at −Infinity in any row is −∞ in
   * the sum, and so is one whose x₀ is below `least`, a float32. Values beyond f32's range are clamped to it.
   */
  add(summands: readonly Summand[], shift = 0, least = Number.NEGATIVE_INFINITY): Row {
    for (const [index, { row, factor, top }] of summands.entries()) this.#tell(index, row, top, factor, 0, 0);
    const { wasm, layout } = this.#machine;
    const to = this.#begin(summands);
    wasm.addRows(layout.sources, summands.length, to.blocks, shift, least, to.address, to.maxima_address);
    to.settle();
    return to;
  }

  /**
   * ln Σ p for each token, in float64 until it is written to the row. A token is at −Infinity when it is so in all rows.
   *
   * With `best`, only that number of largest values is read from the row (kernel.topK). Blocks without any of them may be masked,
   * and their maxima are only upper bounds.
   */
  mix(rows: readonly LogRow[], best = EVERY_TOKEN): Row {
    for (const [index, { row, scale, offset }] of rows.entries())
      this.#tell(index, row, row.max, 0, scale, offset);
    const { wasm, layout } = this.#machine;
    const to = this.#begin(rows);
    if (best > to.blocks >> 1)
      wasm.mixRows(layout.sources, rows.length, to.blocks, to.address, to.maxima_address);
    else this.#mixBest(to, rows.length, best);
    to.settle();
    return to;
  }

  /** First the blocks with the largest bounds, then others that may hold more than those. */
  #mixBest(to: Row, rows: number, best: number): void {
    const { wasm, layout } = this.#machine;
    const { address, maxima_address, blocks } = to;
    const { sources, bracket_weights: bounds } = layout;
    wasm.mixMaxima(sources, rows, blocks, bounds);
    wasm.copy(maxima_address, bounds, blocks * 4);
    const from = wasm.blockThreshold(bounds, blocks, best, wasm.largest(bounds, blocks));
    wasm.mixBetween(sources, rows, blocks, bounds, from, Infinity, address, maxima_address);
    const reached = this.#leastMax(to, from);
    const lowest = Math.min(from, reached - BOUND_SLACK * (1 + Math.abs(reached)));
    wasm.mixBetween(sources, rows, blocks, bounds, lowest, from, address, maxima_address);
    wasm.maskBelow(blocks, bounds, lowest, address);
  }

  /**
   * The smallest maximum of the blocks whose bounds were at least `from`: at least the requested number of tokens reach it, or
   * all do.
   */
  #leastMax({ maxima, blocks }: Row, from: number): number {
    const bounds = new Float32Array(this.#machine.buffer, this.#machine.layout.bracket_weights, blocks);
    let least = Number.POSITIVE_INFINITY;
    for (let block = 0; block < blocks; block++)
      if (bounds[block]! >= from && maxima[block]! < least) least = maxima[block]!;
    return least;
  }

  /** The Jensen-Shannon divergence of two distributions in nats, 0 to ln 2, in float64. */
  divergence(a: LogRow, b: LogRow): number {
    this.#tell(0, a.row, a.row.max, 0, a.scale, a.offset);
    this.#tell(1, b.row, b.row.max, 0, b.scale, b.offset);
    const { wasm, layout } = this.#machine;
    return Math.max(0, wasm.divergence(layout.sources, a.row.blocks));
  }

  /** A copy of a row, one for each index below SOURCES_MAX. */
  copy(row: Row, index: number): Row {
    const copy = this.#masked[index]!;
    const { wasm } = this.#machine;
    copy.describe(row);
    wasm.copy(copy.address, row.address, row.blocks * BLOCK * 4);
    wasm.copy(copy.maxima_address, row.maxima_address, row.blocks * 4);
    copy.settle();
    return copy;
  }

  /** A row of the same length in which only these tokens are above −Infinity. */
  list(like: Row, index: number, token_ids: Int32Array, values: Float64Array, count: number): Row {
    const row = this.#masked[index]!;
    row.begin("f32");
    row.values.fill(Number.NEGATIVE_INFINITY, 0, like.length);
    for (let i = 0; i < count; i++) row.values[token_ids[i]!] = values[i]!;
    row.wrote(like.length);
    row.finish(Math.min(like.length, like.blocks * BLOCK));
    return row;
  }

  #tell(index: number, row: Row, top: number, factor: number, scale: number, offset: number): void {
    const at = (index * SOURCE_BYTES) / 4;
    this.#addresses[at] = row.address;
    this.#addresses[at + 1] = row.maxima_address;
    this.#factors[at + 2] = factor;
    this.#factors[at + 3] = top;
    this.#numbers[at / 2 + 2] = scale;
    this.#numbers[at / 2 + 3] = offset;
  }

  /** The combined row, as long as the shortest of the others. */
  #begin(of: readonly { readonly row: Row }[]): Row {
    const [first] = of as readonly [{ readonly row: Row }]; // there is at least one
    const to = this.#combined;
    to.describe(first.row);
    for (const { row } of of) to.length = Math.min(to.length, row.length);
    to.nan_suspected = false;
    // Tokens past the vocabulary are in no block that is read.
    const end = to.blocks * BLOCK;
    if (to.length > end) to.values.fill(Number.NEGATIVE_INFINITY, end, to.length);
    return to;
  }
}
