/**
 * A set of tokens from a request. It answers whether it has a token, and whether the vocabulary has all of its tokens.
 */
import type { z } from "zod";
import { idsOf, type NamedIn, type TokenName } from "../history/token-names.ts";
import { tokenNames } from "./fields.ts";

export class TokenSet {
  /** distinct, in the order of their first occurrence in the list */
  readonly token_ids: Int32Array;
  /** an array of the same length, for stages that add a number to the score of each token */
  readonly amounts: Float64Array;
  readonly #ids: ReadonlySet<number>;
  /** 1 more than the largest; 0 of none */
  readonly #end: number;
  readonly #listed: readonly TokenName[];
  readonly #has_texts: boolean;
  /** resolves names: the set for a vocabulary, when some tokens are named by their text */
  #told: { readonly ids: readonly number[]; readonly set: TokenSet } | undefined;

  constructor(listed: readonly TokenName[]) {
    this.#listed = listed;
    this.#ids = new Set(listed.filter((name) => typeof name === "number"));
    this.#has_texts = listed.some((name) => typeof name === "string");
    this.token_ids = Int32Array.from(this.#ids);
    this.amounts = new Float64Array(this.token_ids.length);
    this.#end = this.token_ids.reduce((end, id) => Math.max(end, id + 1), 0);
  }

  has(token_id: number): boolean {
    return this.#ids.has(token_id);
  }

  /**
   * The set for a step, whose vocabulary must have every token. The Problem points at the first one that it lacks.
   */
  of(step: NamedIn, pointer: string): TokenSet {
    // A long set is only scanned when its largest id is too large.
    if (!this.#has_texts && this.#end <= step.vocab_size) return this;
    const ids = idsOf(this.#listed, step, pointer);
    if (!this.#has_texts) return this;
    if (this.#told?.ids !== ids) this.#told = { ids, set: new TokenSet(ids) };
    return this.#told.set;
  }
}

/** A list of tokens that comes out as a set. */
export function tokenSet(list: z.ZodType<readonly TokenName[]> = tokenNames()) {
  return list.transform((listed) => new TokenSet(listed)).meta({ ...list.meta() });
}
