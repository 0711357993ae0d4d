/**
 * Sorts candidates that are held in parallel arrays. One rule for ties everywhere: the lower token id ranks first.
 *
 * A list that is already sorted, as hosts send it, costs one pass. Short lists are sorted by insertion. Long lists
 * are sorted by radix sort, in digits of 8 bits from the lowest up. Radix sort is linear for every list, so a client
 * cannot send one that takes long. A digit that is equal in all keys is skipped.
 */

const INSERTION_MAX = 40;
const DIGITS = 256;

/** Reorders ids and scores together: by score, largest first, equal scores by lower id. In place. */
export function sortByScore(token_ids: Int32Array, scores: Float64Array, count: number): void {
  const from = firstOutOfRank(token_ids, scores, count);
  if (from === count) return;
  if (count <= INSERTION_MAX) insertByScore(token_ids, scores, from, count);
  else {
    const { low, high } = scratchFor(count);
    writeKeys(scores, count, low, high);
    sortByKeys(token_ids, scores, count, [low, high]);
    sortTies(token_ids, scores, count);
  }
}

/** Reorders ids and scores together by ascending token id. In place. */
export function sortById(token_ids: Int32Array, scores: Float64Array, count: number): void {
  let from = 1;
  while (from < count && token_ids[from - 1]! < token_ids[from]!) from++;
  if (from >= count) return;
  if (count <= INSERTION_MAX) insertById(token_ids, scores, from, count);
  else {
    const { low } = scratchFor(count);
    for (let i = 0; i < count; i++) low[i] = token_ids[i]!;
    sortByKeys(token_ids, scores, count, [low]);
  }
}

/**
 * Brings the k first of the order of sortByScore to the front, in that order (1 ≤ k ≤ count); the others follow in any
 * order. Each element is compared with the last of the k, so this is for k far below the count.
 */
export function selectTop(token_ids: Int32Array, scores: Float64Array, count: number, k: number): void {
  insertByScore(token_ids, scores, 1, k);
  const last = k - 1;
  for (let i = k; i < count; i++) {
    const score = scores[i]!;
    if (score < scores[last]! || (score === scores[last] && token_ids[i]! > token_ids[last]!)) continue;
    swap(token_ids, scores, i, last);
    insertByScore(token_ids, scores, last, k);
  }
}

/**
 * The k best are in front. Moves the elements that equal the k-th after them, by id; returns how many there are
 * together with the k.
 */
export function gatherTies(token_ids: Int32Array, scores: Float64Array, count: number, k: number): number {
  let end = k;
  for (let i = k; i < count; i++) if (scores[i] === scores[k - 1]) swap(token_ids, scores, i, end++);
  sortById(token_ids.subarray(k, end), scores.subarray(k, end), end - k);
  return end;
}

/** Among the ranked elements that equal the n-th, moves those with the highest ids before index n. */
export function preferHighestIds(
  token_ids: Int32Array,
  scores: Float64Array,
  count: number,
  n: number,
): void {
  if (n >= count) return;
  let begin = n - 1;
  while (begin > 0 && scores[begin - 1] === scores[n - 1]) begin--;
  let end = n;
  while (end < count && scores[end] === scores[n - 1]) end++;
  token_ids.copyWithin(begin, end - (n - begin), end);
}

/** The first index whose element ranks before its predecessor; count when there is none. */
function firstOutOfRank(ids: Int32Array, scores: Float64Array, count: number): number {
  for (let i = 1; i < count; i++) {
    const before = scores[i - 1]!;
    const score = scores[i]!;
    if (score > before || (score === before && ids[i]! < ids[i - 1]!)) return i;
  }
  return count;
}

/** Sorts [0, end), whose part [0, begin) is already sorted. */
function insertByScore(ids: Int32Array, scores: Float64Array, begin: number, end: number): void {
  for (let i = begin; i < end; i++) {
    const id = ids[i]!;
    const score = scores[i]!;
    let j = i - 1;
    while (j >= 0 && (scores[j]! < score || (scores[j] === score && ids[j]! > id))) {
      ids[j + 1] = ids[j]!;
      scores[j + 1] = scores[j]!;
      j--;
    }
    ids[j + 1] = id;
    scores[j + 1] = score;
  }
}

