/**
 * Many sums of numbers in [0, 1], such as probabilities, that do not depend on the order. Each number is rounded once,
 * to a multiple of 2⁻⁴⁴; all later arithmetic is exact. A sum takes two float64 numbers, where an exact sum takes 68.
 *
 * One part of a sum counts units of 2⁻⁴⁴, the other counts ones. 2⁸ numbers add exactly in the first part before its
 * ones are carried to the second.
 */
import { assert } from "../../errors.ts";

/** Units of one. */
export const SHARE_UNITS = 2 ** 44;
/** Adding and subtracting 1.5 × 2⁵² rounds to the nearest integer, ties to even. */
export const SHARE_ROUNDER = 6755399441055744;
/** Additions to one sum between two carries. */
const ADDED_MAX = 2 ** 8;

export class ShareSums {
  readonly ones: Float64Array;
  /** A loop over many sums adds to this array itself: share × SHARE_UNITS + SHARE_ROUNDER − SHARE_ROUNDER. */
  readonly units: Float64Array;
  #added = 0;

  constructor(length: number) {
    this.ones = new Float64Array(length);
    this.units = new Float64Array(length);
  }

  get length(): number {
    return this.ones.length;
  }

  /** Call this after every sum may have grown by one number. */
  counted(): void {
    this.#added += 1;
    if (this.#added === ADDED_MAX) this.carry();
  }

  addSums(other: ShareSums): void {
    assert(other.length === this.length, "sums that are added up are of the same things");
    this.carry();
    other.carry();
    for (let i = 0; i < this.length; i++) {
      this.ones[i]! += other.ones[i]!;
      this.units[i]! += other.units[i]!;
    }
    this.carry();
  }

  /** The sum, rounded once. */
  value(at: number): number {
    return this.ones[at]! + this.units[at]! / SHARE_UNITS;
  }

  /** Carries all ones, so that equal sums have equal parts. */
  carry(): void {
    const { ones, units } = this;
    for (let i = 0; i < units.length; i++) {
      const carried = Math.floor(units[i]! / SHARE_UNITS);
      ones[i]! += carried;
      units[i]! -= carried * SHARE_UNITS;
    }
    this.#added = 0;
  }
}
