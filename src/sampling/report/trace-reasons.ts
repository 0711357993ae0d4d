/** Says why named tokens were removed: the value of each and the limit that it missed. */
import type { Removal } from "../candidates/removal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Loss } from "./trace-loss.ts";

interface Place {
  readonly token_id: number;
  readonly score: number;
  /** number and mass of the candidates that rank before it */
  before: number;
  mass: number;
}

/**
 * One reason for each of some removed tokens, in order: its value compared with the limit; undefined when there is no
 * single limit. One pass over the candidates for any number of tokens.
 */
export function reasonsOf(
  before: Snapshot,
  { count, last_kept }: Loss,
  token_ids: readonly number[],
  { kind, limit }: Readonly<Removal>,
): (string | undefined)[] {
  const score = (token_id: number) => before.candidates.scoreOf(token_id);
  switch (kind) {
    case "other":
      return token_ids.map(() => undefined);
    case "score":
      return token_ids.map((id) => `its score ${shown(score(id))} is below ${shown(limit)}`);
    case "above":
      return token_ids.map(
        (id) => `its score ${shown(score(id))} reaches ${shown(limit)}, and it is not the last that does`,
      );
    case "typical": {
      const centre = before.meanScore();
      const farthest = shown(-last_kept.place);
      return token_ids.map(
        (id) =>
          `its surprise is ${shown(Math.abs(score(id) - centre))} from the entropy, of the farthest kept ${farthest}`,
      );
    }
    default:
      return reasonsOfRank(before, before.count - count, token_ids, kind, limit);
  }
}

function reasonsOfRank(
  before: Snapshot,
  kept: number,
  token_ids: readonly number[],
  kind: "rank" | "mass" | "share",
  limit: number,
): (string | undefined)[] {
  const places = placesOf(before, token_ids);
  return token_ids.map((token_id) => {
    const place = places.get(token_id);
    if (place === undefined) return undefined;
    if (kind === "mass") return `the mass before it, ${shown(place.mass)}, reaches ${shown(limit)}`;
    const rank = place.before + 1;
    if (kind === "rank") return `its rank ${rank} is beyond ${limit}`;
    return `its rank ${rank} is beyond ${kept}, where the share passes ${shown(limit)}`;
  });
}

/** Counts each candidate at the first of the tokens that it ranks before, then adds up from the best down. */
function placesOf(before: Snapshot, token_ids: readonly number[]): Map<number, Place> {
  const { candidates } = before;
  const probabilities = before.probabilities();
  const places = token_ids
    .filter((token_id) => candidates.has(token_id))
    .map((token_id): Place => ({ token_id, score: candidates.scoreOf(token_id), before: 0, mass: 0 }))
    .sort((a, b) => b.score - a.score || a.token_id - b.token_id);
  for (let i = 0; i < candidates.count; i++) {
    const place = places[firstBehind(places, candidates.token_ids[i]!, candidates.scores[i]!)];
    if (place === undefined) continue;
    place.before++;
    place.mass += probabilities[i]!;
  }
  for (let i = 1; i < places.length; i++) {
    places[i]!.before += places[i - 1]!.before;
    places[i]!.mass += places[i - 1]!.mass;
  }
  return new Map(places.map((place) => [place.token_id, place]));
}

/** Index of the first entry that ranks after a candidate; the number of entries when none does. */
function firstBehind(places: readonly Place[], token_id: number, score: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const place = places[middle]!;
    const is_behind = place.score < score || (place.score === score && place.token_id > token_id);
    if (is_behind) high = middle;
    else low = middle + 1;
  }
  return low;
}

function shown(x: number): string {
  return String(Number(x.toPrecision(6)));
}
