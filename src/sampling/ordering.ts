/**
 * Sorting of candidates held in parallel arrays. One rule for ties everywhere: the lower token id ranks first.
 */

/**
 * Reorders ids and scores together: by score, largest first, equal scores by lower id.
 * In place, O(n log n); short runs by insertion, as most compact candidates are already nearly sorted.
 */
export function sortByScore(token_ids: Int32Array, scores: Float64Array, count: number): void {
  quicksort(token_ids, scores, 0, count - 1, ranksBefore);
}

/** Reorders ids and scores together by ascending token id. */
export function sortById(token_ids: Int32Array, scores: Float64Array, count: number): void {
  quicksort(token_ids, scores, 0, count - 1, idBefore);
}

type Before = (id_a: number, score_a: number, id_b: number, score_b: number) => boolean;

function ranksBefore(id_a: number, score_a: number, id_b: number, score_b: number): boolean {
  return score_a > score_b || (score_a === score_b && id_a < id_b);
}

function idBefore(id_a: number, _score_a: number, id_b: number, _score_b: number): boolean {
  return id_a < id_b;
}

const INSERTION_MAX = 24;

function quicksort(ids: Int32Array, scores: Float64Array, first: number, last: number, before: Before): void {
  let low = first;
  let high = last;
  while (high - low >= INSERTION_MAX) {
    const split = partition(ids, scores, low, high, before);
    // Recursing into the smaller part bounds the stack at log₂ n.
    if (split - low < high - split) {
      quicksort(ids, scores, low, split, before);
      low = split + 1;
    } else {
      quicksort(ids, scores, split + 1, high, before);
      high = split;
    }
  }
  insertionSort(ids, scores, low, high, before);
}

/** Hoare's partition around the middle element; ids differ, so no two elements are equal. */
function partition(ids: Int32Array, scores: Float64Array, low: number, high: number, before: Before): number {
  const middle = (low + high) >>> 1;
  const pivot_id = ids[middle]!;
  const pivot_score = scores[middle]!;
  let i = low - 1;
  let j = high + 1;
  for (;;) {
    do i++;
    while (before(ids[i]!, scores[i]!, pivot_id, pivot_score));
    do j--;
    while (before(pivot_id, pivot_score, ids[j]!, scores[j]!));
    if (i >= j) return j;
    swap(ids, scores, i, j);
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

function insertionSort(
  ids: Int32Array,
  scores: Float64Array,
  low: number,
  high: number,
  before: Before,
): void {
  for (let i = low + 1; i <= high; i++) {
    const id = ids[i]!;
    const score = scores[i]!;
    let j = i - 1;
    while (j >= low && before(id, score, ids[j]!, scores[j]!)) {
      ids[j + 1] = ids[j]!;
      scores[j + 1] = scores[j]!;
      j--;
    }
    ids[j + 1] = id;
    scores[j + 1] = score;
  }
}
