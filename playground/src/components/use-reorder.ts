/**
 * Moves cards in a list: with the pointer by their handle, or with the arrow keys while the handle has the focus. The
 * list itself is the state; a dragged card takes the place below the pointer.
 */
import { useRef } from "preact/hooks";
import { moveStage } from "../state/chain.ts";
import { chain } from "../state/signals.ts";

export interface Reorder {
  readonly list: { current: HTMLOListElement | null };
  /** handlers of a handle */
  grip(key: number): {
    onPointerDown(event: PointerEvent): void;
    onKeyDown(event: KeyboardEvent): void;
  };
}

export function useReorder(say: (sentence: string) => void): Reorder {
  const list = useRef<HTMLOListElement>(null);
  return {
    list,
    grip: (key) => ({
      onPointerDown: (event) => startDrag(event, key, list.current),
      onKeyDown: (event) => moveByKey(event, key, say),
    }),
  };
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

function moveByKey(event: KeyboardEvent, key: number, say: (sentence: string) => void): void {
  const by = STEPS[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const handle = event.currentTarget as HTMLElement; // the handler sits on a button
  moveStage(key, placeOf(key) + by);
  const stage = chain.value[placeOf(key)]?.stage ?? "";
  say(`${stage} is now ${placeOf(key) + 1} of ${chain.value.length}`);
  // moving the card may take the focus from its handle
  queueMicrotask(() => requestAnimationFrame(() => handle.focus()));
}

function placeOf(key: number): number {
  return chain.value.findIndex((item) => item.key === key);
}

function startDrag(event: PointerEvent, key: number, list: HTMLOListElement | null): void {
  if (event.button !== 0 || list === null) return;
  event.preventDefault();
  (event.currentTarget as HTMLElement).focus();
  const card = () => list.querySelector<HTMLElement>(`[data-key="${key}"]`);
  card()?.classList.add("is-dragged");
  const move = (moved: PointerEvent) => {
    const place = placeAt(list, moved.clientY, key);
    if (place !== placeOf(key)) moveStage(key, place);
  };
  const end = () => {
    card()?.classList.remove("is-dragged");
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

/** The number of other cards whose middle is above the pointer. */
function placeAt(list: HTMLOListElement, y: number, key: number): number {
  const others = [...list.children].filter((child) => (child as HTMLElement).dataset["key"] !== String(key));
  return others.filter((child) => {
    const { top, height } = child.getBoundingClientRect();
    return top + height / 2 < y;
  }).length;
}
