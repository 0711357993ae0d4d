/**
 * How often tokens occur in a list: a table over the vocabulary, which is all 0 between calls of `listTokens`, and the
 * distinct ids with their counts.
 */

/** i32 by token id: how often it was seen so far */
let table: usize = 0;
/** i32 each: distinct ids, and their counts */
let ids: usize = 0;
let counts: usize = 0;

export function configureTokens(tableAt: usize, idsAt: usize, countsAt: usize): void {
  table = tableAt;
  ids = idsAt;
  counts = countsAt;
}

/** The largest of `length` ids; −1 for an empty list. Up to three places after them are overwritten. */
export function largestToken(list: usize, length: i32): i32 {
  for (let i = length; (i & 3) != 0; i++) store<i32>(list + ((<usize>i) << 2), -1);
  const end = list + ((<usize>length) << 2);
  let most = i32x4.splat(-1);
  while (list < end) {
    most = i32x4.max_s(most, v128.load(list));
    list += 16;
  }
  const pairs = i32x4.max_s(most, i32x4.shuffle(most, most, 2, 3, 0, 1));
  return max(i32x4.extract_lane(pairs, 0), i32x4.extract_lane(pairs, 1));
}

/**
 * Counts `length` ids at `list` (i32) in addition to the `distinct` ids seen before; returns the new number of distinct ids.
 */
export function countTokens(list: usize, length: i32, distinct: i32): i32 {
  const end = list + ((<usize>length) << 2);
  let next = ids + ((<usize>distinct) << 2);
  while (list != end) {
    const id = load<i32>(list);
    const at = table + ((<usize>id) << 2);
    const count = load<i32>(at);
    store<i32>(at, count + 1);
    // No branch, because histories are unpredictable: the next id overwrites one that is not new.
    store<i32>(next, id);
    next += (<usize>(count == 0)) << 2;
    list += 4;
  }
  return <i32>((next - ids) >> 2);
}

/** Copies the counts of the distinct ids so far to a list in their order. */
export function readCounts(distinct: i32, to: usize): void {
  let from = ids;
  const end = ids + ((<usize>distinct) << 2);
  while (from != end) {
    store<i32>(to, load<i32>(table + ((<usize>load<i32>(from)) << 2)));
    from += 4;
    to += 4;
  }
}

/** Moves the counts of the distinct ids out of the table, into a list in their order. */
export function listTokens(distinct: i32): void {
  let from = ids;
  let to = counts;
  const end = ids + ((<usize>distinct) << 2);
  while (from != end) {
    const at = table + ((<usize>load<i32>(from)) << 2);
    store<i32>(to, load<i32>(at));
    store<i32>(at, 0);
    from += 4;
    to += 4;
  }
}
