/** The order of all tokens of a row: where their ids and values lie, largest first. */
import type { Machine } from "./instance.ts";
import { BLOCK } from "./layout.ts";
import type { Row } from "./row.ts";
import { EVERYTHING, setWindow } from "./selection/cut.ts";

/** Tokens so many nats below the largest have no part in a sum of float64: e⁻⁴⁰ of them all is 1e-12 of one. */
const REACH_NATS = 40;
const BINS = 2 ** 20;

/** Addresses of i32 ids and f32 values, of all places of a row. */
export interface Ranking {
  readonly ids: number;
  readonly values: number;
  /** how many stand in order; the tokens behind are farther than REACH_NATS below the largest, or masked, and stand by id */
  readonly ordered: number;
}

/** Weights of the tokens that stand in order, largest first, the largest being 1; float64. */
export interface RankedWeights {
  readonly weights: Float64Array;
  /** at least Σ w of all tokens */
  readonly mass: number;
  /** Σ |wᵢ − 2wᵢ₊₁ + wᵢ₊₂| */
  readonly bend: number;
}

/** The weights at a temperature of a row of a finite maximum, until the next call of the kernel. */
export function rankedWeights(machine: Machine, row: Row, temperature: number): RankedWeights | undefined {
  const ranked = ranking(machine, row, temperature);
  if (ranked === undefined) return undefined;
  const { wasm, layout, buffer } = machine;
  const { values, ordered } = ranked;
  const end = values + row.blocks * BLOCK * 4;
  wasm.weighInOrder(values, end, row.max, Math.LOG2E / temperature, layout.listed_weights);
  const weights = new Float64Array(buffer, layout.listed_weights, ordered);
  const bend = wasm.sumBends(layout.listed_weights, ordered);
  return { weights, mass: row.length, bend };
}

/** Ranks a row of a finite maximum. Undefined where its values crowd too much for bins; a ranked list serves then. */
export function ranking(machine: Machine, row: Row, temperature: number): Ranking | undefined {
  const { wasm, layout } = machine;
  const { address, maxima_address, blocks, max } = row;
  setWindow(machine, EVERYTHING);
  const least = wasm.smallest(address, maxima_address, blocks);
  const range = Math.min(max - least, REACH_NATS * temperature);
  const scale = range === 0 ? 1 : Math.fround((BINS - 2) / range);
  if (!Number.isFinite(scale)) return undefined;
  const { listed_ids, rank_keys, rank_spare: ids, bracket_values: values } = layout;
  const ordered = wasm.rankIds(address, blocks, max, scale, listed_ids, rank_keys, ids, values);
  return ordered < 0 ? undefined : { ids, values, ordered };
}
