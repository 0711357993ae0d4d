/**
 * Ids of a history for which the row has no logit: the hashes by which a host marks the tokens of an image, an image token
 * equal to the vocabulary's size, and −1 for a token without an id. They are context: they count in lengths and positions, and
 * match nothing. No penalty applies to them, no sequence contains them, and no two of them are equal.
 */
import { TOKEN_ID_MAX, type TokenIds } from "../../vocabulary/vocabulary.ts";

/** Largest id in a history, because ids are sent as int32. */
export const CONTEXT_ID_MAX = 2 ** 31 - 1;

/** One more than the largest id that can match in a row of this length. */
export function matchableEnd(vocab_size: number): number {
  return Math.min(vocab_size, TOKEN_ID_MAX + 1);
}

/**
 * A copy of the history in which each id from `end` on becomes a unique number: CONTEXT_ID_MAX minus its position.
 * These numbers lie above TOKEN_ID_MAX, because a history is shorter than 2³⁰.
 */
export function withoutForeignIds(history: TokenIds, end: number): Int32Array {
  const own = new Int32Array(history.length);
  for (let position = 0; position < history.length; position++) {
    const id = history[position]!;
    own[position] = id < end ? id : CONTEXT_ID_MAX - position;
  }
  return own;
}

/** The history without the ids from `end` on, and the number of those before each position. */
export interface OwnIds {
  readonly ids: Int32Array;
  /** by position in the whole history, and one entry after it */
  readonly before: Int32Array;
}

export function ownIdsOf(history: TokenIds, end: number): OwnIds {
  const ids = new Int32Array(history.length);
  let count = 0;
  const before = new Int32Array(history.length + 1);
  for (let position = 0; position < history.length; position++) {
    const id = history[position]!;
    if (id < end) ids[count++] = id;
    before[position + 1] = count;
  }
  return { ids: ids.subarray(0, count), before };
}
