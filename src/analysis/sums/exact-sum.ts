/**
 * A sum of float64 numbers without rounding: adding in any order, in any number of parts that are added up later, gives
 * the same sum, and only `value` rounds it, once.
 *
 * A float64 is an integer of 53 bits times a power of two not below 2⁻¹⁰⁷⁴. The sum is kept as digits of 32 bits, lowest
 * first, each in a float64 of its own, which holds 53: a digit takes 2²⁰ numbers before what it has too much is carried
 * on. Source: R. Neal, "Fast exact summation using small and large superaccumulators", 2015 (the small one).
 *
 *     digit  0                1                …  66
 *     worth  2⁻¹⁰⁷⁴           2⁻¹⁰⁴²           …  2¹⁰³⁸
 */
import { assert } from "../../errors.ts";

const DIGIT_BITS = 32;
const DIGIT = 2 ** DIGIT_BITS;
/** 2,098 bits for one number, and room for 2⁴⁰ of them. */
const DIGITS = 68;
const LOWEST_EXPONENT = -1074;
const LOWEST = Number.MIN_VALUE; // 2⁻¹⁰⁷⁴
/** Numbers that are added between two carries: each adds less than 2³² to a digit. */
const ADDED_MAX = 2 ** 20;

const NUMBER = new Float64Array(1);
const WORDS = new Uint32Array(NUMBER.buffer);

/** −Infinity and +Infinity are counted apart; NaN is a programmer's error. */
export class ExactSum {
  readonly #digits = new Float64Array(DIGITS);
  #added = 0;
  #infinities = 0;
  #negative_infinities = 0;

