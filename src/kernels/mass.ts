/**
 * Passes that weigh tokens by e^(x/T): the normaliser and the draw. Remembers which block sums lie in memory, so
 * that a draw after a sum or after top-p does not weigh the row again.
 */

import { ln } from "./float64.ts";
import type { Machine } from "./instance.ts";
import type { KeptWeights } from "./kept-weights.ts";
import { Normaliser } from "./normaliser.ts";
import type { Row } from "./row.ts";
import { type Cut, countEqual, EVERYTHING, setWindow, tieId } from "./selection/cut.ts";

/**
 * Temperatures outside this range are treated like its ends: all weight on the largest value, or equal
 * weights.
 */
const TEMPERATURE_MIN = 1e-30;
const TEMPERATURE_MAX = 1e30;

/** One set of block sums in memory, and their arguments. */
export class BlockSums {
  readonly address: number;
  /** Σ w over the survivors */
  total = 0;
  /** the logit to which the weights are relative, and the rest: ln Σ exp((x − largest)/T) = ln total + offset */
  largest = 0;
  offset = 0;
  /** number of survivors; −1 when it was not counted */
  count = -1;
  #row: Row | undefined;
  #version = -1;
  #temperature = 0;
  #floor = 0;
  #tie_id = 0;
  #ceiling = 0;
  #ceiling_tie_id = 0;

  constructor(address: number) {
    this.address = address;
  }

  describe(row: Row, temperature: number, cut: Cut, total: number, count: number): void {
    this.total = total;
    this.count = count;
    this.#row = row;
    this.#version = row.version;
    this.#temperature = temperature;
    this.#floor = cut.floor;
    this.#tie_id = cut.tie_id;
    this.#ceiling = cut.ceiling;
    this.#ceiling_tie_id = cut.ceiling_tie_id;
  }

  /** Records the logit to which the weights are relative. */
  relativeTo(largest: number, offset: number): void {
    this.largest = largest;
    this.offset = offset;
  }

