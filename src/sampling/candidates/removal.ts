/**
 * The limit by which the last removing stage removed tokens, as the candidates or the stage noted it. A trace uses
 * it to say why a token was removed and how close it was to the limit. Noting it costs a few assignments.
 */
export interface Removal {
  /**
   * rank: at most `limit` tokens; mass: a prefix of mass `limit`; score: scores of at least `limit`; typical: the mass
   * `limit` nearest to the entropy; above: only the last of the scores of at least `limit`; share: the best tokens,
   * while they hold at most `limit` of some quantity; other: no single limit
   */
  kind: "rank" | "mass" | "score" | "typical" | "above" | "share" | "other";
  limit: number;
  /** share: the mass of the kept tokens, and that mass with the first removed token */
  kept_at: number;
  removed_at: number;
  /**
   * Minimum length of the candidate list in a host that bans tokens in place. There, banned tokens stay in the list at
   * −Infinity until a cut removes them. The list is never shorter than the number of kept tokens.
   */
  listed: number;
}

/** Notes a removal. A cut by mass or score leaves a list of at least `min_keep` tokens, including banned ones. */
export function note(removal: Removal, kind: Removal["kind"], limit: number, min_keep = 1): void {
  removal.kind = kind;
  removal.limit = limit;
  const { listed } = removal;
  if (kind === "rank") removal.listed = Math.min(listed, limit);
  else if (kind === "mass" || kind === "score" || kind === "typical")
    removal.listed = Math.min(listed, min_keep);
}

/** The present length of that list. */
export function listedIn(candidates: { readonly removal: Removal; count(): number }): number {
  return Math.max(candidates.removal.listed, candidates.count());
}

export function noteShare(removal: Removal, limit: number, kept_at: number, removed_at: number): void {
  removal.kind = "share";
  removal.limit = limit;
  removal.kept_at = kept_at;
  removal.removed_at = removed_at;
}
