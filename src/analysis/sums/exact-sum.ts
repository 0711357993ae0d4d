/**
 * An exact sum of float64 numbers. Any order of additions, and any division into parts that are merged later, gives the
 * same sum. Only `value` rounds, once.
 *
 * A float64 is an integer of 53 bits times a power of two not below 2⁻¹⁰⁷⁴. The sum is an array of 32-bit digits,
 * lowest first. Each digit is a float64, which holds 53 bits, so it takes 2²⁰ additions before a carry is needed.
 * Source: R. Neal, "Fast exact summation using small and large superaccumulators", 2015 (the small one).
 *
 * digit  0                1                …  66
 * worth  2⁻¹⁰⁷⁴           2⁻¹⁰⁴²           …  2¹⁰³⁸
 */
import { assert } from "../../errors.ts";

const DIGIT_BITS = 32;
const DIGIT = 2 ** DIGIT_BITS;
/** 2,098 bits for one number, and room for 2⁴⁰ of them. */
const DIGITS = 68;
const LOWEST_EXPONENT = -1074;
const LOWEST = Number.MIN_VALUE; // 2⁻¹⁰⁷⁴
/** Additions between two carries: each adds less than 2³² to a digit. */
const ADDED_MAX = 2 ** 20;

const NUMBER = new Float64Array(1);
const WORDS = new Uint32Array(NUMBER.buffer);

/** −Infinity and +Infinity are counted separately; NaN is a programming error. */
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
    // Numbers below 2⁻¹⁰²² have no implicit leading bit, and the exponent of those just above.
    const top = exponent === 0 ? high & 0xfffff : (high & 0xfffff) | 0x100000;
    const place = exponent === 0 ? 0 : exponent - 1;
    const digit = place >>> 5;
    const shift = place & 31;
    // The 53 bits, shifted left by less than 32, cover three digits. In JavaScript a shift by 32 is a shift by 0.
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

  /** Adds another sum, which stays unchanged. */
  addSum(other: ExactSum): void {
    this.#carry();
    other.#carry();
    for (let d = 0; d < DIGITS; d++) this.#digits[d]! += other.#digits[d]!;
    this.#carry();
    this.#infinities += other.#infinities;
    this.#negative_infinities += other.#negative_infinities;
  }

  /** The float64 nearest to the sum, ties to even. ±Infinity when an infinity was added; NaN when both were. */
  value(): number {
    if (this.#infinities > 0 && this.#negative_infinities > 0) return Number.NaN;
    if (this.#infinities > 0) return Number.POSITIVE_INFINITY;
    if (this.#negative_infinities > 0) return Number.NEGATIVE_INFINITY;
    const sum = this.#integer();
    const magnitude = nearest(sum < 0n ? -sum : sum);
    return sum < 0n ? -magnitude : magnitude;
  }

  /**
   * The sum as text; equal sums have equal texts. It is an integer in hexadecimal without trailing zeros, times a power
   * of sixteen, times 2⁻¹⁰⁷⁴: `-1a3p268` is −0x1a3 × 16²⁶⁸ × 2⁻¹⁰⁷⁴. Infinities follow it: `0p0+inf×3`.
   */
  toText(): string {
    const sum = this.#integer();
    const hex = (sum < 0n ? -sum : sum).toString(16);
    const digits = hex.replace(/0+$/, "") || "0";
    const zeros = digits === "0" ? 0 : hex.length - digits.length;
    const infinities = `${counted("+", this.#infinities)}${counted("-", this.#negative_infinities)}`;
    return `${sum < 0n ? "-" : ""}${digits}p${zeros}${infinities}`;
  }

  /** The sum of such a text; undefined when the text is invalid. */
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

  /** Brings every digit but the last into [0, 2³²); the last digit keeps the sign. */
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
  // In the range of float64 the conversion rounds once; multiplying by a power of two does not round.
  if (bits <= 1000) return Number(n) * LOWEST;
  const dropped = bits - 64;
  const kept = n >> BigInt(dropped);
  // When bits were cut off, the last of the 64 bits is set: it only decides ties.
  const is_cut = kept << BigInt(dropped) !== n;
  return scaled(Number(is_cut ? kept | 1n : kept), dropped + LOWEST_EXPONENT);
}

/** x × 2ⁿ for n in [−2044, 2046]; Infinity on overflow. In two steps, because 2ⁿ alone may overflow. */
function scaled(x: number, n: number): number {
  const half = Math.floor(n / 2);
  return x * powerOfTwo(half) * powerOfTwo(n - half);
}

/** 2ⁿ for n in [−1022, 1023], made from its bits: engines may round `**` differently. */
function powerOfTwo(n: number): number {
  WORDS[0] = 0;
  WORDS[1] = (n + 1023) << 20;
  return NUMBER[0]!;
}

function counted(sign: string, count: number): string {
  return count === 0 ? "" : `${sign}inf×${count}`;
}
