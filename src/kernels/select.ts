/**
 * Selections: the few tokens that a cut leaves, copied out of the row. Control flow only; the loops are in
 * assembly/. The fast path guesses a threshold from the block maxima, and falls back to the exact radix when a
 * row has too many equal or too unevenly spread values for the guess.
 */
import type { Machine } from "./instance.ts";
import { CANDIDATES_MAX, SELECTION_MAX } from "./layout.ts";
import { findCrossing } from "./radix.ts";
import type { Row } from "./row.ts";

/** Larger than every token id: all tokens equal to the bound are inside. */
export const EVERY_TIE = 0x7fffffff;

/** What survives: see assembly/window.ts for the rule. */
export interface Cut {
  readonly floor: number;
  readonly tie_id: number;
  readonly ceiling: number;
  readonly ceiling_tie_id: number;
}

export function setWindow(machine: Machine, cut: Cut): void {
  machine.wasm.setWindow(cut.floor, cut.tie_id, cut.ceiling, cut.ceiling_tie_id);
}

/** The survivors in id order; −1 when there are more than `capacity`. */
export function gather(machine: Machine, row: Row, capacity: number): number {
  return machine.wasm.gather(row.address, row.maxima_address, row.blocks, capacity);
}

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

/** At least the `wanted` best (or all there are), at most CANDIDATES_MAX, in no particular order. */
function gatherTop(machine: Machine, row: Row, wanted: number): number {
  const { wasm } = machine;
  const bound =
    wanted <= row.blocks ? wasm.blockThreshold(row.maxima_address, row.blocks, wanted, row.max) : -Infinity;
  wasm.setWindow(bound, EVERY_TIE, Infinity, EVERY_TIE);
  const found = gather(machine, row, CANDIDATES_MAX);
  if (found >= 0) return found;
  if (bound > -Infinity) {
    // Many equal to the bound: those above it, then as many equal ones as are missing, lowest ids first.
    wasm.setWindow(bound, -1, Infinity, EVERY_TIE);
    const above = gather(machine, row, CANDIDATES_MAX);
    if (above >= wanted) return above;
    if (above >= 0) {
      return wasm.gatherEqual(row.address, row.maxima_address, row.blocks, bound, above, wanted);
    }
  }
  setWindow(machine, kthLargest(machine, row, wanted));
  return gather(machine, row, CANDIDATES_MAX);
}

/** The cut that keeps exactly the k largest, ids ascending among equals; everything when there are fewer finite ones. */
export function kthLargest(machine: Machine, row: Row, k: number): Cut {
  if (k < 1 || row.max === -Infinity) return cutFrom(Infinity, -1);
  machine.wasm.setWindow(-Infinity, EVERY_TIE, Infinity, EVERY_TIE);
  if (machine.wasm.count(row.address, row.maxima_address, row.blocks) <= k)
    return cutFrom(-Infinity, EVERY_TIE);
  const { value, above } = findCrossing(machine, row, k, false, false);
  return cutFrom(value, tieId(machine, row, value, k - above));
}

export function cutFrom(floor: number, tie_id: number): Cut {
  return { floor, tie_id, ceiling: Infinity, ceiling_tie_id: EVERY_TIE };
}

/** How many tokens have this value. */
export function countEqual(machine: Machine, row: Row, value: number): number {
  machine.wasm.setWindow(value, EVERY_TIE, value, EVERY_TIE);
  return machine.wasm.count(row.address, row.maxima_address, row.blocks);
}

/** Id of the n-th token of this value. */
export function tieId(machine: Machine, row: Row, value: number, n: number): number {
  return machine.wasm.nthEqual(row.address, row.maxima_address, row.blocks, value, n);
}
