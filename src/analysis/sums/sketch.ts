/**
 * The distribution of numbers as counts in bins. It gives quantiles within 0.8 % of their value, and counts of several
 * parts can be added.
 *
 * A bin holds the numbers with the same sign, exponent and first six bits after the leading one: 64 bins an octave,
 * found without arithmetic that could round. Source of the idea: C. Masson et al., "DDSketch", VLDB 2019.
 */
/** The bits that are dropped, of the 20 mantissa bits in a float64's upper word. */
const COARSE = 14;
/** 4,096 bins an octave: 0.03 %. */
export const FINE = 8;
const NUMBER = new Float64Array(1);
const WORDS = new Uint32Array(NUMBER.buffer);

export class Sketch {
  readonly #spared_bits: number;
  readonly #counts = new Map<number, number>();
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  #total = 0;

  constructor(spared_bits = COARSE) {
    this.#spared_bits = spared_bits;
  }

  /** x is finite. */
  add(x: number): void {
    const bin = binOf(x, this.#spared_bits);
    this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + 1);
    this.#total += 1;
    if (x < this.#low) this.#low = x;
    if (x > this.#high) this.#high = x;
  }

  addSketch({ low, high, counts }: SavedSketch): void {
    for (const [bin, count] of counts) {
      this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + count);
      this.#total += count;
    }
    if (low !== null && low < this.#low) this.#low = low;
    if (high !== null && high > this.#high) this.#high = high;
  }

  get total(): number {
    return this.#total;
  }

  /** The smallest and the largest number; undefined when none was added. */
  get range(): readonly [low: number, high: number] | undefined {
    return this.#total === 0 ? undefined : [this.#low, this.#high];
  }

  /**
   * The middle of the bin of the ⌈q × n⌉-th smallest number, limited to the range of the numbers; undefined when there
   * is none.
   */
  quantile(q: number): number | undefined {
    const bin = this.#binOfPlace(Math.max(1, Math.ceil(q * this.#total)));
    if (bin === undefined) return undefined;
    return Math.min(this.#high, Math.max(this.#low, pointOf(bin, this.#spared_bits, 0.5)));
  }

  /** A number close to the k-th smallest and not above it, k from 1 on: the lower end of its bin. */
  below(k: number): number | undefined {
    const bin = this.#binOfPlace(k);
    return bin === undefined
      ? undefined
      : Math.max(this.#low, pointOf(bin, this.#spared_bits, bin < 0 ? 1 : 0));
  }

  #binOfPlace(k: number): number | undefined {
    let before = 0;
    for (const [bin, count] of this.#sorted()) {
      before += count;
      if (before >= k) return bin;
    }
    return undefined;
  }

  /** Equal for the same numbers in any order. */
  save(): SavedSketch {
    const is_empty = this.#total === 0;
    return { low: is_empty ? null : this.#low, high: is_empty ? null : this.#high, counts: this.#sorted() };
  }

  #sorted(): readonly (readonly [number, number])[] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }
}

export interface SavedSketch {
  readonly low: number | null;
  readonly high: number | null;
  /** bins, ascending, with their counts */
  readonly counts: readonly (readonly [bin: number, count: number])[];
}

/** Integers in the order of the bins: 0 for zero, negative for negative numbers. */
function binOf(x: number, spared_bits: number): number {
  if (x === 0) return 0;
  NUMBER[0] = Math.abs(x);
  const place = (WORDS[1]! >>> spared_bits) + 1;
  return x < 0 ? -place : place;
}

/** A point of a bin: share 0 is the end nearer to zero, 0.5 the middle, 1 the other end. */
function pointOf(bin: number, spared_bits: number, share: number): number {
  if (bin === 0) return 0;
  WORDS[0] = 0;
  WORDS[1] = (Math.abs(bin) - 1 + share) * 2 ** spared_bits;
  const size = NUMBER[0]!;
  return bin < 0 ? -size : size;
}

/** The lowest and highest bin. */
export const SKETCH_BIN_MAX = 2 ** (31 - FINE) + 1;
