/**
 * Ids of a history that the row has no logit for: the hashes with which a host marks the tokens of an image, an image token
 * equal to the vocabulary's size, and −1 for a token without an id. They are context: they count in lengths and positions, and
 * match nothing. No penalty falls on them, no sequence holds them, and no two of them are the same.
 */
import { TOKEN_ID_MAX } from "../../vocabulary/vocabulary.ts";

/** Largest id of a history: ids travel as int32. */
export const CONTEXT_ID_MAX = 2 ** 31 - 1;

/** One more than the largest id that can match something in a row of this length. */
export function matchableEnd(vocab_size: number): number {
  return Math.min(vocab_size, TOKEN_ID_MAX + 1);
}

/**
 * A copy of the history in which each id from `end` on is a number that stands nowhere else: CONTEXT_ID_MAX less its
 * position. Those lie above TOKEN_ID_MAX, since a history is shorter than 2³⁰.
 */
export function withoutForeignIds(history: readonly number[], end: number): number[] {
  return history.map((id, position) => (id < end ? id : CONTEXT_ID_MAX - position));
}

/** What is left of a history without the ids from `end` on, and how many stand before each position of it. */
export interface OwnIds {
  readonly ids: readonly number[];
  /** by position of the whole history, and one behind it */
  readonly before: Int32Array;
}

export function ownIdsOf(history: readonly number[], end: number): OwnIds {
  const ids: number[] = [];
  const before = new Int32Array(history.length + 1);
  for (let position = 0; position < history.length; position++) {
    const id = history[position]!;
    if (id < end) ids.push(id);
    before[position + 1] = ids.length;
  }
  return { ids, before };
}
