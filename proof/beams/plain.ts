/**
 * Diverse beam search as Vijayakumar et al. define it, over all tokens and in float64: no row is cut to the continuations
 * that may matter.
 */
import { rowOf, type World } from "../../evidence/beam-search.ts";

export interface DiverseSearch {
  readonly num_beams: number;
  readonly groups: number;
  readonly diversity: number;
  readonly length_penalty: number;
  readonly end_token_ids: readonly number[];
  readonly max_tokens: number;
}

interface Beam {
  readonly token_ids: readonly number[];
  readonly score: number;
}

/** The sequences, best first, with their scores by length. */
export function plainDiverse(world: World, search: DiverseSearch, temperature: number): Beam[] {
  const { num_beams, groups, diversity, length_penalty, end_token_ids, max_tokens } = search;
  const size = num_beams / groups;
  const ended: Beam[] = [];
  let live: Beam[][] = Array.from({ length: groups }, () => [{ token_ids: [], score: 0 }]);
  for (let length = 1; length <= max_tokens; length++) {
    const taken = new Map<number, number>();
    live = live.map((beams) => {
      const all = beams.flatMap(({ token_ids, score }) =>
        logSoftmax(rowOf(world, [...world.prompt, ...token_ids]), temperature).map((logprob, id) => ({
          token_ids: [...token_ids, id],
          score: score + logprob - diversity * (taken.get(id) ?? 0),
          id,
        })),
      );
      const top = all.toSorted((a, b) => b.score - a.score).slice(0, (1 + end_token_ids.length) * size);
      const next = top.filter(({ id }) => !end_token_ids.includes(id)).slice(0, size);
      const finished = top.slice(0, size).filter(({ id }) => end_token_ids.includes(id));
      ended.push(...finished, ...(length === max_tokens ? next : []));
      for (const { id } of next) taken.set(id, (taken.get(id) ?? 0) + 1);
      return next;
    });
  }
  return ended
    .map(({ token_ids, score }) => ({ token_ids, score: score / token_ids.length ** length_penalty }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, num_beams);
}

function logSoftmax(row: Float32Array, temperature: number): number[] {
  const scores = Array.from(row, (logit) => logit / temperature);
  const max = Math.max(...scores);
  const total = Math.log(scores.reduce((sum, score) => sum + Math.exp(score - max), 0));
  return scores.map((score) => score - max - total);
}
