/** Decimal numbers: from the digits of a text to float32, when the result is provably Math.fround(Number(text)). */

/** 10⁻⁶⁴ … 10⁶⁴, each the nearest float64: exact from 10⁰ to 10²². */
export const POWERS_MAX: i32 = 64;
// biome-ignore format: a table
export const POWERS = memory.data<f64>([
  1e-64, 1e-63, 1e-62, 1e-61, 1e-60, 1e-59, 1e-58, 1e-57, 1e-56, 1e-55, 1e-54, 1e-53, 1e-52, 1e-51, 1e-50,
  1e-49, 1e-48, 1e-47, 1e-46, 1e-45, 1e-44, 1e-43, 1e-42, 1e-41, 1e-40, 1e-39, 1e-38, 1e-37, 1e-36, 1e-35,
  1e-34, 1e-33, 1e-32, 1e-31, 1e-30, 1e-29, 1e-28, 1e-27, 1e-26, 1e-25, 1e-24, 1e-23, 1e-22, 1e-21, 1e-20,
  1e-19, 1e-18, 1e-17, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4,
  1e-3, 1e-2, 1e-1,
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37,
  1e38, 1e39, 1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46, 1e47, 1e48, 1e49, 1e50, 1e51, 1e52, 1e53, 1e54, 1e55,
  1e56, 1e57, 1e58, 1e59, 1e60, 1e61, 1e62, 1e63, 1e64,
]);
// biome-ignore format: a table
export const WHOLE_POWERS = memory.data<i64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000,
]);

// @ts-ignore: decorator
@inline function isDigit(byte: u32): bool {
  return byte - 48 <= 9;
}

// @ts-ignore: decorator
@inline export function isSpace(byte: u32): bool {
  return byte <= 32 && ((0x100002600 >> (<u64>byte)) & 1) != 0;
}

/** The first byte at or after `p` that is no white space. A function of its own, so that it stays out of the loop. */
export function skipSpace(p: usize): usize {
  while (isSpace(load<u8>(p))) p++;
  return p;
}

/** Vector constants in memory, 16 bytes each: V8 loads them faster than it builds them. */
// biome-ignore format: a table
const WEIGHTS = memory.data<i16>([
  10, 1, 10, 1, 10, 1, 10, 1,
  100, 1, 100, 1, 100, 1, 100, 1,
  10000, 1, 10000, 1, 10000, 1, 10000, 1,
], 16);
// biome-ignore format: a table
const BYTES = memory.data<i8>([
  80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80,
  -119, -119, -119, -119, -119, -119, -119, -119, -119, -119, -119, -119, -119, -119, -119, -119,
  48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48,
], 16);
/** Read at byte `count`: 16 swizzle indexes that shift `count` bytes to the right end; 127 gives a zero. */
// biome-ignore format: a table
const SHIFTS = memory.data<i8>([
  127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
], 16);

/** How many of 16 bytes are digits before the first that is not; byte + 80 puts the digits lowest, signed. */
// @ts-ignore: decorator
@inline export function digitRun(bytes: v128): i32 {
  const other = i8x16.bitmask(i8x16.gt_s(i8x16.add(bytes, v128.load(BYTES)), v128.load(BYTES, 16)));
  return ctz<i32>(other | 0x10000);
}

/** The value of the first `count` (0 … 16) digits of `bytes`: aligned to the right, then joined pairwise. */
// @ts-ignore: decorator
@inline export function digitsValue(bytes: v128, count: i32): i64 {
  const digits = i8x16.swizzle(i8x16.sub(bytes, v128.load(BYTES, 32)), v128.load(SHIFTS + count));
  const tens = v128.load(WEIGHTS);
  const twos = i16x8.narrow_i32x4_s(
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(digits), tens),
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(digits), tens),
  );
  const fours = i32x4.dot_i16x8_s(twos, v128.load(WEIGHTS, 16));
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), v128.load(WEIGHTS, 32));
  return <i64>i32x4.extract_lane(eights, 0) * 100000000 + <i64>i32x4.extract_lane(eights, 1);
}

/**
 * True when rounding y to float32 gives the same as rounding a float64 up to 8 units in the last place away:
 * y is not that near to the middle of two float32, where the 29 bits that are dropped read 10…0.
 */
// @ts-ignore: decorator
@inline export function awayFromMiddle(y: f64): bool {
  return <u32>(<i32>(reinterpret<u64>(y) & 0x1fffffff) - 0x10000000 + 8) > 16;
}

/**
 * The float32 nearest to the float64 nearest to mantissa · 10^exponent, or NaN when this cannot be proven.
 *
 * y carries at most three roundings (mantissa, power, product) and a mantissa cut after 18 digits, together
 * less than 3 units in the last place; away from the middle of two float32 that is near enough. At a middle,
 * one operation on exact operands (mantissa ≤ 2⁵³, |exponent| ≤ 22) still is the nearest float64 itself.
 */
function toFloat32(mantissa: i64, exponent: i32): f32 {
  if (exponent < -POWERS_MAX || exponent > POWERS_MAX) return f32.NaN;
  const y = <f64>mantissa * load<f64>(POWERS + ((POWERS_MAX + exponent) << 3));
  // Below the normal float32 more bits are dropped, above them lies infinity: both are the caller's.
  if (awayFromMiddle(y) && y >= 1.1754943508222875e-38 && y <= 3.402823e38) return <f32>y;
  return nearMiddle(mantissa, exponent);
}

function nearMiddle(mantissa: i64, exponent: i32): f32 {
  if (mantissa > 9007199254740992 || exponent < -22 || exponent > 22) return f32.NaN;
  if (exponent < 0) return <f32>(<f64>mantissa / load<f64>(POWERS + ((POWERS_MAX - exponent) << 3)));
  return <f32>(<f64>mantissa * load<f64>(POWERS + ((POWERS_MAX + exponent) << 3)));
}

/**
 * The number at `p` in full generality: any count of digits, exponents. Gives the end of the token, 0 when
 * the text is not a number by JSON's grammar; its value is left in `long_value` (NaN: HARD).
 * The byte after the stretch is 0, which ends every loop.
 */
export let long_value: f32 = 0;
export function readLong(start: usize): usize {
  let p = start;
  const negative = load<u8>(p) == 45;
  if (negative) p++;
  let mantissa: i64 = 0;
  let kept = 0;
  let exponent = 0;
  const whole = p;
  let byte: u32 = load<u8>(p);
  while (isDigit(byte)) {
    if (kept < 18) {
      mantissa = mantissa * 10 + (byte - 48);
      if (mantissa) kept++;
    } else exponent++;
    byte = load<u8>(++p);
  }
  if (p == whole || (load<u8>(whole) == 48 && p - whole > 1)) return 0;
  if (byte == 46) {
    const fraction = ++p;
    byte = load<u8>(p);
    while (isDigit(byte)) {
      if (kept < 18) {
        mantissa = mantissa * 10 + (byte - 48);
        if (mantissa) kept++;
        exponent--;
      }
      byte = load<u8>(++p);
    }
    if (p == fraction) return 0;
  }
  if ((byte | 32) == 101) {
    byte = load<u8>(++p);
    const minus = byte == 45;
    if (minus || byte == 43) byte = load<u8>(++p);
    const digits = p;
    let power = 0;
    while (isDigit(byte)) {
      if (power < 100000) power = power * 10 + (byte - 48);
      byte = load<u8>(++p);
    }
    if (p == digits) return 0;
    exponent += minus ? -power : power;
  }
  const value = mantissa ? toFloat32(mantissa, exponent) : <f32>0;
  long_value = negative ? -value : value;
  return p;
}
