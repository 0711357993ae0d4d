/** Sets of bytes: 256 bits in eight words. A set is never changed after it is made. */

export type ByteSet = Uint32Array;

export function byteRange(from: number, to: number): ByteSet {
  const set = new Uint32Array(8);
  for (let byte = from; byte <= to; byte++) set[byte >>> 5]! |= 1 << (byte & 31);
  return set;
}

export function bytesAmong(bytes: Iterable<number>): ByteSet {
  const set = new Uint32Array(8);
  for (const byte of bytes) set[byte >>> 5]! |= 1 << (byte & 31);
  return set;
}

export function hasByte(set: ByteSet, byte: number): boolean {
  return ((set[byte >>> 5]! >>> (byte & 31)) & 1) === 1;
}

export function union(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((word, i) => word | b[i]!);
}

export function intersection(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((word, i) => word & b[i]!);
}

export function isSameSet(a: ByteSet, b: ByteSet): boolean {
  return a.every((word, i) => word === b[i]);
}

export function hashOfSet(set: ByteSet): number {
  let hash = 0;
  for (const word of set) hash = Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15);
  return hash;
}

/** Classes of bytes that no set tells apart: the class of each byte, and one byte of each class. */
export function classesOf(sets: readonly ByteSet[]): {
  readonly classOf: Uint8Array;
  readonly representative: Uint8Array;
} {
  const classOf = new Uint8Array(256);
  let count = 1;
  for (const set of sets) {
    // Splits each class by the set. Bytes in the set keep the class; the others get a new class when both parts have
    // bytes.
    const inside = new Uint8Array(count);
    for (let byte = 0; byte < 256; byte++) if (hasByte(set, byte)) inside[classOf[byte]!] = 1;
    const renamed = new Int16Array(count).fill(-1);
    for (let byte = 0; byte < 256; byte++) {
      const old = classOf[byte]!;
      if (hasByte(set, byte) || inside[old] === 0) continue;
      if (renamed[old] === -1) renamed[old] = count++;
      classOf[byte] = renamed[old]!;
    }
  }
  const representative = new Uint8Array(count);
  for (let byte = 255; byte >= 0; byte--) representative[classOf[byte]!] = byte;
  return { classOf, representative };
}
