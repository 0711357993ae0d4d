/**
 * The cut that keeps exactly the k largest, for k too large for block maxima to help. A sample brackets the k-th
 * value, one pass counts what is above the bracket and lists what is in it, and a histogram of the list leaves a
 * few tokens to sort. Rows that the bracket misses, or in which too many tokens are equal, go to the radix.
 */

import type { Machine } from "../instance.ts";
import { BLOCK, CANDIDATES_MAX, SAMPLE_BINS } from "../layout.ts";
import type { Row } from "../row.ts";
import { type Cut, cutAfterSelected, cutFrom, EVERY_TIE, tieId } from "./cut.ts";
import { vectorsPerBlock } from "./estimate.ts";
import { type Blocks, findCrossing } from "./radix.ts";

const DEVIATIONS = 4;
const FLOAT_MAX = 3.4028234663852886e38;

/** Ids ascending among equals; everything when there are no more than k above −Infinity. k ≥ 1. */
export function rankCut(machine: Machine, row: Row, k: number): Cut {
  const cut = bracketedRank(machine, row, k);
  if (cut !== undefined) return cut;
  machine.wasm.setWindow(-Infinity, EVERY_TIE, Infinity, EVERY_TIE);
  if (machine.wasm.count(row.address, row.maxima_address, row.blocks) <= k)
    return cutFrom(-Infinity, EVERY_TIE);
  const { value, above } = findCrossing(machine, row, k, false, false);
  return cutFrom(value, tieId(machine, row, value, k - above));
}

/** undefined when the k-th largest is not in the bracket, or when the row has fewer. */
function bracketedRank(machine: Machine, row: Row, k: number): Cut | undefined {
  const { wasm, bins } = machine;
  const { low, high } = bracketAround(machine, row, k);
  const above = wasm.bracketByCount(row.address, row.blocks, low, high);
  const size = wasm.fillBracket(row.address, row.blocks);
  if (above >= k || above + size < k) return undefined;
  const top = Math.min(high, row.max);
  const scale = (SAMPLE_BINS - 1) / Math.max(top - low, 1e-30);
  wasm.binBracket(size, top, scale, false);
  let bin = 0;
  let rank = above;
  while (rank + bins[bin]! < k) rank += bins[bin++]!;
  const length = wasm.collectBin(size, bin, CANDIDATES_MAX);
  if (length < 0) return undefined;
  wasm.sortSelection(length, length);
  const last = k - rank - 1;
  return cutAfterSelected(machine, last);
}

/** low ≤ x < high between which the k-th largest lies, as far as a sample of about 8,000 tells. */
function bracketAround(machine: Machine, row: Row, k: number): { low: number; high: number } {
  const vectors = vectorsPerBlock(row);
  const sample = copySample(machine, row, vectors);
  const size = vectors * 4 * row.blocks;
  const share = k / (row.blocks * BLOCK);
  const deviation = vectors * 4 < BLOCK ? DEVIATIONS * Math.sqrt(size * share * (1 - share)) + 1 : 1;
  const high_rank = Math.floor(size * share - deviation);
  const low_rank = Math.ceil(size * share + deviation);
  const high = high_rank < 1 ? Infinity : findCrossing(machine, sample, high_rank, false, false).value;
  const low = low_rank > size ? -FLOAT_MAX : findCrossing(machine, sample, low_rank, false, false).value;
  return { low, high };
}

/** The sampled values as blocks of their own, in the place of the bracket. */
function copySample(machine: Machine, row: Row, vectors: number): Blocks {
  const { wasm, buffer, layout } = machine;
  const size = wasm.copySample(row.address, row.blocks, vectors, Infinity);
  const blocks = Math.ceil(size / BLOCK);
  new Float32Array(buffer, layout.bracket_values, blocks * BLOCK).fill(-Infinity, size);
  wasm.scan(layout.bracket_values, layout.bracket_weights, blocks);
  return { address: layout.bracket_values, maxima_address: layout.bracket_weights, blocks };
}
