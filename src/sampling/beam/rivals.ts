/** Searches in which sequences that have ended go on to hold a beam, and lose it to better continuations. */
import { ending } from "./ranking.ts";
import type { BeamOptions, EndedBeam, EndingBeam, Search, Way } from "./rule.ts";

export interface Rivals {
  /** the beams that go on, best first */
  readonly next: readonly Way[];
  /** the ended ones that keep a beam, best first */
  readonly ended: readonly (EndedBeam | EndingBeam)[];
  /** tokens of the beams that go on */
  readonly length: number;
  /** the largest score that lost; −Infinity when none did */
  readonly lost: number;
}

/** The num_beams best of the sequences that have ended and of all continuations. Of equal scores an ended one stays. */
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
