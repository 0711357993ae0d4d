/**
 * Passes that weigh tokens by e^(x/T): the normaliser, the cut of top-p, and the draw. Remembers which block sums
 * lie in memory, so that a draw after a sum or a cut does not weigh the row again.
 */
import { ln } from "./float64.ts";
import type { Machine } from "./instance.ts";
import { SELECTION_MAX } from "./layout.ts";
import { findCrossing } from "./radix.ts";
import type { Row } from "./row.ts";
import { type Cut, cutFrom, EVERY_TIE, gather, setWindow, tieId } from "./select.ts";

/** Slack of mass comparisons, so that exact ties come out alike from f32, f16 and bf16 rows. */
export const MASS_SLACK = 1e-7;

/** Temperatures beyond this range weigh as its ends do: all or nothing, or all alike. */
const TEMPERATURE_MIN = 1e-30;
const TEMPERATURE_MAX = 1e30;

/** What top-p keeps, and the share of the row's mass that this is. */
export interface MassCut {
  readonly cut: Cut;
  readonly mass: number;
  /** size of the sorted selection; −1 when more than SELECTION_MAX survive, and then block sums are left for draw */
  readonly selected: number;
}

export class MassPasses {
  readonly #machine: Machine;
  #row: Row | undefined;
  #version = -1;
  #temperature = 0;
  #floor = 0;
  #tie_id = 0;
  #ceiling = 0;
  #ceiling_tie_id = 0;
  /** Σ w of the last pass, and what turns ln of it into ln Σ exp(x/T) */
  #total = 0;
  #offset = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** ln Σ exp(xᵢ/T) over the survivors; −Infinity when there is none, +Infinity when one is +Infinity. */
  logSumExp(row: Row, temperature: number, cut: Cut): number {
    const largest = Math.min(row.max, cut.ceiling);
    if (largest === -Infinity || (largest === Infinity && cut.floor <= Infinity)) return largest;
    this.#sum(row, temperature, cut);
    return ln(this.#total) + this.#offset;
  }

  /** The smallest descending prefix with the mass p; needs a finite maximum. See Kernel.topP. */
  topP(row: Row, temperature: number, p: number, inclusive: boolean): MassCut {
    const all = cutFrom(-Infinity, EVERY_TIE);
    this.#sum(row, temperature, all);
    const total = this.#total;
    const limit = (inclusive ? p + MASS_SLACK : p - MASS_SLACK) * total;
    const crossing = findCrossing(this.#machine, row, limit, inclusive, true);
    const cut = cutFrom(crossing.floor, tieId(this.#machine, row, crossing.floor, crossing.equal_kept));
    return this.#select(row, temperature, cut, Math.min(crossing.mass / total, 1));
  }

  /** Inverse CDF in id order over the survivors; −1 when there is none. */
  draw(row: Row, temperature: number, cut: Cut, u: number): number {
    const { wasm } = this.#machine;
    const largest = Math.min(row.max, cut.ceiling);
    if (largest === -Infinity) return -1;
    if (largest === Infinity) return this.#drawInfinite(row, u);
    if (!this.#has(row, temperature, cut)) this.#sum(row, temperature, cut);
    setWindow(this.#machine, cut);
    return wasm.draw(row.address, row.maxima_address, row.blocks, this.#total, u);
  }

  /** Tokens of +Infinity share the probability evenly. */
  #drawInfinite(row: Row, u: number): number {
    const { wasm } = this.#machine;
    wasm.setWindow(Infinity, EVERY_TIE, Infinity, EVERY_TIE);
    const equal = wasm.count(row.address, row.maxima_address, row.blocks);
    return tieId(this.#machine, row, Infinity, Math.floor(u * equal) + 1);
  }

  #select(row: Row, temperature: number, cut: Cut, mass: number): MassCut {
    setWindow(this.#machine, cut);
    const selected = gather(this.#machine, row, SELECTION_MAX);
    if (selected >= 0) this.#machine.wasm.sortSelection(selected, selected);
    else this.#sum(row, temperature, cut);
    return { cut, mass, selected };
  }

  #sum(row: Row, temperature: number, cut: Cut): void {
    const { wasm } = this.#machine;
    const clamped = Math.min(Math.max(temperature, TEMPERATURE_MIN), TEMPERATURE_MAX);
    this.#offset = wasm.prepareWeights(Math.min(row.max, cut.ceiling), clamped);
    const windowed = cut.floor !== -Infinity || cut.ceiling !== Infinity;
    setWindow(this.#machine, cut);
    this.#total = windowed
      ? wasm.sumWeights(row.address, row.maxima_address, row.blocks)
      : wasm.sumAllWeights(row.address, row.blocks);
    this.#row = row;
    this.#version = row.version;
    this.#temperature = temperature;
    this.#floor = cut.floor;
    this.#tie_id = cut.tie_id;
    this.#ceiling = cut.ceiling;
    this.#ceiling_tie_id = cut.ceiling_tie_id;
  }

  /** Whether the block sums in memory are those of this row, temperature and cut. */
  #has(row: Row, temperature: number, cut: Cut): boolean {
    return (
      this.#row === row &&
      this.#version === row.version &&
      this.#temperature === temperature &&
      this.#floor === cut.floor &&
      (this.#tie_id === cut.tie_id || cut.floor === -Infinity) &&
      this.#ceiling === cut.ceiling &&
      (this.#ceiling_tie_id === cut.ceiling_tie_id || cut.ceiling === Infinity)
    );
  }
}