  add(x: number): void {
    if (x - x !== 0) {
      this.#addInfinity(x);
      return;
    }
    NUMBER[0] = x;
    const high = WORDS[1]!;
    const low = WORDS[0]!;
    const exponent = (high >>> 20) & 0x7ff;
    // Numbers below 2⁻¹⁰²² have no leading bit of their own and the same worth as those just above.
    const top = exponent === 0 ? high & 0xfffff : (high & 0xfffff) | 0x100000;
    const place = exponent === 0 ? 0 : exponent - 1;
    const digit = place >>> 5;
    const shift = place & 31;
    // Of 53 bits, moved up by less than 32, the three digits that they fall into. A shift by 32 would be one by 0.
    const first = (low << shift) >>> 0;
    const second = ((top << shift) | (shift === 0 ? 0 : low >>> (DIGIT_BITS - shift))) >>> 0;
    const third = shift === 0 ? 0 : top >>> (DIGIT_BITS - shift);
    const digits = this.#digits;
    if (high >>> 31 === 0) {
      digits[digit]! += first;
      digits[digit + 1]! += second;
      digits[digit + 2]! += third;
    } else {
      digits[digit]! -= first;
      digits[digit + 1]! -= second;
      digits[digit + 2]! -= third;
    }
    this.#added += 1;
    if (this.#added === ADDED_MAX) this.#carry();
  }

  /** Adds what another has summed; that one stays as it is. */
  addSum(other: ExactSum): void {
    this.#carry();
    other.#carry();
    for (let d = 0; d < DIGITS; d++) this.#digits[d]! += other.#digits[d]!;
    this.#carry();
    this.#infinities += other.#infinities;
    this.#negative_infinities += other.#negative_infinities;
  }

  /** The float64 nearest to the sum, ties to even. ±Infinity when it was added; NaN when both were. */
  value(): number {
    if (this.#infinities > 0 && this.#negative_infinities > 0) return Number.NaN;
    if (this.#infinities > 0) return Number.POSITIVE_INFINITY;
    if (this.#negative_infinities > 0) return Number.NEGATIVE_INFINITY;
    const sum = this.#integer();
    const magnitude = nearest(sum < 0n ? -sum : sum);
    return sum < 0n ? -magnitude : magnitude;
  }

  /**
   * The sum as text, the same for the same sum: an integer in hexadecimal digits, without zeros at its end, times a power
   * of sixteen times 2⁻¹⁰⁷⁴. `-1a3p268` is −0x1a3 × 16²⁶⁸ × 2⁻¹⁰⁷⁴. Infinities stand after it: `0p0+inf×3`.
   */
  toText(): string {
    const sum = this.#integer();
    const hex = (sum < 0n ? -sum : sum).toString(16);
    const digits = hex.replace(/0+$/, "") || "0";
    const zeros = digits === "0" ? 0 : hex.length - digits.length;
    const infinities = `${counted("+", this.#infinities)}${counted("-", this.#negative_infinities)}`;
    return `${sum < 0n ? "-" : ""}${digits}p${zeros}${infinities}`;
  }

  /** The sum of such a text; undefined when it is none. */
  static fromText(text: string): ExactSum | undefined {
    const parts = /^(-?)([0-9a-f]{1,545})p(\d{1,3})(?:\+inf×(\d{1,15}))?(?:-inf×(\d{1,15}))?$/.exec(text);
    if (parts === null) return undefined;
    const [, sign, digits = "", zeros, infinities = "0", negative_infinities = "0"] = parts;
    if (digits.length + Number(zeros) > (DIGITS * DIGIT_BITS) / 4 - 1) return undefined;
    const sum = new ExactSum();
    sum.#infinities = Number(infinities);
    sum.#negative_infinities = Number(negative_infinities);
    let left = BigInt(`0x${digits}`) << BigInt(4 * Number(zeros));
    for (let d = 0; left > 0n; d++, left >>= 32n) sum.#digits[d] = Number(left & 0xffffffffn);
    if (sign === "-") for (let d = 0; d < DIGITS; d++) sum.#digits[d] = -sum.#digits[d]!;
    sum.#carry();
    return sum;
  }

  #addInfinity(x: number): void {
    assert(!Number.isNaN(x), "a NaN is never summed");
    if (x > 0) this.#infinities += 1;
    else this.#negative_infinities += 1;
  }

  /** Leaves every digit but the last in [0, 2³²); the last takes the sign. */
  #carry(): void {
    const digits = this.#digits;
    for (let d = 0; d < DIGITS - 1; d++) {
      const carried = Math.floor(digits[d]! / DIGIT);
      digits[d]! -= carried * DIGIT;
      digits[d + 1]! += carried;
    }
    this.#added = 0;
  }

  /** The sum in units of 2⁻¹⁰⁷⁴. */
  #integer(): bigint {
    this.#carry();
    let sum = 0n;
    for (let d = DIGITS - 1; d >= 0; d--) sum = (sum << 32n) + BigInt(this.#digits[d]!);
    return sum;
  }
}

/** The float64 nearest to n × 2⁻¹⁰⁷⁴. */
function nearest(n: bigint): number {
  const bits = n.toString(16).length * 4;
  // Within the range of float64 the conversion rounds once, and multiplying by a power of two not at all.
  if (bits <= 1000) return Number(n) * LOWEST;
  const dropped = bits - 64;
  const kept = n >> BigInt(dropped);
  // Where something was cut off, the last of the 64 bits says so: it decides ties, and no more.
  const is_cut = kept << BigInt(dropped) !== n;
  return scaled(Number(is_cut ? kept | 1n : kept), dropped + LOWEST_EXPONENT);
}

/** x × 2ⁿ for n in [−2044, 2046], in two steps, since 2ⁿ alone may be too large: Infinity when the product is. */
function scaled(x: number, n: number): number {
  const half = Math.floor(n / 2);
  return x * powerOfTwo(half) * powerOfTwo(n - half);
}

/** 2ⁿ for n in [−1022, 1023], made of its bits: `**` is rounded as an engine likes. */
function powerOfTwo(n: number): number {
  WORDS[0] = 0;
  WORDS[1] = (n + 1023) << 20;
  return NUMBER[0]!;
}

function counted(sign: string, count: number): string {
  return count === 0 ? "" : `${sign}inf×${count}`;
}
