/** Columns that grow, and the places of a table of open addresses. */

/** A capacity with some room above so many. */
export function capacityFor(count: number): number {
  let capacity = 256;
  while (capacity < count + (count >> 2)) capacity *= 2;
  return capacity;
}

/** A longer or shorter column with the same first values. */
export function resized<Column extends Uint8Array | Int32Array>(
  from: Column,
  to: Column,
  count: number,
): Column {
  to.set(from.subarray(0, count));
  return to;
}

/** A number that tells what a node is, of which the low bits are as good as the others. */
export function hashOf(kind: number, a: number, b: number, c: number): number {
  let hash =
    Math.imul(a + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + kind, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
