/**
 * Many sums of numbers in [0, 1], such as probabilities, without an order: each number is rounded once, to a multiple of
 * 2⁻⁵², and from then on everything is whole numbers. A sum takes two float64 numbers, where an exact one takes 68.
 *
 * A number is high × 2⁻²⁶ + low × 2⁻⁵²; both parts are at most 2²⁶, so that 2²⁶ of them add up exactly before what the
 * lower sum has too much is carried to the higher one.
 */
import { assert } from "../../errors.ts";

const HALF = 2 ** 26;
const UNIT = 2 ** -52;
/** Numbers of one sum between two carries. */
const ADDED_MAX = 2 ** 26;

export class ShareSums {
  readonly high: Float64Array;
  readonly low: Float64Array;
  #added = 0;

  constructor(length: number) {
    this.high = new Float64Array(length);
    this.low = new Float64Array(length);
  }

  get length(): number {
    return this.high.length;
  }

  add(at: number, share: number): void {
    const scaled = share * HALF;
    const whole = Math.floor(scaled);
    this.high[at]! += whole;
    this.low[at]! += Math.round((scaled - whole) * HALF);
  }

  /** To be called when every sum may have grown by one number. */
  counted(): void {
    this.#added += 1;
    if (this.#added === ADDED_MAX) this.carry();
  }

  addSums(other: ShareSums): void {
    assert(other.length === this.length, "sums that are added up are of the same things");
    this.carry();
    other.carry();
    for (let i = 0; i < this.length; i++) {
      this.high[i]! += other.high[i]!;
      this.low[i]! += other.low[i]!;
    }
    this.carry();
  }

  /** Within one rounding of the sum. */
  value(at: number): number {
    return this.high[at]! / HALF + this.low[at]! * UNIT;
  }

  /** Leaves every lower part in [0, 2²⁶): equal sums are equal numbers then. */
  carry(): void {
    for (let i = 0; i < this.length; i++) {
      const carried = Math.floor(this.low[i]! / HALF);
      this.high[i]! += carried;
      this.low[i]! -= carried * HALF;
    }
    this.#added = 0;
  }
}
