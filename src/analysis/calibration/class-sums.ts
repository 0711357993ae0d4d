/**
 * The sums over a set of rows that the search for class parameters needs. They do not depend on the order of the rows or
 * on the division of the set, because every addend is rounded once to the same grid.
 *
 * With p the probabilities of a row under the present parameters, y the true class, and m = Σ pᵢxᵢ, a class adds
 *
 *   one weight for all (bias_scaling) (pᵢ − yᵢ)(xᵢ − m) pᵢ(xᵢ − m) pᵢ(xᵢ − m)²
 *   a weight each (vector_scaling) (pᵢ − yᵢ)xᵢ pᵢ(1 − pᵢ)xᵢ pᵢ(1 − pᵢ)xᵢ²
 *
 * to the slope of its weight, to how the slopes of its weight and bias move together, and to the curvature of its weight;
 * and pᵢ − yᵢ and pᵢ(1 − pᵢ) to slope and curvature of its bias.
 */
import * as z from "zod";
import { Problem } from "../../errors.ts";
import { parseWith } from "../../sampling/options/parse.ts";
import { BITS_PER_NAT, exp2Negative } from "../exp.ts";
import type { Logits } from "../moments.ts";
import { COUNT } from "../sums/saved.ts";
import { SHARE_ROUNDER, SHARE_UNITS, ShareSums } from "../sums/share-sums.ts";

/** Every addend of a class less likely than this rounds to 0. */
const SHARE_MIN = 2 ** -46;
/**
 * Headroom above the logits that counted when the size was set, because scaling changes which logits count.
 */
const ROOM = 8;
/** A class whose weight is below 2⁻⁶⁴ of the largest does not count. */
const REACH_BITS = 64;

/** The largest logit of a row that counts at 1/T; others are practically masked. */
export function reachOf(row: Logits, max: number, inverse_temperature: number): number {
  const lowest = max - REACH_BITS / (inverse_temperature * BITS_PER_NAT);
  let reach = 0;
  for (let i = 0; i < row.length; i++) {
    const size = Math.abs(row[i]!);
    if (size > reach && row[i]! >= lowest) reach = size;
  }
  return reach;
}

/** The smallest power of two above a size with headroom. */
export function sizeFor(reach: number): number {
  let size = ROOM;
  while (size < ROOM * reach) size *= 2;
  return size;
}

const integer = z.int();
const SAVED = z.strictObject({
  rows: COUNT,
  hits: z.array(COUNT),
  /** units and ones of each sum */
  sums: z.record(z.string(), z.strictObject({ ones: z.array(integer), units: z.array(integer) })),
});

const NAMES = ["mass", "spread", "slope", "cross", "curvature"] as const;

export interface SumsChoice {
  readonly classes: number;
  /** a power of two above the size of logits that count */
  readonly size: number;
  /** one weight for all classes */
  readonly is_shared: boolean;
}

export class ClassSums {
  readonly #choice: SumsChoice;
  readonly #hits: Float64Array;
  readonly #sums: Readonly<Record<(typeof NAMES)[number], ShareSums>>;
  readonly #p: Float64Array;
  #rows = 0;

  constructor(choice: SumsChoice) {
    const { classes } = choice;
    const sums = () => new ShareSums(classes);
    this.#choice = choice;
    this.#hits = new Float64Array(classes);
    this.#sums = { mass: sums(), spread: sums(), slope: sums(), cross: sums(), curvature: sums() };
    this.#p = new Float64Array(classes);
  }

  get rows(): number {
    return this.#rows;
  }

