/** Checks that token ids of a request lie in the vocabulary of its row. */
import { Problem } from "../errors.ts";

/** Every id must be below vocab_size; the Problem points at the first that is not. */
export function requireInVocabulary(
  token_ids: readonly number[] | Int32Array,
  vocab_size: number,
  pointer: string,
): void {
  for (let i = 0; i < token_ids.length; i++)
    if (token_ids[i]! >= vocab_size) requireBelow(vocab_size, token_ids[i]!, `${pointer}/${i}`);
}

/** A token id must be below vocab_size. */
export function requireBelow(vocab_size: number, token_id: number, pointer: string): void {
  if (token_id >= vocab_size)
    throw new Problem(
      "token_id_out_of_range",
      `token ids must be below ${vocab_size}, got ${token_id}`,
      pointer,
    );
}
