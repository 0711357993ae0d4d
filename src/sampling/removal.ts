/**
 * By what limit the last removing stage removed tokens, as the candidates themselves noted it: what a trace needs
 * to say why a token died and how close the limit came to one. Two numbers; noting them costs nothing.
 */
export interface Removal {
  /** rank: at most `limit` tokens; mass: a prefix of mass `limit`; score: scores of at least `limit`; other: not one limit */
  kind: "rank" | "mass" | "score" | "other";
  limit: number;
}

export function note(removal: Removal, kind: Removal["kind"], limit: number): void {
  removal.kind = kind;
  removal.limit = limit;
}