function insertById(ids: Int32Array, scores: Float64Array, begin: number, end: number): void {
  for (let i = begin; i < end; i++) {
    const id = ids[i]!;
    const score = scores[i]!;
    let j = i - 1;
    while (j >= 0 && ids[j]! > id) {
      ids[j + 1] = ids[j]!;
      scores[j + 1] = scores[j]!;
      j--;
    }
    ids[j + 1] = id;
    scores[j + 1] = score;
  }
}

function swap(ids: Int32Array, scores: Float64Array, i: number, j: number): void {
  const id = ids[i]!;
  const score = scores[i]!;
  ids[i] = ids[j]!;
  scores[i] = scores[j]!;
  ids[j] = id;
  scores[j] = score;
}

/** Scratch arrays of the radix sort; they grow to the longest list so far. */
interface Scratch {
  /** lower and upper words of the keys */
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  /** indices, in the order reached so far and in the next order */
  order: Int32Array;
  next: Int32Array;
  readonly ids: Int32Array;
  readonly scores: Float64Array;
}

const counts = new Int32Array(DIGITS);
let scratch: Scratch | undefined;

function scratchFor(count: number): Scratch {
  if (scratch !== undefined && scratch.ids.length >= count) return scratch;
  const length = Math.max(count, 4096);
  scratch = {
    low: new Uint32Array(length),
    high: new Uint32Array(length),
    order: new Int32Array(length),
    next: new Int32Array(length),
    ids: new Int32Array(length),
    scores: new Float64Array(length),
  };
  return scratch;
}

/**
 * Keys that ascend as scores fall. For scores from 0 up, all bits but the sign are inverted. Below 0 the bits stay, because a
 * larger magnitude is a smaller score. −0 has the key of 0.
 */
function writeKeys(scores: Float64Array, count: number, low: Uint32Array, high: Uint32Array): void {
  const words = new Uint32Array(scores.buffer, scores.byteOffset, 2 * count);
  for (let i = 0; i < count; i++) {
    const is_negative = scores[i]! < 0;
    const upper = words[2 * i + 1]!;
    low[i] = is_negative ? words[2 * i]! : ~words[2 * i]!;
    high[i] = is_negative ? upper : ~upper & 0x7fffffff;
  }
}

/** Stable radix sort by keys of these two words, lowest digit first. */
function sortByKeys(
  token_ids: Int32Array,
  scores: Float64Array,
  count: number,
  words: readonly Uint32Array[],
): void {
  const work = scratchFor(count);
  for (let i = 0; i < count; i++) work.order[i] = i;
  for (const keys of words) for (let shift = 0; shift < 32; shift += 8) sortByDigit(work, keys, shift, count);
  const { order, ids: ids_before, scores: scores_before } = work;
  ids_before.set(token_ids.subarray(0, count));
  scores_before.set(scores.subarray(0, count));
  for (let i = 0; i < count; i++) {
    const from = order[i]!;
    token_ids[i] = ids_before[from]!;
    scores[i] = scores_before[from]!;
  }
}

function sortByDigit(work: Scratch, keys: Uint32Array, shift: number, count: number): void {
  const { order, next } = work;
  counts.fill(0);
  for (let i = 0; i < count; i++) counts[(keys[i]! >>> shift) & 255]!++;
  if (counts[(keys[0]! >>> shift) & 255] === count) return;
  let place = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const of_digit = counts[digit]!;
    counts[digit] = place;
    place += of_digit;
  }
  for (let i = 0; i < count; i++) {
    const index = order[i]!;
    next[counts[(keys[index]! >>> shift) & 255]!++] = index;
  }
  work.order = next;
  work.next = order;
}

/** Orders the ids of equal scores, where they are not in order. */
function sortTies(ids: Int32Array, scores: Float64Array, count: number): void {
  let begin = 0;
  for (let i = 1; i <= count; i++) {
    if (i < count && scores[i] === scores[begin]) continue;
    if (i - begin > 1) sortById(ids.subarray(begin, i), scores.subarray(begin, i), i - begin);
    begin = i;
  }
}
