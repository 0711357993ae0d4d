/** The survivors of a cut, and the tokens of one value: small steps that every selection uses. */
import type { Machine } from "../instance.ts";
import type { Row } from "../row.ts";

/** Larger than every token id: all tokens equal to the bound survive. */
export const EVERY_TIE = 0x7fffffff;

/** The bounds of survivors: see assembly/window.ts for the rule. */
export interface Cut {
  readonly floor: number;
  readonly tie_id: number;
  readonly ceiling: number;
  readonly ceiling_tie_id: number;
}

/** Everything that is not −Infinity. */
export const EVERYTHING: Cut = {
  floor: -Infinity,
  tie_id: EVERY_TIE,
  ceiling: Infinity,
  ceiling_tie_id: EVERY_TIE,
};

export function setWindow(machine: Machine, cut: Cut): void {
  machine.wasm.setWindow(cut.floor, cut.tie_id, cut.ceiling, cut.ceiling_tie_id);
}

/** The survivors in id order; −1 when there are more than `capacity`. */
export function gather(machine: Machine, row: Row, capacity: number): number {
  return machine.wasm.gather(row.address, row.maxima_address, row.blocks, capacity);
}

/** Without a ceiling. */
export function cutFrom(floor: number, tie_id: number): Cut {
  return { floor, tie_id, ceiling: Infinity, ceiling_tie_id: EVERY_TIE };
}

/** The cut after this index of a sorted selection. */
export function cutAfterSelected({ selected_logits, selected_ids }: Machine, last: number): Cut {
  return cutFrom(selected_logits[last]!, selected_ids[last]!);
}

/** The number of tokens with this value. */
export function countEqual(machine: Machine, row: Row, value: number): number {
  machine.wasm.setWindow(value, EVERY_TIE, value, EVERY_TIE);
  return machine.wasm.count(row.address, row.maxima_address, row.blocks);
}

/** The id of the n-th token with this value. */
export function tieId(machine: Machine, row: Row, value: number, n: number): number {
  return machine.wasm.nthEqual(row.address, row.maxima_address, row.blocks, value, n);
}
