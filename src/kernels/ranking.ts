/** The order of all tokens of a row: addresses of their ids and values, largest first. */
import type { Machine } from "./instance.ts";
import { BLOCK } from "./layout.ts";
import type { Row } from "./row.ts";
import { EVERYTHING, setWindow } from "./selection/cut.ts";

/**
 * Tokens this many nats below the largest do not matter in a float64 sum: e⁻⁴⁰ of all of them is 1e-12 of one.
 */
const REACH_NATS = 40;
const BINS = 2 ** 20;

/** Addresses of i32 ids and f32 values, of all places of a row. */
export interface Ranking {
  readonly ids: number;
  readonly values: number;
  /**
   * how many are in order; the tokens after them are farther than REACH_NATS below the largest, or masked, and are ordered
   * by id
   */
  readonly ordered: number;
}

/** Weights of the ordered tokens, largest first, relative to the largest; float64. */
export interface RankedWeights {
  readonly weights: Float64Array;
  /** upper bound of Σ w of all tokens */
  readonly mass: number;
  /** Σ |wᵢ − 2wᵢ₊₁ + wᵢ₊₂| */
  readonly bend: number;
}

/** The weights at a temperature, for a row with a finite maximum; valid until the next call of the kernel. */
export function rankedWeights(machine: Machine, row: Row, temperature: number): RankedWeights | undefined {
  const ranked = ranking(machine, row, temperature);
  if (ranked === undefined) return undefined;
  const { wasm, layout, buffer } = machine;
  const { values, ordered } = ranked;
  const end = values + row.blocks * BLOCK * 4;
  wasm.weighInOrder(values, end, row.max, Math.LOG2E / temperature, layout.listed_weights);
  const weights = new Float64Array(buffer, layout.listed_weights, ordered);
  // Fewer weights have no second difference, and the kernel must not be asked for one: its loop would not end.
  const bend = ordered < 3 ? 0 : wasm.sumBends(layout.listed_weights, ordered);
  return { weights, mass: row.length, bend };
}

/** Ranks a row with a finite maximum. Undefined when too many values share a bin; the caller then ranks a list. */
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
