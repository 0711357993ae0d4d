/**
 * Reads the numbers of a JSON array from bytes and writes them as float32: the inner loop of dense JSON rows.
 * It sees one stretch of bytes at a time and stops before a token that is not complete, so the caller can
 * give it the rest later. Every number it writes equals Math.fround(Number(text)); a number that it cannot
 * prove to be so (HARD) is left to the caller, as is anything that is not a number (ODD).
 */
import {
  awayFromMiddle,
  digitRun,
  digitsValue,
  isSpace,
  long_value,
  POWERS,
  POWERS_MAX,
  readLong,
  skipSpace,
  WHOLE_POWERS,
} from "./decimal";

/**
 * Scratch of one call, so one pair serves every request:
 *   INPUT   [ at most INPUT_BYTES | a 0 | 31 bytes that may be read but mean nothing ]
 *   OUTPUT  [ 4 bytes for every 2 bytes of input: "1," is the shortest number ]
 */
const INPUT_BYTES: i32 = 66560;
const INPUT: usize = memory.data(INPUT_BYTES + 32, 16);
const OUTPUT: usize = memory.data(2 * INPUT_BYTES + 32, 16);

export function inputPointer(): usize {
  return INPUT;
}
export function outputPointer(): usize {
  return OUTPUT;
}

/** The stretch ended; the token at `position`, if any, is not complete. */
const MORE: i32 = 0;
/** The array's `]` was read; `position` is after it. */
const CLOSED: i32 = 1;
/** The number from `position` to `token_end` must be rounded by the caller. */
const HARD: i32 = 2;
/** The input at `position` is not allowed in a JSON array of numbers. */
const ODD: i32 = 3;

/** What may come next: a value or `]`, a value, or `,` or `]`. */
const FIRST: i32 = 0;
const VALUE: i32 = 1;
const COMMA: i32 = 2;

/** Results of the last call, read by the caller. */
export let position: usize = 0;
export let token_end: usize = 0;
export let written: i32 = 0;
export let expects: i32 = 0;

/** Longest number that is scanned, which bounds the bytes carried from one stretch to the next. */
const NUMBER_LENGTH_MAX: usize = 1024;

/** "Infinity" as a little-endian word. */
const INFINITY_WORD: u64 = 0x7974696e69666e49;

/** True when the stretch may have ended inside the token that begins at `p`. */
function reachesEnd(p: usize, end: usize): bool {
  while (p < end) {
    const byte = load<u8>(p);
    if (byte == 44 || byte == 93 || byte == 125 || isSpace(byte)) return false;
    p++;
  }
  return true;
}

function stop(status: i32, p: usize, out: usize, state: i32): i32 {
  position = p - INPUT;
  written = <i32>((out - OUTPUT) >> 2);
  expects = state;
  return status;
}

/** "-inf" as a little-endian word. */
const INF_WORD: u32 = 0x666e692d;

const QUOTE: u8 = 34;

/** A string that means −∞, for writers that have no word for it: `"-Infinity"` or `"-inf"`. Gives its length, or 0. */
function quotedInfinity(p: usize, end: usize): i32 {
  if (p + 11 <= end && load<u8>(p, 1) == 45 && load<u64>(p, 2) == INFINITY_WORD && load<u8>(p, 10) == QUOTE)
    return 11;
  return p + 6 <= end && load<u32>(p, 1) == INF_WORD && load<u8>(p, 5) == QUOTE ? 6 : 0;
}

/**
 * Reads −∞ in one of its spellings, or the end of the array, where a number is expected. Returns the status, or minus the length
 * of −∞.
 */
function readOther(p: usize, end: usize, out: usize, state: i32): i32 {
  const byte = load<u8>(p);
  if (byte == 93 && state == FIRST) return stop(CLOSED, p + 1, out, state);
  if (byte == 45 && p + 9 <= end && load<u64>(p, 1) == INFINITY_WORD) return -9;
  if (byte == QUOTE) {
    const length = quotedInfinity(p, end);
    if (length > 0) return -length;
  }
  return stop(reachesEnd(p, end) ? MORE : ODD, p, out, state);
}

/**
 * Reads numbers from INPUT[begin … length) to OUTPUT[0 …), and stops for one of the reasons above.
 * The byte after the stretch must be 0 and 31 more must be readable.
 */
