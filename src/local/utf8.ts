/** UTF-8 without a platform: the engine of the local sampler has JavaScript and WebAssembly, but no TextDecoder. */

/** Number of bytes converted in one call. */
const PIECE = 8192;
const REPLACEMENT = 0xfffd;

/** Converts each byte to one character. */
export function latin1Of(bytes: Uint8Array): string {
  if (bytes.length <= PIECE) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = "";
  for (let from = 0; from < bytes.length; from += PIECE)
    text += String.fromCharCode.apply(null, bytes.subarray(from, from + PIECE) as unknown as number[]);
  return text;
}

/** Decodes bytes; invalid UTF-8 becomes U+FFFD by the rule of the Encoding Standard (one for each maximal part). */
export function decodeUtf8(bytes: Uint8Array): string {
  let ascii = 0;
  while (ascii < bytes.length && (bytes[ascii] as number) < 128) ascii++;
  if (ascii === bytes.length) return latin1Of(bytes);
  let text = latin1Of(bytes.subarray(0, ascii));
  const units: number[] = [];
  walk(bytes, ascii, (point) => {
    if (point >= 0x10000)
      units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    else units.push(point);
    if (units.length < PIECE) return;
    text += String.fromCharCode.apply(null, units);
    units.length = 0;
  });
  return text + String.fromCharCode.apply(null, units);
}

/** True when bytes are UTF-8. */
export function isUtf8Bytes(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length && (bytes[at] as number) < 128) at++;
  return at === bytes.length || walk(bytes, at, () => undefined);
}

/** Calls `take` with each code point from `begin` on. Returns false when a part was invalid UTF-8. */
function walk(bytes: Uint8Array, begin: number, take: (point: number) => void): boolean {
  let right = true;
  for (let at = begin; at < bytes.length; ) {
    const first = bytes[at++] as number;
    if (first < 0x80) {
      take(first);
      continue;
    }
    let more =
      first >= 0xc2 && first < 0xe0
        ? 1
        : first >= 0xe0 && first < 0xf0
          ? 2
          : first >= 0xf0 && first < 0xf5
            ? 3
            : 0;
    // Bounds of the second byte: no surrogates, no overlong forms, nothing past U+10FFFF.
    let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let point = more === 0 ? -1 : first & (0x3f >> more);
    while (more > 0) {
      const next = bytes[at];
      if (next === undefined || next < low || next > high) {
        point = -1;
        break;
      }
      point = (point << 6) | (next & 0x3f);
      at++;
      more--;
      low = 0x80;
      high = 0xbf;
    }
    if (point < 0) right = false;
    take(point < 0 ? REPLACEMENT : point);
  }
  return right;
}

/** Encodes a text; unpaired surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.slice(0, encodeInto(text, 0, bytes).written);
}

/** Writes a text from character `begin` on, until the room is used up. */
export function encodeInto(
  text: string,
  begin: number,
  bytes: Uint8Array,
): { read: number; written: number } {
  let at = 0;
  let i = begin;
  for (; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if (at >= bytes.length) break;
      bytes[at++] = unit;
      continue;
    }
    const point = text.codePointAt(i) as number;
    const whole = point >= 0xd800 && point < 0xe000 ? REPLACEMENT : point;
    const size = whole < 0x800 ? 2 : whole < 0x10000 ? 3 : 4;
    if (at + size > bytes.length) break;
    bytes[at] = size === 2 ? 0xc0 | (whole >> 6) : size === 3 ? 0xe0 | (whole >> 12) : 0xf0 | (whole >> 18);
    for (let k = 1; k < size; k++) bytes[at + k] = 0x80 | ((whole >> (6 * (size - 1 - k))) & 0x3f);
    at += size;
    if (point >= 0x10000) i++;
  }
  return { read: i - begin, written: at };
}
