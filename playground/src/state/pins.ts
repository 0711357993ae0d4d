/** Tokens that stay in sight in the table while it scrolls. */
import { signal } from "@preact/signals";

export const pins = signal<readonly number[]>([]);

export function pin(token_id: number, is_pinned: boolean): void {
  const others = pins.value.filter((id) => id !== token_id);
  pins.value = is_pinned ? [...others, token_id] : others;
}