export function scanNumbers(begin: usize, length: usize, state: i32): i32 {
  const end = INPUT + length;
  let p = INPUT + begin;
  let out = OUTPUT;
  for (;;) {
    if (state == COMMA) {
      if (load<u8>(p) != 44) {
        p = skipSpace(p);
        const byte: u32 = load<u8>(p);
        if (byte == 93) return stop(CLOSED, p + 1, out, state);
        if (byte != 44) return stop(p >= end ? MORE : ODD, p, out, state);
      }
      p++;
      state = VALUE;
    }
    let byte: u32 = load<u8>(p);
    if (byte <= 32) {
      byte = load<u8>(++p);
      if (byte <= 32 || !isSpace(load<u8>(p - 1))) {
        p = skipSpace(p - 1);
        byte = load<u8>(p);
      }
    }
    const start = p;
    const negative = <u32>(byte == 45);
    p += negative;
    const first: u32 = <u32>load<u8>(p) - 48;
    if (first > 9) {
      const status = readOther(start, end, out, state);
      if (status >= 0) return status;
      store<f32>(out, <f32>-Infinity);
      out += 4;
      p = start + <usize>-status;
      state = COMMA;
      continue;
    }
    // The usual number: some digits, a point, up to 18 digits, and then a comma, a bracket or a space.
    let mantissa: i64 = first;
    let digits = 1;
    byte = load<u8>(++p);
    while (byte - 48 <= 9) {
      mantissa = mantissa * 10 + (byte - 48);
      byte = load<u8>(++p);
      digits++;
    }
    const zero = <i32>(first == 0);
    if (digits > 1) digits += zero << 6; // 01 is not a number
    let fraction = 0;
    if (byte == 46) {
      const bytes = v128.load(p + 1);
      const run = digitRun(bytes);
      mantissa = mantissa * load<i64>(WHOLE_POWERS + (run << 3)) + digitsValue(bytes, run);
      fraction = run;
      byte = load<u8>(p + 1 + run);
      if (run == 16) {
        while (byte - 48 <= 9 && fraction < 18) {
          mantissa = mantissa * 10 + (byte - 48);
          fraction++;
          byte = load<u8>(p + 1 + fraction);
        }
      }
      if (run == 0) digits = 64; // 1. is not a number
      p += fraction + 1;
    }
    if (digits + fraction - zero <= 18 && (byte == 44 || byte == 93 || isSpace(byte))) {
      const y = <f64>mantissa * load<f64>(POWERS + ((POWERS_MAX - fraction) << 3));
      if (awayFromMiddle(y)) {
        store<u32>(out, reinterpret<u32>(<f32>y) | (negative << 31));
        out += 4;
        state = COMMA;
        continue;
      }
    }
    // Anything else is read again by the slow path; a token that touches the end may continue.
    if (reachesEnd(start, end)) return stop(MORE, start, out, state);
    p = readLong(start);
    if (!p || p - start > NUMBER_LENGTH_MAX) return stop(ODD, start, out, state);
    if (long_value != long_value) {
      token_end = p - INPUT;
      return stop(HARD, start, out, state);
    }
    store<f32>(out, long_value);
    out += 4;
    state = COMMA;
  }
  return MORE;
}

/** Number of digits of the largest token id, and that id: float32 holds every whole number up to it. */
const ID_DIGITS_MAX: i32 = 8;
const ID_MAX: i64 = 16777215;

/**
 * Reads token ids from INPUT[begin … length) to OUTPUT[0 …) as i32, and stops like scanNumbers, but never with HARD.
 * Anything but a plain whole number in range is ODD, although JSON allows other spellings of an id.
 */
export function scanIds(begin: usize, length: usize, state: i32): i32 {
  const end = INPUT + length;
  let p = INPUT + begin;
  let out = OUTPUT;
  for (;;) {
    if (state == COMMA) {
      if (load<u8>(p) != 44) {
        p = skipSpace(p);
        const byte: u32 = load<u8>(p);
        if (byte == 93) return stop(CLOSED, p + 1, out, state);
        if (byte != 44) return stop(p >= end ? MORE : ODD, p, out, state);
      }
      p++;
      state = VALUE;
    }
    if (load<u8>(p) <= 32) p = skipSpace(p);
    const bytes = v128.load(p);
    const digits = digitRun(bytes);
    // A token that touches the end may continue.
    if (p + digits >= end) return stop(MORE, p, out, state);
    const first: u32 = load<u8>(p);
    if (digits == 0 && first == 93 && state == FIRST) return stop(CLOSED, p + 1, out, state);
    const next: u32 = load<u8>(p + digits);
    const is_plain = digits > 0 && digits <= ID_DIGITS_MAX && (digits == 1 || first != 48);
    if (!is_plain || !(next == 44 || next == 93 || isSpace(next))) return stop(ODD, p, out, state);
    const id = digitsValue(bytes, digits);
    if (id > ID_MAX) return stop(ODD, p, out, state);
    store<i32>(out, <i32>id);
    out += 4;
    p += digits;
    state = COMMA;
  }
  return MORE;
}
