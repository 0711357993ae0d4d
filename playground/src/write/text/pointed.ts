/** The token whose alternatives are shown: the one under the mouse, with the focus, or pressed last. */
import { signal } from "@preact/signals";
import type { SideName } from "../side-names.ts";

export interface Place {
  readonly name: SideName;
  readonly index: number;
}

export interface Pointed extends Place {
  /** the token's position beside its text, in pixels */
  readonly left: number;
  readonly top: number;
}

export const pointed = signal<Pointed | undefined>(undefined);

/**
 * Delays: a mouse that crosses the text opens nothing, and a mouse on its way to the alternatives has time to reach
 * them.
 */
const OPEN_MS = 140;
const CLOSE_MS = 260;

let timer = 0;

export function isPointedAt({ name, index }: Place): boolean {
  return pointed.value?.name === name && pointed.value.index === index;
}

export function openSoon(place: Place, token: HTMLElement): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => openAt(place, token), OPEN_MS);
}

export function openAt({ name, index }: Place, token: HTMLElement): void {
  clearTimeout(timer);
  const text = token.closest(".side");
  // a word that is broken over two lines uses its end
  const box = [...token.getClientRects()].at(-1);
  if (text === null || box === undefined) return;
  const { left, top } = text.getBoundingClientRect();
  pointed.value = { name, index, left: box.left - left, top: box.bottom - top };
}

export function closeSoon(): void {
  clearTimeout(timer);
  timer = window.setTimeout(close, CLOSE_MS);
}

export function stayOpen(): void {
  clearTimeout(timer);
}

export function close(): void {
  clearTimeout(timer);
  pointed.value = undefined;
}
