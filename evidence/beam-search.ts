/**
 * Whole beam searches over rows that any program can make: a row is a hash of a seed, the length of its sequence and its last
 * two tokens, in steps of 2⁻²⁰, so that float32 holds it exactly. proof/beams/rows.py makes the same rows.
 */
import { allAtOnce } from "../src/pieces.ts";
import { parseBeam, parseBeamRow } from "../src/sampling/beam/options.ts";
import type { Search } from "../src/sampling/beam/rule.ts";
import { type BeamStep, BeamWalk } from "../src/sampling/beam/search.ts";
import { DEFAULT_OPTION_LIMITS } from "../src/sampling/options/option-limits.ts";
import { createSampler } from "../src/sampling/sampler.ts";

/** What rows a search has. */
export interface World {
  readonly seed: number;
  readonly vocab_size: number;
  readonly prompt: readonly number[];
  /** logits lie within ± this */
  readonly spread: number;
}

export interface FoundSequence {
  readonly token_ids: readonly number[];
  readonly score: number;
  readonly chain_logprob: number | null;
}

export interface Found {
  /** best first */
  readonly sequences: readonly FoundSequence[];
  readonly steps: number;
  /** beams that went on, of each step */
  readonly live: readonly number[];
  readonly last: BeamStep;
}

function mixed(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
  return (x ^ (x >>> 16)) >>> 0;
}

/** The row after these tokens. */
export function rowOf({ seed, vocab_size, spread }: World, tokens: readonly number[]): Float32Array {
  const [before = 0, last = 0] = [tokens.at(-2), tokens.at(-1)];
  const key = mixed(mixed(mixed(mixed(seed) ^ tokens.length) ^ before) + last);
  return Float32Array.from(
    { length: vocab_size },
    (_, id) => ((mixed(key + Math.imul(id, 0x9e3779b9)) >>> 12) / 2 ** 19 - 1) * spread,
  );
}

const VOCAB_SIZE_MAX = 4096;

/** Runs searches to their end. The sampler keeps nothing between them. */
export class Searcher {
  readonly #sampler = createSampler({ vocab_size_max: VOCAB_SIZE_MAX, rows_max: 1 });

  /** `row`: the options of each row's chain, without its history. */
  search(world: World, beam: object, row: Readonly<Record<string, unknown>> = {}, seed?: number): Found {
    let search: Search | undefined;
    let live: number[][] = [[]];
    const ended = new Map<number, number[]>();
    const counts: number[] = [];
    for (let steps = 1; ; steps++) {
      const step = this.#step(world, beam, search, live, row, seed);
      for (const { id, parent, token_id } of step.ended)
        ended.set(id, [...(live[parent] as number[]), token_id]);
      live = step.beams.map(({ parent, token_id }) => [...(live[parent] as number[]), token_id]);
      counts.push(live.length);
      search = JSON.parse(JSON.stringify(step.search)) as Search;
      if (step.finished) return { sequences: sequencesOf(search, ended), steps, live: counts, last: step };
    }
  }

  #step(
    world: World,
    beam: object,
    search: Search | undefined,
    live: readonly (readonly number[])[],
    row: Readonly<Record<string, unknown>>,
    seed: number | undefined,
  ): BeamStep {
    const call = parseBeam(beam, search, seed);
    const walk = new BeamWalk(call);
    const leased = this.#sampler.leaseRow();
    if (leased === undefined) throw new Error("the sampler has a row");
    try {
      for (const tokens of live) {
        const history = [...world.prompt, ...tokens];
        const options = parseBeamRow(call, { ...row, history }, DEFAULT_OPTION_LIMITS);
        leased.load(rowOf(world, history));
        leased.finish();
        allAtOnce(walk.row(this.#sampler, leased, options));
      }
      return walk.end();
    } finally {
      this.#sampler.returnRow(leased);
    }
  }
}

function sequencesOf({ ended }: Search, tokens: ReadonlyMap<number, readonly number[]>): FoundSequence[] {
  return ended.map(({ id, score, chain_logprob }) => ({
    token_ids: tokens.get(id) ?? [],
    score,
    chain_logprob,
  }));
}
