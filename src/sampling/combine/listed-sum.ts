/**
 * A weighted sum of sources of which some are sparse. It sums the tokens that all of them list, in the arithmetic of
 * the kernel's pass over whole rows, and bounds the sum of any other token.
 */
import { type Listed, MASKED } from "./listed.ts";

const UNBOUNDED = Number.POSITIVE_INFINITY;
/** Largest finite float32. */
const FLOAT_MAX = 3.4028234663852886e38;
/** Rounding error of one step to float32, relative to its summands. */
const ROUNDING = 2 ** -20;

export interface Part {
  readonly listed: Listed;
  /** float32s: the factor of the logits, and the origin from which they are counted */
  readonly factor: number;
  readonly top: number;
}

export class ListedSum {
  /** the tokens whose sums are known, ascending, and their sums */
  readonly token_ids: Int32Array;
  readonly values: Float32Array;
  /** how many listed tokens of the first part are plausible */
  readonly plausible: number;
  /** no other token has a larger sum; −Infinity when all others are masked */
  readonly bound: number;
  readonly #parts: readonly Part[];
  readonly #shift: number;
  readonly #least: number;

  /** Tokens below `least` in the first part are masked. */
  constructor(parts: readonly Part[], shift: number, least: number) {
    this.#parts = parts;
    this.#shift = shift;
    this.#least = least;
    const sums = new Map<number, number>();
    let bound = MASKED;
    let plausible = 0;
    for (const id of idsOf(parts)) {
      if (((parts[0] as Part).listed.at(id) ?? MASKED) >= least) plausible++; // a sum has at least one part
      const sum = this.#sumOf(id);
      if (sum === undefined) bound = Math.max(bound, this.#boundOf(id));
      else if (sum !== MASKED) sums.set(id, sum);
    }
    this.token_ids = Int32Array.from(sums.keys()).sort();
    this.values = Float32Array.from(this.token_ids, (id) => sums.get(id) as number); // they are its keys
    this.plausible = plausible;
    this.bound = Math.max(bound, this.#boundOf(undefined));
  }

  /** The sum of a token; undefined when one of its parts is not listed. */
  #sumOf(id: number): number | undefined {
    let sum = 0;
    let exact = this.#shift;
    let is_known = true;
    for (const [index, { listed, factor, top }] of this.#parts.entries()) {
      const logit = listed.at(id);
      if (logit === MASKED || (index === 0 && logit !== undefined && logit < this.#least)) return MASKED;
      if (logit === undefined) is_known = false;
      else {
        const summand = Math.fround(factor * Math.fround(logit - top));
        sum = index === 0 ? summand : Math.fround(sum + summand);
        exact += factor * (logit - top);
      }
    }
    if (!is_known) return undefined;
    sum = Math.fround(sum + this.#shift);
    return Number.isFinite(sum) ? sum : Math.min(FLOAT_MAX, Math.max(-FLOAT_MAX, exact));
  }

  /** Upper bound of the sum of a token that some part omits; without a token, of one that every part omits. */
  #boundOf(id: number | undefined): number {
    let bound = this.#shift;
    let size = Math.abs(this.#shift);
    for (const [index, { listed, factor, top }] of this.#parts.entries()) {
      const sent = id === undefined ? undefined : listed.at(id);
      const most = sent ?? listed.bound;
      if (most === MASKED || (index === 0 && most < this.#least)) return MASKED;
      // The logit that a subtracted source omits may be arbitrarily low.
      if (sent === undefined && (factor < 0 || most === UNBOUNDED) && factor !== 0) return UNBOUNDED;
      if (factor === 0) continue;
      bound += factor * (most - top);
      size += Math.abs(factor * (most - top));
    }
    return bound + ROUNDING * size;
  }
}

/** Every token that at least one part lists. */
function idsOf(parts: readonly Part[]): Iterable<number> {
  const ids = new Set<number>();
  for (const { listed } of parts) for (const id of listed.ids()) ids.add(id);
  return ids;
}
