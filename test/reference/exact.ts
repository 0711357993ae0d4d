/**
 * exp and ln in whole numbers of 140 decimal digits, the reference for the last digit of a float64. Values are BigInt
 * multiples of 2⁻⁴⁸⁰. Slow, but short enough to check by reading.
 */

const BITS = 480n;
const ONE = 1n << BITS;

/** A float64 as a fixed-point number: exact from 2⁻⁴²⁷ up, cut off after 2⁻⁴⁸⁰. */
export function fixed(x: number): bigint {
  // Scaling by a power of two is exact, and the rest of the fraction fits 53 bits.
  return BigInt(Math.trunc(x * 2 ** 480));
}

/** The nearest float64, or almost: 64 bits of the number are kept before the last rounding. */
export function toNumber(x: bigint): number {
  const sign = x < 0n ? -1 : 1;
  const size = x < 0n ? -x : x;
  const spare = BigInt(Math.max(0, size.toString(2).length - 64));
  return sign * Number(size >> spare) * 2 ** Number(spare - BITS);
}

export function times(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS;
}

export function over(a: bigint, b: bigint): bigint {
  return (a << BITS) / b;
}

/** eˣ: Taylor's series of x / 2¹⁶, squared sixteen times. Good to more than 70 digits for −160 ≤ x ≤ 0. */
export function expOf(x: bigint): bigint {
  const small = x >> 16n;
  let term = ONE;
  let sum = ONE;
  for (let k = 1n; k <= 32n; k++) {
    term = times(term, small) / k;
    sum += term;
  }
  for (let i = 0; i < 16; i++) sum = times(sum, sum);
  return sum;
}

/** ln x for x > 0, by Halley's method from the float64 logarithm. */
export function lnOf(x: bigint): bigint {
  let y = fixed(Math.log(toNumber(x)));
  for (let i = 0; i < 4; i++) {
    const e = y > 0n ? over(ONE, expOf(-y)) : expOf(y);
    y += over(2n * (x - e), x + e);
  }
  return y;
}
