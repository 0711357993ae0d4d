/** Compares draws of an engine, each with a seed, with the distribution that they should have. */
import { type Fit, fitOf } from "../../sampling/explain/observed.ts";
import type { CallOptions, Engine, EngineOptions } from "../engine.ts";

export interface DrawsSeen {
  readonly drawn: number;
  /** counts of each token; tokens that can be drawn but were not have 0 */
  readonly counts: ReadonlyMap<number, number>;
  /** tokens that were drawn although their probability is 0 */
  readonly impossible: number;
  /** the G-test of the counts against the distribution */
  readonly fit: Fit;
  /** number of seeds that were sent twice, and number that gave the same token both times */
  readonly repeated: { readonly seeds: number; readonly same: number; readonly agree: boolean };
}

interface DrawsPlan {
  readonly prompt: readonly number[];
  readonly options: EngineOptions;
  readonly draws: number;
}

/** Number of simultaneous requests: engines put them in one batch. */
const AT_ONCE = 4;
/** Number of seeds that are sent again. */
const REPEATED = 16;

export async function countDraws(
  engine: Engine,
  { prompt, options, draws }: DrawsPlan,
  law: ReadonlyMap<number, number>,
  call: CallOptions,
): Promise<DrawsSeen> {
  const draw = async (seed: number) =>
    (await engine.own(prompt, { ...options, seed }, { ...call, token_only: true })).token_id;
  const tokens = await inTurn(draws, (index) => draw(index + 1));
  const again = await inTurn(Math.min(REPEATED, draws), (index) => draw(index + 1));
  const counts = new Map<number, number>([...law.keys()].map((id) => [id, 0]));
  for (const id of tokens) counts.set(id, (counts.get(id) ?? 0) + 1);
  const ids = [...counts.keys()].sort((a, b) => a - b);
  const looked = { probabilities: ids.map((id) => law.get(id) ?? 0), kept: law.size };
  const same = again.filter((id, index) => id === tokens[index]).length;
  return {
    drawn: tokens.length,
    counts,
    impossible: tokens.filter((id) => !law.has(id)).length,
    fit: fitOf({ counts }, looked),
    repeated: { seeds: again.length, same, agree: same === again.length },
  };
}

/** Runs some jobs at the same time; returns the results in the order of the jobs. */
async function inTurn(count: number, make: (index: number) => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, work));
  return results;
}
