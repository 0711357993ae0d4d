/**
 * Finds a token id that stands twice in a list. Ids below a million, which is all of any vocabulary in use, are
 * marked in one array that is never cleared: each list has a mark of its own. A Set would take ten times as long.
 */

const MARKED_IDS = 1 << 20;

let marks: Uint32Array | undefined;
let mark = 0;

/** Index of the first id that stood before; −1 when all are distinct. Ids are not negative. */
export function firstRepeated(ids: Int32Array): number {
  marks ??= new Uint32Array(MARKED_IDS);
  mark += 1;
  if (mark > 0xffffffff) {
    marks.fill(0);
    mark = 1;
  }
  let large: Set<number> | undefined;
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index] ?? 0;
    if (id >= MARKED_IDS) {
      large ??= new Set();
      if (large.size === large.add(id).size) return index;
    } else if (marks[id] === mark) return index;
    else marks[id] = mark;
  }
  return -1;
}
