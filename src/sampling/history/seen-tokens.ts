/** The tokens that occur in a part of a history. */
export interface SeenTokens {
  /** distinct ids, in any order; the first `distinct` are valid */
  readonly token_ids: Int32Array;
  /** the number of occurrences of each */
  readonly counts: Int32Array;
  readonly distinct: number;
}
