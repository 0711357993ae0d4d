/**
 * The index of each token in a list of candidates. It is built when a single token is first looked up, and kept until the
 * candidates move.
 */

export class Positions {
  /** index + 1 by token id */
  #places = new Int32Array(0);
  /** false: the tokens may have moved */
  is_valid = false;

  /** Index among the first `count` of the list; −1 for a token that is not there. */
  of(token_id: number, token_ids: Int32Array, count: number): number {
    if (!this.is_valid) this.#find(token_ids, count);
    return (this.#places[token_id] ?? 0) - 1;
  }

  /** Records that a token was moved to this index, or removed at −1. */
  put(token_id: number, index: number): void {
    this.#places[token_id] = index + 1;
  }

  #find(token_ids: Int32Array, count: number): void {
    let id_max = 0;
    for (let i = 0; i < count; i++) if (token_ids[i]! > id_max) id_max = token_ids[i]!;
    if (id_max >= this.#places.length) this.#places = new Int32Array(id_max + 1);
    else this.#places.fill(0);
    for (let i = 0; i < count; i++) this.#places[token_ids[i]!] = i + 1;
    this.is_valid = true;
  }
}
