/**
 * Selections: the few tokens that a cut leaves, copied out of the row. Control flow only; the loops are in
 * assembly/. The fast path guesses a threshold from the maxima of blocks or of groups, and falls back to the exact radix when a
 * row has too many equal or too unevenly spread values for the guess.
 */

import type { Machine } from "../instance.ts";
import { BLOCK, CANDIDATES_MAX, SELECTION_MAX } from "../layout.ts";
import type { Row } from "../row.ts";
import { type Cut, cutFrom, EVERY_TIE, gather, setWindow } from "./cut.ts";
import { rankCut } from "./rank.ts";

/**
 * Selects the k largest, sorted by logit descending and id ascending; −Infinity never. Returns how many.
 *
 * A value that k block maxima reach is at most the k-th largest element, so only blocks that reach it are read.
 */
export function topK(machine: Machine, row: Row, k: number): number {
  const wanted = Math.min(k, SELECTION_MAX);
  if (wanted < 1 || row.max === -Infinity) return 0;
  const found = gatherTop(machine, row, wanted);
  const kept = Math.min(found, wanted);
  machine.wasm.sortSelection(found, kept);
  return kept;
}

/** Groups of four tokens in a block: their maxima serve where k is too large for those of blocks. */
const GROUPS = BLOCK / 4;

/** At least the `wanted` best (or all there are), at most CANDIDATES_MAX, ids ascending among equals. */
function gatherTop(machine: Machine, row: Row, wanted: number): number {
  const { wasm } = machine;
  const bound = boundOf(machine, row, wanted);
  wasm.setWindow(bound, EVERY_TIE, Infinity, EVERY_TIE);
  const found = gather(machine, row, CANDIDATES_MAX);
  if (found >= 0) return found;
  // Many equal to the bound: those above it, then as many equal ones as are missing, lowest ids first.
  wasm.setWindow(bound, -1, Infinity, EVERY_TIE);
  const above = gather(machine, row, CANDIDATES_MAX);
  if (above >= wanted) return above;
  if (above < 0) return gatherRanked(machine, row, wanted);
  return wasm.gatherEqual(row.address, row.maxima_address, row.blocks, bound, above, wanted);
}

/** A value that at least `wanted` tokens reach, and few more than that where the row allows it. */
function boundOf(machine: Machine, row: Row, wanted: number): number {
  const { wasm, layout } = machine;
  if (wanted <= row.blocks >> 1) return wasm.blockThreshold(row.maxima_address, row.blocks, wanted, row.max);
  const groups = row.blocks * GROUPS;
  if (wanted > groups) return -Infinity;
  wasm.groupMaxima(row.address, row.blocks, layout.bracket_weights);
  return wasm.blockThreshold(layout.bracket_weights, groups, wanted, row.max);
}

/** Exactly the `wanted` best, by their cut. */
function gatherRanked(machine: Machine, row: Row, wanted: number): number {
  setWindow(machine, kthLargest(machine, row, wanted));
  return gather(machine, row, CANDIDATES_MAX);
}

/** The cut that keeps exactly the k largest, ids ascending among equals; everything when there are fewer finite ones. */
export function kthLargest(machine: Machine, row: Row, k: number): Cut {
  if (k < 1 || row.max === -Infinity) return cutFrom(Infinity, -1);
  return rankCut(machine, row, k);
}
