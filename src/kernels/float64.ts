/**
 * exp and ln in plain float64 arithmetic. Math.exp and Math.log may change their last bits between engine
 * versions; these cannot, because IEEE 754 fixes every step. Errors stay within one unit in the last place of
 * the true value, as far as tested.
 */

const LOG2_E = Math.LOG2E;
/** 1.5·2⁵²: adding and subtracting it rounds to an integer */
const ROUNDER = 6755399441055744;
/** ln 2 in two parts: the first has 32 significant bits, so that n times it is exact for every exponent n */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const SQRT_2 = Math.SQRT2;

/** 2ⁿ at n + 1022, for every normal power: multiplying by two is exact */
const POWERS = new Float64Array(2046);
POWERS[0] = 2.2250738585072014e-308;
for (let i = 1; i < POWERS.length; i++) POWERS[i] = POWERS[i - 1]! * 2;

const BITS = new Float64Array(1);
/** low and high word of `BITS`; every supported engine is little-endian */
const WORDS = new Uint32Array(BITS.buffer);

/**
 * eˣ. NaN gives NaN; above 709.78 +Infinity, below −745.14 zero. x = n·ln 2 + r, Taylor of degree 13 in r.
 */
export function exp(x: number): number {
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const n = x * LOG2_E + ROUNDER - ROUNDER;
  const high = x - n * LN2_HIGH;
  const low = n * LN2_LOW;
  const r = high - low;
  // Adds back the rounding error of the subtraction: e^(r + lost) ≈ e^r + lost.
  const lost = high - r - low;
  let q = 1 / 6227020800;
  q = q * r + 1 / 479001600;
  q = q * r + 1 / 39916800;
  q = q * r + 1 / 3628800;
  q = q * r + 1 / 362880;
  q = q * r + 1 / 40320;
  q = q * r + 1 / 5040;
  q = q * r + 1 / 720;
  q = q * r + 1 / 120;
  q = q * r + 1 / 24;
  q = q * r + 1 / 6;
  q = q * r + 0.5;
  const p = 1 + (r + (r * r * q + lost));
  if (n > 1023) return p * POWERS[n + 1021]! * 2;
  if (n < -1021) return p * POWERS[n + 1222]! * POWERS[822]!;
  return p * POWERS[n + 1022]!;
}

/** ln x. ln 0 = −Infinity; negative and NaN give NaN. x = m·2^e with m in [√½, √2], ln m = 2·artanh((m−1)/(m+1)). */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return Infinity;
  let e = 0;
  BITS[0] = x;
  if (WORDS[1]! < 0x00100000) {
    BITS[0] = x * 18014398509481984;
    e = -54;
  }
  e += (WORDS[1]! >>> 20) - 1023;
  WORDS[1] = (WORDS[1]! & 0x000fffff) | 0x3ff00000;
  let m = BITS[0]!;
  if (m > SQRT_2) {
    m *= 0.5;
    e += 1;
  }
  return e * LN2_HIGH + (lnNearOne(m) + e * LN2_LOW);
}

function lnNearOne(m: number): number {
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let q = 1 / 25;
  q = q * z + 1 / 23;
  q = q * z + 1 / 21;
  q = q * z + 1 / 19;
  q = q * z + 1 / 17;
  q = q * z + 1 / 15;
  q = q * z + 1 / 13;
  q = q * z + 1 / 11;
  q = q * z + 1 / 9;
  q = q * z + 1 / 7;
  q = q * z + 1 / 5;
  q = q * z + 1 / 3;
  // 2·artanh(s) = f − s·(f − 2·z·q): f is exact, and the rest is small beside it.
  return f - s * (f - 2 * z * q);
}
