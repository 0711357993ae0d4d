/**
 * Selection for searches in which an ended sequence keeps its beam until better continuations push it out.
 */
import { ending } from "./ranking.ts";
import type { BeamOptions, EndedBeam, EndingBeam, Search, Way } from "./rule.ts";

export interface Rivals {
  /** the beams that continue, best first */
  readonly next: readonly Way[];
  /** the ended sequences that keep a beam, best first */
  readonly ended: readonly (EndedBeam | EndingBeam)[];
  /** tokens of the beams that continue */
  readonly length: number;
  /** the largest score that was not selected; −Infinity when none did */
  readonly lost: number;
}

/**
 * Selects the num_beams best among the ended sequences and all continuations. Of equal scores, the ended sequence
 * stays.
 */
export function rivals(
  ways: readonly Way[],
  search: Search,
  { num_beams, end_token_ids }: BeamOptions,
): Rivals {
  const length = search.step + 1;
  const all = [
    ...search.ended.map((old) => ({ old, way: undefined, score: old.score, parent: -1, token_id: -1 })),
    ...ways.map((way) => ({
      old: undefined,
      way,
      score: way.score,
      parent: way.parent,
      token_id: way.token_id,
    })),
  ].toSorted((a, b) => b.score - a.score || a.parent - b.parent || a.token_id - b.token_id);
  const next: Way[] = [];
  const ended: (EndedBeam | EndingBeam)[] = [];
  for (const { old, way } of all.slice(0, num_beams)) {
    if (old !== undefined) ended.push(old);
    else if (end_token_ids.includes(way.token_id)) ended.push(ending(way, length, "end_token"));
    else next.push(way);
  }
  return { next, ended, length, lost: all[num_beams]?.score ?? Number.NEGATIVE_INFINITY };
}