  /** True when these are sums over this cut of this row in its present state, at any temperature. */
  areOfCut(row: Row, cut: Cut): boolean {
    return this.areOf(row, this.#temperature, cut);
  }

  /** True when these are the sums of this row in its present state, at this temperature, over this cut. */
  areOf(row: Row, temperature: number, cut: Cut): boolean {
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

export function clampTemperature(temperature: number): number {
  return Math.min(Math.max(temperature, TEMPERATURE_MIN), TEMPERATURE_MAX);
}

/**
 * Fixes the weights for the survivors of a cut; returns what to add to ln Σ w for
 * ln Σ exp((x − largest)/T), where `largest` is the smaller of the row's maximum and the ceiling.
 */
export function prepareWeights(machine: Machine, row: Row, temperature: number, cut: Cut): number {
  return machine.wasm.prepareWeights(Math.min(row.max, cut.ceiling), clampTemperature(temperature));
}

/**
 * A window this far below the row's maximum, in units of T, gets its own weights, because the row's would be too small.
 */
const KEPT_REACH = 40;

/**
 * Sums the weights of the survivors of a cut, from the kept weights if there are any. With `keep` the weights of a whole row are
 * kept.
 */
export function sumWeights(
  machine: Machine,
  sums: BlockSums,
  row: Row,
  asked: number,
  cut: Cut,
  keep = false,
): void {
  const { wasm, results, kept } = machine;
  const temperature = clampTemperature(asked);
  setWindow(machine, cut);
  if (mayUseKept(kept, row, temperature, cut)) {
    sums.relativeTo(row.max, wasm.prepareWeights(row.max, temperature));
    const total = wasm.sumKeptWeights(row.address, row.maxima_address, row.blocks, sums.address);
    sums.describe(row, asked, cut, total, results[0]!);
    return;
  }
  const largest = Math.min(row.max, cut.ceiling);
  sums.relativeTo(largest, wasm.prepareWeights(largest, temperature));
  const everything = cut.floor === -Infinity && cut.ceiling === Infinity;
  const total = everything
    ? wasm.sumAllWeights(row.address, row.blocks, sums.address, keep)
    : wasm.sumWeights(row.address, row.maxima_address, row.blocks, sums.address);
  if (everything && keep) kept.describe(row, temperature, undefined);
  sums.describe(row, asked, cut, total, -1);
}

/**
 * Below a ceiling the kept weights differ in their last bits from those of the window alone, so they are used only for a
 * distribution.
 */
function mayUseKept(kept: KeptWeights, row: Row, temperature: number, { ceiling }: Cut): boolean {
  if (ceiling === Infinity) return kept.has(row, temperature);
  return row.max - ceiling < KEPT_REACH * temperature && kept.of(row, temperature) !== undefined;
}

/** ln Σ exp(xᵢ/T) over the survivors; −Infinity when there is none, +Infinity when one is +Infinity. The weights of a whole row are kept. */
export function logSumExp(
  machine: Machine,
  sums: BlockSums,
  row: Row,
  temperature: number,
  cut: Cut,
): number {
  const largest = Math.min(row.max, cut.ceiling);
  if (largest === -Infinity || largest === Infinity) return largest;
  return normaliserOf(machine, sums, row, temperature, cut).logsumexp;
}

/** The same in two parts, for survivors of which the largest is finite. */
export function normaliserOf(
  machine: Machine,
  sums: BlockSums,
  row: Row,
  temperature: number,
  cut: Cut,
  keep = true,
): Normaliser {
  if (!sums.areOf(row, temperature, cut)) sumWeights(machine, sums, row, temperature, cut, keep);
  return new Normaliser(sums.largest / clampTemperature(temperature), ln(sums.total) + sums.offset);
}

/** Ensures that the weights of a whole row are kept, and returns their sum. The largest must be finite. */
export function keepWeights(machine: Machine, sums: BlockSums, row: Row, temperature: number): number {
  const is_kept = machine.kept.has(row, clampTemperature(temperature));
  if (!is_kept || !sums.areOf(row, temperature, EVERYTHING))
    sumWeights(machine, sums, row, temperature, EVERYTHING, true);
  return sums.total;
}

/** ln Σ exp((xᵢ − max)/T) over a row whose largest value is finite: what rows far from zero lose of ln Σ exp(xᵢ/T). */
export function logMass(machine: Machine, sums: BlockSums, row: Row, temperature: number): number {
  if (!sums.areOf(row, temperature, EVERYTHING))
    sumWeights(machine, sums, row, temperature, EVERYTHING, true);
  return ln(sums.total) + sums.offset;
}

/** Inverse CDF in id order over the survivors; −1 when there is none. The weights of `cut` must be summed in `sums`. */
export function draw(
  machine: Machine,
  sums: BlockSums,
  row: Row,
  temperature: number,
  cut: Cut,
  u: number,
): number {
  const { wasm } = machine;
  wasm.prepareWeights(sums.largest, clampTemperature(temperature));
  setWindow(machine, cut);
  return wasm.draw(row.address, row.maxima_address, row.blocks, sums.address, sums.total, u);
}

/** Tokens of +Infinity share the probability evenly. */
export function drawInfinite(machine: Machine, row: Row, u: number): number {
  const equal = countEqual(machine, row, Infinity);
  return tieId(machine, row, Infinity, Math.floor(u * equal) + 1);
}

/**
 * The share of the survivors' mass below a token in id order, and the share including it. The weights must be summed in `sums`.
 */
export function intervalOf(
  machine: Machine,
  sums: BlockSums,
  row: Row,
  temperature: number,
  cut: Cut,
  token_id: number,
): { readonly from: number; readonly to: number } {
  const { wasm, results } = machine;
  wasm.prepareWeights(sums.largest, clampTemperature(temperature));
  setWindow(machine, cut);
  const before = wasm.massBefore(row.address, row.maxima_address, sums.address, token_id);
  return { from: before / sums.total, to: (before + results[0]!) / sums.total };
}
