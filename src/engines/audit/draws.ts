/** Draws of an engine with seeds, counted against the law that they should have. */
import { type Fit, fitOf } from "../../sampling/explain/observed.ts";
import type { CallOptions, Engine, EngineOptions } from "../engine.ts";

export interface DrawsSeen {
  readonly drawn: number;
  /** how often each token came; tokens that can come and did not stand with 0 */
  readonly counts: ReadonlyMap<number, number>;
  /** tokens that came and have no probability */
  readonly impossible: number;
  /** the G-test of the counts against the law */
  readonly fit: Fit;
  /** seeds that were given twice, and gave the same token */
  readonly repeated: { readonly seeds: number; readonly same: number; readonly agree: boolean };
}

interface DrawsPlan {
  readonly prompt: readonly number[];
  readonly options: EngineOptions;
  readonly draws: number;
}

/** Requests under way at the same time: engines put them in one batch. */
const AT_ONCE = 4;
/** Seeds that are given again. */
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

/** Results in the order of their numbers, some under way at the same time. */
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