  /**
   * Adds a checked row, unscaled and scaled, with its true class. Throws a Problem and adds nothing when logits are too large for
   * the grid.
   */
  add(x: Logits, scaled: Float64Array, target: number): void {
    const { size, is_shared } = this.#choice;
    const p = this.#p;
    const classes = p.length;
    softmaxInto(p, scaled);
    let mean = 0;
    if (is_shared) for (let c = 0; c < classes; c++) if (p[c]! >= SHARE_MIN) mean += p[c]! * x[c]!;
    this.#requireRoom(x, mean, target);
    const { mass, spread, slope, cross, curvature } = this.#sums;
    const [m, v, g, k, h] = [mass.units, spread.units, slope.units, cross.units, curvature.units];
    for (let c = 0; c < classes; c++) {
      const share = p[c]!;
      if (share < SHARE_MIN) continue;
      const own = (x[c]! - mean) / size;
      const left = share * (1 - share);
      const pull = (is_shared ? share : left) * own;
      m[c]! += onGrid(share);
      v[c]! += onGrid(left);
      g[c]! += onGrid(share * own);
      k[c]! += onGrid(pull);
      h[c]! += onGrid(pull * own);
    }
    g[target]! -= onGrid((x[target]! - mean) / size);
    this.#hits[target]! += 1;
    this.#rows += 1;
    for (const sums of Object.values(this.#sums)) sums.counted();
  }

  /** Mean slope of the loss along the bias of each class, Σ (p − y). */
  biasSlope(c: number): number {
    return (this.#sums.mass.value(c) - this.#hits[c]!) / this.#rows;
  }

  weightSlope(c: number): number {
    return (this.#sums.slope.value(c) * this.#choice.size) / this.#rows;
  }

  biasCurvature(c: number): number {
    return this.#sums.spread.value(c) / this.#rows;
  }

  weightCurvature(c: number): number {
    return (this.#sums.curvature.value(c) * this.#choice.size * this.#choice.size) / this.#rows;
  }

  crossCurvature(c: number): number {
    return (this.#sums.cross.value(c) * this.#choice.size) / this.#rows;
  }

  /** The first class that is never the true one; undefined when all occur. */
  get absent(): number | undefined {
    const at = this.#hits.indexOf(0);
    return at < 0 ? undefined : at;
  }

  save(): object {
    const sums = Object.entries(this.#sums).map(([name, each]) => {
      each.carry();
      return [name, { ones: Array.from(each.ones), units: Array.from(each.units) }];
    });
    return { rows: this.#rows, hits: Array.from(this.#hits), sums: Object.fromEntries(sums) };
  }

  merge(saved: unknown): void {
    const { rows, hits, sums } = parseWith(SAVED, saved, "/class_sums");
    this.#rows += rows;
    addAll(this.#hits, hits);
    for (const name of NAMES) {
      const of_name = sums[name];
      if (of_name === undefined)
        throw new Problem("invalid_option", `sums must hold ${name}, got none`, "/class_sums");
      addAll(this.#sums[name].ones, of_name.ones);
      addAll(this.#sums[name].units, of_name.units);
      this.#sums[name].carry();
    }
  }

  #requireRoom(x: Logits, mean: number, target: number): void {
    const { size } = this.#choice;
    const p = this.#p;
    for (let c = 0; c < p.length; c++) {
      if (Math.abs(x[c]! - mean) <= size || (p[c]! < SHARE_MIN && c !== target)) continue;
      const detail = `a logit that counts must lie within ±${size} of others, got ${x[c]} for class ${c}`;
      throw new Problem("cannot_calibrate", detail, `/logits/${c}`);
    }
  }
}

/** A share in units of the grid, ties to even. */
function onGrid(share: number): number {
  return share * SHARE_UNITS + SHARE_ROUNDER - SHARE_ROUNDER;
}

function softmaxInto(p: Float64Array, scaled: Float64Array): void {
  let max = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < p.length; c++) if (scaled[c]! > max) max = scaled[c]!;
  let sum = 0;
  for (let c = 0; c < p.length; c++) {
    const weight = exp2Negative((scaled[c]! - max) * BITS_PER_NAT);
    p[c] = weight;
    sum += weight;
  }
  const scale = 1 / sum;
  for (let c = 0; c < p.length; c++) p[c]! *= scale;
}

function addAll(to: Float64Array, from: readonly number[]): void {
  if (from.length !== to.length)
    throw new Problem(
      "length_mismatch",
      `sums that are merged must be of as many classes, ${to.length}, got ${from.length}`,
      "/class_sums",
    );
  for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
}
