/** Steps of an engine along a text: the row before its sampler, and the result of its sampler. */
import type { CallOptions, Engine, EngineOptions, NextRow } from "../engine.ts";

export interface StepSeen {
  /** the whole prefix is the prompt of a request: the engine counts none of it as generated */
  readonly history: readonly number[];
  readonly row: NextRow;
  /** probabilities by id after the engine's sampler; undefined: the engine does not report them */
  readonly processed: ReadonlyMap<number, number> | undefined;
  /** the token that the engine drew with this step's seed */
  readonly token_id: number;
}

export interface StepsPlan {
  readonly prompt: readonly number[];
  readonly steps: number;
  readonly options: EngineOptions;
  readonly seed: number;
}

/** Steps along the engine's own text until it ends. */
export async function* seenSteps(
  engine: Engine,
  { prompt, steps, options, seed }: StepsPlan,
  call: CallOptions,
): AsyncGenerator<StepSeen> {
  const history = [...prompt];
  for (let step = 0; step < steps; step++) {
    const row = await engine.next(history, "whole", call);
    const own = await engine.own(history, { ...options, seed: seed + step }, call);
    yield {
      history: [...history],
      row,
      processed: own.processed && byId(own.processed),
      token_id: own.token_id,
    };
    if (engine.facts.end_ids.includes(own.token_id)) return;
    history.push(own.token_id);
  }
}

type Processed = {
  readonly token_ids: Int32Array;
  readonly probabilities: Float64Array;
};

function byId({ token_ids, probabilities }: Processed): ReadonlyMap<number, number> {
  const by_id = new Map<number, number>();
  for (const [place, id] of token_ids.entries()) {
    const p = probabilities[place] as number; // there are as many
    if (p > 0) by_id.set(id, p);
  }
  return by_id;
}
