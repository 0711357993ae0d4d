/** Typed arrays that grow, and the hash of a node for the tables with open addressing. */

/** A capacity with some room above this number of elements. */
export function capacityFor(count: number): number {
  let capacity = 256;
  while (capacity < count + (count >> 2)) capacity *= 2;
  return capacity;
}

/** A copy with another length and the same first values. */
export function resized<Column extends Uint8Array | Int32Array>(
  from: Column,
  to: Column,
  count: number,
): Column {
  to.set(from.subarray(0, count));
  return to;
}

/** A hash of a node. Its low bits are as well mixed as the others. */
export function hashOf(kind: number, a: number, b: number, c: number): number {
  let hash =
    Math.imul(a + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + kind, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
