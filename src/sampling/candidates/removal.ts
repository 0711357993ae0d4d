/**
 * By what limit the last removing stage removed tokens, as the candidates or the stage itself noted it: what a trace
 * needs to say why a token died and how close the limit came to one. A few numbers; noting them costs nothing.
 */
export interface Removal {
  /**
   * rank: at most `limit` tokens; mass: a prefix of mass `limit`; score: scores of at least `limit`; typical: the mass
   * `limit` nearest to the entropy; above: of the scores of at least `limit` only the last; share: the best, as long
   * as they hold no more than `limit` of something; other: not one limit
   */
  kind: "rank" | "mass" | "score" | "typical" | "above" | "share" | "other";
  limit: number;
  /** share: what the kept hold, and what they would hold with the first that was removed */
  kept_at: number;
  removed_at: number;
  /**
   * The least length of the list in a host that bans tokens where they stand and shortens the list by cuts: banned tokens
   * stay on it, at −Infinity, until a cut reaches them. The list is never shorter than the number of kept tokens.
   */
  listed: number;
}

/** Notes a removal. A cut by mass or score leaves a list of at least `min_keep` tokens, banned ones among them. */
export function note(removal: Removal, kind: Removal["kind"], limit: number, min_keep = 1): void {
  removal.kind = kind;
  removal.limit = limit;
  const { listed } = removal;
  if (kind === "rank") removal.listed = Math.min(listed, limit);
  else if (kind === "mass" || kind === "score" || kind === "typical")
    removal.listed = Math.min(listed, min_keep);
}

/** How long that list is now. */
export function listedIn(candidates: { readonly removal: Removal; count(): number }): number {
  return Math.max(candidates.removal.listed, candidates.count());
}

export function noteShare(removal: Removal, limit: number, kept_at: number, removed_at: number): void {
  removal.kind = "share";
  removal.limit = limit;
  removal.kept_at = kept_at;
  removal.removed_at = removed_at;
}
