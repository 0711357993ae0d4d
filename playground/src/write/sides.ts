/**
 * One text, or two side by side from one prompt. The page shows the chain and seed of the selected side; the other side
 * keeps its own here until it is selected.
 */
import { batch, computed, signal } from "@preact/signals";
import { itemOf } from "../state/chain.ts";
import { type Extras, extras } from "../state/extras.ts";
import { type ChainItem, chain, order_of, seed } from "../state/signals.ts";
import type { Written } from "./draw-next.ts";
import { SIDES, type SideName } from "./side-names.ts";

export interface Side {
  readonly chain: readonly ChainItem[];
  readonly seed: string;
  /** the host whose order was applied to the chain */
  readonly order: string;
  readonly extras: Extras;
  readonly written: readonly Written[];
}

export const chosen_side = signal<SideName>("A");
/** the side that is not selected; undefined while there is one text */
export const other_side = signal<Side | undefined>(undefined);
/** the text of the selected side */
export const written = signal<readonly Written[]>([]);

/** The sides by name, in their order. */
export const sides = computed<readonly (readonly [SideName, Side])[]>(() => {
  const there = other_side.value;
  if (there === undefined) return [[chosen_side.value, chosenSide()]];
  return SIDES.map((name) => [name, name === chosen_side.value ? chosenSide() : there]);
});

/** Adds a second side with one difference, and selects it, so that its controls are shown. */
export function addSide(differing: Partial<Omit<Side, "written">>): void {
  const first = chosenSide();
  const copy = first.chain.map(({ stage, options, on }) => itemOf({ ...options, stage }, on));
  batch(() => {
    other_side.value = first;
    chosen_side.value = "B";
    take({ ...first, chain: copy, ...differing, written: [] });
  });
}

export function chooseSide(name: SideName): void {
  const there = other_side.value;
  if (there === undefined || name === chosen_side.value) return;
  batch(() => {
    other_side.value = chosenSide();
    chosen_side.value = name;
    take(there);
  });
}

/** Keeps only the selected side. */
export function endSides(): void {
  batch(() => {
    other_side.value = undefined;
    chosen_side.value = "A";
  });
}

/** The text of a side, whichever is selected now. */
export function writtenOf(name: SideName): readonly Written[] {
  return (name === chosen_side.value ? written.value : other_side.value?.written) ?? [];
}

export function setWritten(name: SideName, tokens: readonly Written[]): void {
  if (name === chosen_side.value) written.value = tokens;
  else if (other_side.value !== undefined) other_side.value = { ...other_side.value, written: tokens };
}

function chosenSide(): Side {
  return {
    chain: chain.value,
    seed: seed.value,
    order: order_of.value,
    extras: extras.value,
    written: written.value,
  };
}

function take(side: Side): void {
  chain.value = side.chain;
  seed.value = side.seed;
  order_of.value = side.order;
  extras.value = side.extras;
  written.value = side.written;
}
