/** Numbers as exact decimal digits: what a JSON text says, without float64 rounding. */

export interface Decimal {
  readonly negative: boolean;
  /** digits before the point, without leading zeros; "0" when there are none */
  readonly whole: string;
  /** digits after the point, without trailing zeros */
  readonly fraction: string;
}

/** The digits of a finite number. */
export function decimalOf(value: number): Decimal {
  const [mantissa = "0", exponent = "0"] = String(Math.abs(value)).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  const before = point <= 0 ? "0" : digits.slice(0, point).padEnd(point, "0");
  const behind = point <= 0 ? "0".repeat(-point) + digits : digits.slice(point);
  return {
    negative: value < 0,
    whole: before.replace(/^0+(?=\d)/, ""),
    fraction: behind.replace(/0+$/, ""),
  };
}

/** The number times 10^places when that is a whole number. */
export function scaled({ negative, whole, fraction }: Decimal, places: number): bigint {
  const digits = BigInt(whole + fraction.padEnd(places, "0"));
  return negative ? -digits : digits;
}

/** True when a number is an exact multiple of another one, in decimal digits. */
export function isMultiple(value: number, of: number): boolean {
  const a = decimalOf(value);
  const b = decimalOf(of);
  const places = Math.max(a.fraction.length, b.fraction.length);
  const divisor = scaled(b, places);
  return divisor !== 0n && scaled(a, places) % divisor === 0n;
}
