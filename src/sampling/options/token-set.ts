/** A set of token ids as a request lists them: asked of single tokens, and of the vocabulary whether it has all of them. */
import { requireInVocabulary } from "../vocab-size.ts";
import { tokenIds } from "./fields.ts";

export class TokenSet {
  /** distinct, in the order in which they were listed first */
  readonly token_ids: Int32Array;
  /** as many places, for whoever adds something to the score of each */
  readonly amounts: Float64Array;
  readonly #ids: ReadonlySet<number>;
  /** 1 more than the largest; 0 of none */
  readonly #end: number;
  readonly #listed: readonly number[];

  constructor(listed: readonly number[]) {
    this.#listed = listed;
    this.#ids = new Set(listed);
    this.token_ids = Int32Array.from(this.#ids);
    this.amounts = new Float64Array(this.token_ids.length);
    this.#end = this.token_ids.reduce((end, id) => Math.max(end, id + 1), 0);
  }

  has(token_id: number): boolean {
    return this.#ids.has(token_id);
  }

  /** Every id must be below vocab_size; the problem points at the first that is not. */
  requireWithin(vocab_size: number, pointer: string): void {
    if (this.#end > vocab_size) requireInVocabulary(this.#listed, vocab_size, pointer);
  }
}

/** A list of token ids that comes out as a set. */
export function tokenSet() {
  return tokenIds()
    .transform((listed) => new TokenSet(listed))
    .meta({ type: "array", items: { type: "integer", minimum: 0 } });
}
