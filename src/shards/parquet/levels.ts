/**
 * Levels and indices of a Parquet page: small integers in runs. A run is one repeated value, or groups of eight values
 * packed bit by bit. Source: Parquet's Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
 */

/**
 * Fills `to` from the runs that begin at `from`; throws when values are missing. Returns whether all values are equal,
 * which is common for whole columns: their levels need no look at each value.
 */
export function readRuns(
  bytes: Uint8Array,
  from: number,
  width: number,
  to: Uint8Array | Int32Array,
): boolean {
  let at = from;
  let filled = 0;
  let is_one = true;
  while (filled < to.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length || shift > 28) throw endsIn(filled, to.length);
      const byte = bytes[at++]!;
      header += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    const begun = filled;
    const count = Math.floor(header / 2);
    if (header % 2 === 0) {
      let value = 0;
      if (at + Math.ceil(width / 8) > bytes.length) throw endsIn(filled, to.length);
      for (let b = 0; b < width; b += 8) value |= bytes[at++]! << b;
      to.fill(value, filled, filled + count);
      filled += count;
      is_one &&= to[begun] === to[0];
    } else {
      const packed = Math.min(8 * count, to.length - filled);
      if (at + Math.ceil((packed * width) / 8) > bytes.length) throw endsIn(filled, to.length);
      unpack(bytes, at, width, to, filled, packed);
      at += count * width;
      filled += packed;
      for (let i = begun; i < filled && is_one; i++) is_one = to[i] === to[0];
    }
  }
  return is_one;
}

function endsIn(filled: number, length: number): Error {
  return new Error(`it ends in its ${filled}th level of ${length}`);
}

/** Values of at most 24 bits are read as four bytes at once, wider ones byte by byte. */
function unpack(
  bytes: Uint8Array,
  from: number,
  width: number,
  to: Uint8Array | Int32Array,
  at: number,
  count: number,
): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += width) {
    const byte = from + (bit >>> 3);
    const shift = bit & 7;
    const low = bytes[byte]! | (bytes[byte + 1]! << 8) | (bytes[byte + 2]! << 16) | (bytes[byte + 3]! << 24);
    const high = shift + width > 32 ? bytes[byte + 4]! << (32 - shift) : 0;
    to[at + i] = ((low >>> shift) | high) & mask;
  }
}

/** Number of bits for numbers from 0 to `max`. */
export function bitsOf(max: number): number {
  return 32 - Math.clz32(max);
}
