/** ln of f64, with the same steps as float64.ts. */

const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const SQRT_2: f64 = 1.4142135623730951;

/** ln x for a positive normal number. */
export function ln(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let e = <f64>(<i32>(bits >> 52) - 1023);
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > SQRT_2) {
    m *= 0.5;
    e += 1;
  }
  return e * LN2_HIGH + (lnNearOne(m) + e * LN2_LOW);
}

function lnNearOne(m: f64): f64 {
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let q: f64 = 1.0 / 25;
  q = q * z + 1.0 / 23;
  q = q * z + 1.0 / 21;
  q = q * z + 1.0 / 19;
  q = q * z + 1.0 / 17;
  q = q * z + 1.0 / 15;
  q = q * z + 1.0 / 13;
  q = q * z + 1.0 / 11;
  q = q * z + 1.0 / 9;
  q = q * z + 1.0 / 7;
  q = q * z + 1.0 / 5;
  q = q * z + 1.0 / 3;
  return f - s * (f - 2 * z * q);
}
